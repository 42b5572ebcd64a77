# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sliced digest: SHA-256 of a piece of footage, taken over sixteen slices of it.

SHA-256 is a chain: one message cannot be hashed faster than one step after the other, and that
chain was the largest cost of recording. Sixteen slices can be hashed side by side in a processor's
wide registers (`multibuffer`), while anybody else computes the same from the standard library:

    slice   = 64 · ⌈n / 1024⌉ bytes; the last ones may be shorter or empty
    digest  = SHA-256(n as 8 bytes, big-endian ‖ SHA-256(slice 0) ‖ … ‖ SHA-256(slice 15))

It is as hard to find two contents with one digest as it is for SHA-256 itself: the length fixes
where the slices lie. Standard library only: the offline verifier is built from this module.
"""

import hashlib
import struct

SLICES = 16
LENGTH = struct.Struct(">Q")
_BLOCK = 64
"""Bytes that SHA-256 takes at a time (FIPS 180-4)."""


def slice_size(length: int) -> int:
    """Bytes of a slice of a content of `length` bytes."""
    return _BLOCK * -(-length // (_BLOCK * SLICES))


def sliced_digest(content: bytes | bytearray | memoryview) -> bytes:
    """The digest (32 bytes) of `content`, by the standard library alone."""
    view = memoryview(content)
    size = slice_size(len(view))
    total = hashlib.sha256(LENGTH.pack(len(view)))
    for place in range(SLICES):
        total.update(hashlib.sha256(view[place * size : (place + 1) * size]).digest())
    return total.digest()

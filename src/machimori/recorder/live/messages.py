# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the recorder and the process that codes pictures anew (`coding`) say to each other.

A message is `u32 size ‖ i64 time ‖ u8 kind ‖ data`. To it: `BEGIN` (JSON: `codec`, `timescale`) and
`PICTURE` (as a decoder takes it). From it: `DONE` once it is ready and after each picture, and
before that what came out: `PICTURE` or `KEY` (H.264 in Annex B).

Without FFmpeg, which no recorder has in its memory.
"""

import struct
from typing import Final

HEAD: Final = struct.Struct(">IqB")
BEGIN, PICTURE, KEY, DONE = 1, 2, 3, 4
LARGEST: Final = 16 << 20
"""Bytes of one picture, coming or going."""


def message(kind: int, data: bytes = b"", time: int = 0) -> bytes:
    """The bytes of a message."""
    return HEAD.pack(len(data), time, kind) + data

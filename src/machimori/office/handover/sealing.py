# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file of any size that is written and read at any offset and never lies on the disk in clear.

AES-256-GCM (NIST SP 800-38D) over blocks of `BLOCK` bytes, the last one filled up with zeros; block
`i` stands at `i * RECORD` as nonce (12 bytes, random at every writing), ciphertext and tag (16).
Authenticated with it are `MAGIC` and `i` (8 bytes, big-endian), so that no block can stand in for
another. The size is kept with the key (`packages.py`): a file cut off does not open at its end.
One key belongs to one file. 2^32 writings (NIST's limit for random nonces) are a pebibyte.

What is being written stays in memory until its block is put out, `HELD` blocks at most.
"""

import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from machimori.kernel.durable import Disk
from machimori.kernel.errors import DurabilityError, MalformedError

KEY: Final = 32
BLOCK: Final = 256 * 1024
RECORD: Final = 12 + BLOCK + 16
HELD: Final = 64
MAGIC: Final = b"machimori sealed package 1"


class SealedFile:
    """Such a file, open. It takes the descriptor over. Threads may share it."""

    def __init__(
        self,
        descriptor: int,
        key: bytes,
        *,
        path: Path,
        size: int | None = None,
        disk: Disk | None = None,
    ) -> None:
        """`size` is that of what was sealed, None of a new file; `path` names it in errors."""
        self._descriptor = descriptor
        self._cipher = AESGCM(key)
        self._path = path
        self._disk = disk or Disk()
        self._new = size is None
        self._size = size or 0
        self._held: OrderedDict[int, bytearray] = OrderedDict()
        self._dirty: set[int] = set()
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of what is sealed."""
        return self._size

    def write_at(self, parts: Sequence[bytes | bytearray | memoryview], offset: int) -> None:
        """Write the parts one after another, whole. Raises OSError."""
        with self._lock:
            for part in parts:
                view = memoryview(part).cast("B")
                while view:
                    number, at = divmod(offset, BLOCK)
                    count = min(len(view), BLOCK - at)
                    block = self._block(number, fresh=count == BLOCK)
                    block[at : at + count] = view[:count]
                    self._dirty.add(number)
                    view = view[count:]
                    offset += count
                self._size = max(self._size, offset)

    def read_at(self, offset: int, length: int) -> bytes:
        """What stands there; less at the end. Raises MalformedError if it was altered."""
        parts: list[bytes] = []
        with self._lock:
            length = min(length, max(0, self._size - offset))
            while length > 0:
                number, at = divmod(offset, BLOCK)
                count = min(length, BLOCK - at)
                parts.append(bytes(memoryview(self._block(number))[at : at + count]))
                offset += count
                length -= count
        return b"".join(parts)

    def empty(self) -> None:
        """Forget what was written."""
        with self._lock:
            self._held.clear()
            self._dirty.clear()
            self._size = 0
            os.ftruncate(self._descriptor, 0)

    def sync(self) -> None:
        """Put out what is held, then fdatasync. Raises DurabilityError."""
        with self._lock:
            try:
                for number in sorted(self._dirty):
                    self._put(number, self._held[number])
            except OSError as error:
                raise DurabilityError(
                    f"the package cannot be written: {error.strerror}", where=str(self._path)
                ) from error
            self._dirty.clear()
        self._disk.sync_file(self._descriptor, self._path)

    def close(self) -> None:
        """Close the descriptor; what was not synced is lost."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _block(self, number: int, *, fresh: bool = False) -> bytearray:
        """The block in clear, held from now on. `fresh`: all of it is about to be overwritten."""
        if number in self._held:
            self._held.move_to_end(number)
            return self._held[number]
        while len(self._held) >= HELD:
            oldest, block = self._held.popitem(last=False)
            if oldest in self._dirty:
                self._put(oldest, block)
                self._dirty.discard(oldest)
        self._held[number] = bytearray(BLOCK) if fresh else self._get(number)
        return self._held[number]

    def _put(self, number: int, block: bytearray) -> None:
        nonce = secrets.token_bytes(12)
        sealed = nonce + self._cipher.encrypt(nonce, block, _bound(number))
        view, at = memoryview(sealed), number * RECORD
        while view:
            count = os.pwrite(self._descriptor, view, at)
            view = view[count:]
            at += count

    def _get(self, number: int) -> bytearray:
        sealed = os.pread(self._descriptor, RECORD, number * RECORD)
        if self._new and not sealed.strip(b"\0"):
            return bytearray(BLOCK)  # nothing was written there yet
        try:
            return bytearray(self._cipher.decrypt(sealed[:12], sealed[12:], _bound(number)))
        except (InvalidTag, ValueError) as error:
            raise MalformedError(
                "a sealed package was altered on the disk",
                where=f"{self._path.name} block {number}",
                remedy="take it out again",
            ) from error


def _bound(number: int) -> bytes:
    return MAGIC + number.to_bytes(8, "big")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The recorder's memory for sealed chunks on their way to the disk: bounded, shared, reused.

A drain takes a block, seals a chunk into it and hands it to a writer, which gives it back. Blocks
are anonymous maps, so that a block costs the pages that were touched and not its length, and the
last one given back is the first to be taken, while it is still in the processor's cache. When the
disk is slow the blocks run out; that, and not the machine's memory, is where the recorder's
patience ends.
"""

import mmap
import threading

BLOCK = (1 << 20) + 4096
"""Bytes of a block: the drain's buffer and a chunk's overhead."""
KEPT = 32
"""Blocks that stay mapped when nobody needs them."""


class Blocks:
    """A pool of at most `limit` blocks. One thread takes, several give back."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._free: list[mmap.mmap] = []
        self._made = 0
        self._lock = threading.Lock()

    @property
    def available(self) -> int:
        """Blocks that `take` could hand out now, at the least: only the asking thread takes."""
        return self.limit - self._made + len(self._free)

    def take(self) -> mmap.mmap | None:
        """A block of `BLOCK` bytes with any content; None when all are on their way to the disk."""
        with self._lock:
            if self._free:
                return self._free.pop()
            if self._made >= self.limit:
                return None
            self._made += 1
        return mmap.mmap(-1, BLOCK, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def give(self, block: mmap.mmap) -> None:
        """Return a block; no view of it may be left."""
        with self._lock:
            if len(self._free) < KEPT:
                self._free.append(block)
                return
            self._made -= 1
        block.close()

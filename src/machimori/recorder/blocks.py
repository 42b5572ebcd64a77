# SPDX-License-Identifier: AGPL-3.0-or-later
"""The recorder's memory for sealed chunks on their way to the disk: bounded, shared, reused.

A drain takes a block, seals a chunk into it and hands it to a writer, which gives it back. Blocks
are anonymous maps, so that a block costs the pages that were touched and not its length, and the
last one given back is the first to be taken, while it is still in the processor's cache. What
counts is what a chunk fills: a block that is being filled counts in full, and once it is with a
writer only as far as it was used. When the disk is slow the memory runs out; that, and not the
machine's memory, is where the recorder's patience ends.
"""

import mmap
import threading

BLOCK = (1 << 20) + 4096
"""Bytes of a block: the drain's buffer and a chunk's overhead."""
LEAST = 1 << 17
"""Bytes that a block counts at the least: a process has 65,530 maps."""
KEPT = 32
"""Blocks that stay mapped when nobody needs them."""


class Blocks:
    """Blocks that together count `limit` bytes at the most. One thread takes, several give back."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._free: list[mmap.mmap] = []
        self._held = 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes that count now."""
        return self._held

    @property
    def exhausted(self) -> bool:
        """Whether `take` would hand out nothing."""
        return self._held + BLOCK > self.limit

    def take(self) -> mmap.mmap | None:
        """A block of `BLOCK` bytes with any content; None when the memory is used up."""
        with self._lock:
            if self.exhausted:
                return None
            self._held += BLOCK
            if self._free:
                return self._free.pop()
        return mmap.mmap(-1, BLOCK, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def filled(self, length: int) -> None:
        """A block that was taken holds `length` bytes, and is to count as much from now on."""
        with self._lock:
            self._held += _counted(length) - BLOCK

    def give(self, block: mmap.mmap, length: int) -> None:
        """Return a block that was `filled` with `length` bytes; no view of it may be left."""
        with self._lock:
            self._held -= _counted(length)
            if len(self._free) < KEPT:
                self._free.append(block)
                return
        block.close()


def _counted(length: int) -> int:
    return max(LEAST, length)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""An open segment's file: begun by the drain, written by a writer, closed by a publisher."""

import os
import threading
from pathlib import Path

from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError

_TAIL = 1 << 16
"""Bytes that stay in the page cache: the last page is written on, and would be read again."""


class Part:
    """`<spool>/open/<camera>/<start>.part`."""

    __slots__ = (
        "_lock",
        "created",
        "descriptor",
        "dirty",
        "durable_name",
        "finished",
        "lost",
        "name",
        "path",
        "reserved",
        "size",
        "writer",
    )

    def __init__(self, path: Path, writer: int) -> None:
        self.path = path
        self.writer = writer
        self.descriptor = -1
        self.size = 0
        self.reserved = 0
        """Bytes for which the file system has set space aside."""
        self.dirty = False
        self.created = False
        self.durable_name = False
        self.finished = False
        self.lost = False
        """The file is no longer there (another disk, a hand), or was given up when the recorder
        ended: the drain must begin a new one."""
        self.name = ""
        """The name in the store, once finished."""
        self._lock = threading.Lock()

    def give_back(self) -> None:
        """Let the file system have what was set aside and not written. Raises OSError."""
        with self._lock:
            if self.descriptor >= 0 and self.reserved > self.size:
                os.ftruncate(self.descriptor, self.size)
                self.reserved = self.size
                self.dirty = True

    def sync(self, disk: Disk) -> None:
        """fdatasync, and the directory's fsync the first time. Raises DurabilityError."""
        with self._lock:
            if self.descriptor < 0 or not self.dirty:
                return
            self.dirty = False
            try:
                disk.sync_file(self.descriptor, self.path)
                if not self.durable_name:
                    disk.sync_directory(self.path.parent)
                    self.durable_name = True
            except MachimoriError:
                self.dirty = True
                raise

    def leave_cache(self) -> None:
        """Let the kernel use the memory of what is on the disk already; unsynced bytes stay."""
        with self._lock:
            if self.descriptor >= 0 and self.size > _TAIL:
                os.posix_fadvise(self.descriptor, 0, self.size - _TAIL, os.POSIX_FADV_DONTNEED)

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            if self.descriptor >= 0:
                os.close(self.descriptor)
                self.descriptor = -1
                self.reserved = 0

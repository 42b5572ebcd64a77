# SPDX-License-Identifier: AGPL-3.0-or-later
"""The thread that makes open parts durable while they grow.

Where the file system can be synced as a whole, it is, twice in the promised time, counted from
beginning to beginning: so what was written just after one sync began is durable in time even if
the next one takes half of it. On a disk that is hardly fast enough the next sync then begins
soon after the last, and finds the less to write.
Elsewhere each part is synced on its own, one after the other, spread over the promised time.

What is on the disk leaves the page cache: almost no footage is ever looked at, and a thousand
cameras would otherwise push everything else out of memory within a minute or two.
"""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError
from machimori.recorder.part import Part

SYNC_EVERY = 10.0
"""Seconds within which what was written to an open part is durable."""

_BREATH = 0.05
"""Share of the promised time that the disk has for others between two syncs."""

OnSynced = Callable[[OSError | MachimoriError | None], None]
"""Told after each sync: what went wrong, or None."""


class Syncer:
    """Knows the open parts. `add` from any thread; a part that is finished or lost falls out."""

    def __init__(self, *, disk: Disk, on_synced: OnSynced, every: float = SYNC_EVERY) -> None:
        self._disk = disk
        self._on_synced = on_synced
        self._every = every
        self._parts: list[Part] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._directory: Path | None = None
        self._descriptor = -1
        self.lag = 0.0
        """Seconds by which the promise was last missed."""
        self.thread = threading.Thread(target=self._run, name="syncer")

    def start(self) -> None:
        """Start the thread."""
        self.thread.start()

    def add(self, part: Part) -> None:
        """Take up a part that was just created."""
        with self._lock:
            self._parts.append(part)

    def stop(self) -> None:
        """Ask the thread to end; join it."""
        self._stopping.set()

    def _run(self) -> None:
        synced = time.monotonic()
        pause = self._every / 2
        try:
            while not self._stopping.wait(pause):
                parts = self._open_parts()
                begun = time.monotonic()
                pause = self._every / 2
                try:
                    if parts and self._whole(parts[0].path.parent.parent):
                        pause = max(_BREATH * self._every, pause - (time.monotonic() - begun))
                        for part in parts:
                            part.durable_name = True
                    else:
                        self._each(parts)
                    for part in parts:
                        part.leave_cache()
                except (OSError, MachimoriError) as error:
                    self._on_synced(error)
                    self._forget()
                    continue
                self.lag = max(0.0, time.monotonic() - synced - self._every)
                synced = begun
                self._on_synced(None)
        finally:
            self._forget()

    def _open_parts(self) -> list[Part]:
        with self._lock:
            self._parts = [part for part in self._parts if not (part.finished or part.lost)]
            return list(self._parts)

    def _whole(self, directory: Path) -> bool:
        """Sync the file system of the open parts; False: it must be done file by file."""
        if not self._disk.syncs_whole(directory):
            return False
        if self._descriptor >= 0 and (
            directory != self._directory
            or os.fstat(self._descriptor).st_dev != directory.stat().st_dev
        ):
            self._forget()  # another disk stands there now
        if self._descriptor < 0:
            self._directory = directory
            self._descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        # The descriptor stays open: errors since the last sync are reported to it.
        self._disk.sync_file_system(self._descriptor, directory)
        return True

    def _each(self, parts: list[Part]) -> None:
        pause = self._every / 2 / max(1, len(parts))
        failure: OSError | MachimoriError | None = None
        for part in parts:
            try:
                part.sync(self._disk)
            except (OSError, MachimoriError) as error:
                failure = error
            if self._stopping.wait(pause):
                break
        if failure is not None:
            raise failure

    def _forget(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Threads that bring sealed chunks to the disk, so that no drain ever waits for one.

Three kinds of thread, each few and bounded:

* **writers** append chunks to open parts (`<spool>/open/<camera>/<start>.part`). A part always
  goes to the same writer, so its bytes stay in order. A write that fails (full, gone, I/O error)
  is tried again until it succeeds: a sealed chunk is never skipped inside a file. Meanwhile the
  blocks run out and the drain lets footage go, which becomes a gap with cause `disk`.
* the **syncer** (`syncer.py`) makes open parts durable.
* **publishers** close a finished part and put it, or a signed record, into the store.

Space is set aside for some chunks at a time, which makes each write a fifth cheaper on ext4 and
keeps a file together among hundreds that grow beside it.

How a segment becomes durable: 1. mkdir of the camera's directory, and fsync of its parent;
2. create the part; 3. write header and chunks; 4. at the latest ten seconds after they were
written: syncfs of the parts' file system, or, where that is not to be relied on, fdatasync of the
part and at the first time fsync of its directory; 5. write the trailer;
6. give back what was set aside and not used (ftruncate), and fdatasync of the part; 7. `Store.put`
under the final name, which is durable when it returns; 8. unlink the part. A crash before 7 leaves
a part, which is repaired at the next start; one after 7 may leave a whole part, whose second put is
a success.
"""

import contextlib
import errno
import logging
import mmap
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from machimori.footage.errors import ObjectDiffersError
from machimori.footage.store import Store
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError
from machimori.kernel.filesystem import reserve
from machimori.recorder.blocks import Blocks
from machimori.recorder.part import Part
from machimori.recorder.syncer import SYNC_EVERY, Syncer

log = logging.getLogger(__name__)

BATCH = 16
"""Chunks that are handed to a writer together, at most."""
_AHEAD = 8
"""Chunks for which space is set aside at a time."""
_SYNCER = -1
"""The syncer's place among those who have trouble with the disk."""
_RETRY = 0.25
_RETRY_MAX = 2.0

OnTrouble = Callable[[str, str], None]
"""`(event, detail)`: `disk_trouble` when the disk refuses, `disk_recovered` afterwards, `sync_late`
after a sync that was later than promised by more than SYNC_LATE."""
SYNC_LATE = 3.0
"""Seconds."""


@dataclass(slots=True)
class _Append:
    """Bytes for a part: of a block, or on their own."""

    part: Part
    block: mmap.mmap | None
    data: bytes
    length: int


@dataclass(slots=True)
class _Finish:
    part: Part
    done: Callable[[str], None] | None


@dataclass(frozen=True)
class _Put:
    name: str
    source: Path | bytes
    done: Callable[[str], None] | None


class Writers:
    """All threads between the drain and the disk."""

    def __init__(
        self,
        *,
        store: Store,
        blocks: Blocks,
        disk: Disk,
        on_trouble: OnTrouble,
        writers: int = 1,
        publishers: int = 2,
        sync_every: float = SYNC_EVERY,
    ) -> None:
        self._store = store
        self._blocks = blocks
        self._disk = disk
        self._on_trouble = on_trouble
        self._queues: list[queue.SimpleQueue[list[_Append | _Finish] | None]] = [
            queue.SimpleQueue() for _ in range(writers)
        ]
        self._batches: list[list[_Append | _Finish]] = [[] for _ in range(writers)]
        self._outgoing: queue.SimpleQueue[_Put | _Finish | None] = queue.SimpleQueue()
        self._publishers = publishers
        self._reserving = True
        self._abandon = threading.Event()
        self._troubled: set[int] = set()
        self.bytes_written = 0
        self.published = 0
        self._threads = [
            threading.Thread(target=self._write, args=(place,), name=f"writer-{place}")
            for place in range(writers)
        ]
        self._syncer = Syncer(disk=disk, on_synced=self._synced, every=sync_every)
        self._publisher_threads = [
            threading.Thread(target=self._publish, name=f"publisher-{place}")
            for place in range(publishers)
        ]

    @property
    def troubled(self) -> bool:
        """Whether the disk or the store refuses at the moment."""
        return bool(self._troubled)

    @property
    def sync_lag(self) -> float:
        """Seconds by which the promise of durability was last missed."""
        return self._syncer.lag

    @property
    def backlog(self) -> int:
        """Batches that wait for a writer."""
        return sum(q.qsize() for q in self._queues)

    def start(self) -> None:
        """Start the threads."""
        for thread in (*self._threads, self._syncer.thread, *self._publisher_threads):
            thread.start()

    def begin(self, path: Path, lane: int) -> Part:
        """A new part, written by the lane's writer."""
        return Part(path, lane % len(self._queues))

    def append(self, part: Part, block: mmap.mmap, length: int) -> None:
        """Append the block's first `length` bytes; the block goes back to the pool afterwards."""
        self._blocks.filled(length)
        self._add(part.writer, _Append(part, block, b"", length))

    def append_bytes(self, part: Part, data: bytes) -> None:
        """Append a header or a trailer."""
        self._add(part.writer, _Append(part, None, data, len(data)))

    def finish(self, part: Part, name: str, done: Callable[[str], None] | None = None) -> None:
        """The part is complete and belongs into the store as `name`."""
        part.name = name
        self._add(part.writer, _Finish(part, done))

    def flush(self) -> None:
        """Hand over what waits for company; the drain calls it at the end of each tick.

        Waking a thread costs the drain as much as walking a hundred packets, hence batches.
        """
        for place, batch in enumerate(self._batches):
            if batch:
                self._batches[place] = []
                self._queues[place].put(batch)

    def _add(self, place: int, item: _Append | _Finish) -> None:
        batch = self._batches[place]
        batch.append(item)
        if len(batch) >= BATCH:
            self._batches[place] = []
            self._queues[place].put(batch)

    def put(
        self, name: str, source: Path | bytes, done: Callable[[str], None] | None = None
    ) -> None:
        """Put a record (or a repaired part) into the store."""
        self._outgoing.put(_Put(name, source, done))

    def stop(self, patience: float) -> bool:
        """Finish what was handed over, for at most `patience` seconds; False if some is left.

        What is left lies in the parts on disk and is repaired at the next start.
        """
        deadline = time.monotonic() + patience
        self.flush()
        for q in self._queues:
            q.put(None)
        self._join(self._threads, deadline)
        for _ in self._publisher_threads:
            self._outgoing.put(None)
        self._join(self._publisher_threads, deadline)
        self._syncer.stop()
        self._abandon.set()
        self._join([self._syncer.thread], deadline + 1)
        return not any(t.is_alive() for t in (*self._threads, *self._publisher_threads))

    @staticmethod
    def _join(threads: list[threading.Thread], deadline: float) -> None:
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _write(self, place: int) -> None:
        items = self._queues[place]
        while (batch := items.get()) is not None:
            for item in batch:
                if isinstance(item, _Finish):
                    self._outgoing.put(item)
                    continue
                try:
                    if not item.part.lost:
                        self._append(item)
                finally:
                    if item.block is not None:
                        self._blocks.give(item.block, item.length)

    def _append(self, item: _Append) -> None:
        part = item.part
        done = 0
        delay = _RETRY
        # A slice of the block and not the block: its end is another chunk's rest.
        source = memoryview(item.data if item.block is None else item.block)
        try:
            while done < item.length and not part.lost:
                try:
                    if part.descriptor < 0:
                        self._open(part)
                    if item.block is not None and part.size + item.length > part.reserved:
                        self._reserve(part, item.length)
                    with source[done : item.length] as rest:
                        written = os.write(part.descriptor, rest)
                    done += written
                    part.size += written
                    part.dirty = True
                    self.bytes_written += written
                except (OSError, MachimoriError) as error:
                    self._trouble(threading.get_ident(), error)
                    if self._abandon.wait(delay):
                        part.lost = True  # a later chunk must not take this one's place
                        return
                    delay = min(_RETRY_MAX, delay * 2)
                    self._reopen(part, error)
        finally:
            source.release()
        if self._troubled:
            self._recovered(threading.get_ident())

    def _open(self, part: Part) -> None:
        """Steps 1 and 2."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        if part.created:
            flags &= ~os.O_CREAT
        else:
            self._disk.make_directory(part.path.parent)
            flags |= os.O_EXCL
        part.descriptor = os.open(part.path, flags, 0o640)
        part.created = True
        self._syncer.add(part)

    def _reserve(self, part: Part, length: int) -> None:
        """Set space aside for this chunk and some that are like it, if the file system can."""
        if not self._reserving:
            return
        ahead = _AHEAD * length
        try:
            reserve(part.descriptor, part.size, ahead)
        except OSError as error:
            # A full disk is the write's to tell, which may still find room.
            self._reserving = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EINTR)
        else:
            part.reserved = part.size + ahead

    def _reopen(self, part: Part, error: OSError | MachimoriError) -> None:
        """After an I/O error: the descriptor may be dead for ever; the file may have gone."""
        number = error.errno if isinstance(error, OSError) else None
        if number in (errno.ENOSPC, errno.EDQUOT, None):
            return
        part.close()
        with contextlib.suppress(OSError):
            if part.created and (not part.path.exists() or part.path.stat().st_size != part.size):
                part.lost = True

    def _publish(self) -> None:
        while (item := self._outgoing.get()) is not None:
            delay = _RETRY
            while True:
                try:
                    self._bring(item)
                    break
                except ObjectDiffersError as error:
                    log.error("the store holds something else: %s", error)
                    break
                except (OSError, MachimoriError) as error:
                    self._trouble(threading.get_ident(), error)
                    if self._abandon.wait(delay):
                        return
                    delay = min(_RETRY_MAX, delay * 2)
            if self._troubled:
                self._recovered(threading.get_ident())

    def _bring(self, item: _Put | _Finish) -> None:
        """Steps 6 to 8, or the put of a record. May be repeated."""
        if isinstance(item, _Put):
            self._store.put(item.name, item.source)
            self.published += 1
            if item.done is not None:
                item.done(item.name)
            return
        part = item.part
        if part.lost or not part.created:
            part.finished = True
            part.close()
            return
        part.give_back()
        part.sync(self._disk)
        part.finished = True
        part.close()
        if part.path.exists():
            self._store.put(part.name, part.path)
            # Without an fsync: a part that comes back is whole, and its second put a success.
            part.path.unlink()
        self.published += 1
        if item.done is not None:
            item.done(part.name)

    def _synced(self, error: OSError | MachimoriError | None) -> None:
        if error is not None:
            self._trouble(_SYNCER, error)
            return
        self._recovered(_SYNCER)
        if self._syncer.lag > SYNC_LATE:
            self._on_trouble("sync_late", f"footage became durable {self._syncer.lag:.1f} s late")

    def _trouble(self, who: int, error: OSError | MachimoriError) -> None:
        if not self._troubled:
            reason = error.strerror if isinstance(error, OSError) else error.message
            self._on_trouble("disk_trouble", str(reason))
        self._troubled.add(who)

    def _recovered(self, who: int) -> None:
        if who in self._troubled:
            self._troubled.discard(who)
            if not self._troubled:
                self._on_trouble("disk_recovered", "writing goes on")

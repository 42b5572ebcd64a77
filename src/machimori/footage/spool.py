# SPDX-License-Identifier: AGPL-3.0-or-later
"""A bounded local spool before a store that may be away for hours.

`put` returns when the object is durable on the local disk; threads upload the oldest first and
remove it here only after the store has it. To whoever reads, spool and store are one. What waits is
a directory, so `kill -9` and power cuts lose nothing: the next start goes on from the listing.

A day's manifest is uploaded only after everything else of that camera's day, a list of anchored
heads only after everything that ended before it: where a manifest or a list is, all that it names
was there, so what is not there is missing and not late.

When the spool is full: policy `stop` refuses what comes (SpoolFullError); `overwrite_oldest` gives
up the oldest segments that are not held, after `on_overwrite` has signed a record of it.
"""

import os
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from pathlib import Path
from typing import Literal

from machimori.footage import naming
from machimori.footage.anchors import is_heads, parse_heads_name
from machimori.footage.errors import (
    NoSuchObjectError,
    ObjectDiffersError,
    SpoolFullError,
    StoreUnavailableError,
)
from machimori.footage.items import Item, identify
from machimori.footage.naming import ManifestName, SegmentName
from machimori.footage.store import Abilities, DirectoryStore, Store, StoredObject
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError, MalformedError

Policy = Literal["stop", "overwrite_oldest"]
PENDING = "pending"
REFUSED = "refused"
"""Where an object goes whose name the store has given to other bytes: kept, and reported."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 30.0


@dataclass(frozen=True, kw_only=True)
class SpoolState:
    """How the uploading is going, for health and metrics."""

    objects: int
    size: int
    limit: int
    oldest: str
    """Name of the oldest object that waits; "" if none does."""
    uploaded: int
    """Objects, since the start."""
    failing: str
    """Why the last attempt failed; "" if it did not."""
    refused: int


@dataclass
class _Progress:
    uploaded: int = 0
    failing: str = ""
    refused: int = 0
    busy: set[str] = field(default_factory=set)
    sick: set[str] = field(default_factory=set)
    """Objects that failed for a reason of their own; they do not hold up the others."""


class Spool:
    """A store before a store. Threads run from `start` to `close`."""

    def __init__(
        self,
        store: Store,
        directory: Path,
        disk: Disk,
        *,
        limit: int,
        policy: Policy,
        held: Callable[[str], bool] = lambda name: False,
        on_overwrite: Callable[[tuple[Item, ...]], None] = lambda items: None,
        workers: int = 4,
    ) -> None:
        """`limit` in bytes of segments. `on_overwrite` gets the chain items that are about to go
        and puts its signed record into this spool before it returns; `held` says what must not
        go."""
        self._store = store
        self._disk = disk
        self.local = DirectoryStore(directory / PENDING, disk)
        """What waits, on the local disk. Read it; changes go through the spool."""
        self._root = directory / PENDING
        self._refused = directory / REFUSED
        self._limit = limit
        self._policy = policy
        self._held = held
        self._on_overwrite = on_overwrite
        self._workers = workers
        self._sizes = {item.name: item.size for item in self.local.list()}
        self._progress = _Progress()
        self._changed = threading.Condition()
        self._making_room = threading.RLock()
        self._stopping = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to upload what waits."""
        self._stopping = False
        for number in range(self._workers):
            thread = threading.Thread(target=self._upload, name=f"spool-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Stop after the uploads under way; what waits is taken up by the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def wait_empty(self, timeout: float) -> bool:
        """Wait until everything is in the store; False if it is not after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._sizes, timeout)

    def pending(self) -> tuple[str, ...]:
        """Names that wait, for `footage check`."""
        with self._changed:
            return tuple(sorted(self._sizes))

    def state(self) -> SpoolState:
        """How the uploading is going."""
        with self._changed:
            return SpoolState(
                objects=len(self._sizes),
                size=sum(self._sizes.values()),
                limit=self._limit,
                oldest=min(self._sizes, key=_age, default=""),
                uploaded=self._progress.uploaded,
                failing=self._progress.failing,
                refused=self._progress.refused,
            )

    def room(self) -> int:
        """Bytes of segments that may still come: of the limit, and of the file system."""
        with self._changed:
            used = sum(size for name, size in self._sizes.items() if name.endswith(".seg"))
        status = os.statvfs(self._root)
        return min(self._limit - used, status.f_bavail * status.f_frsize)

    @property
    def here(self) -> "Waiting":
        """What waits, as a store of its own: for whoever must make room."""
        return Waiting(self)

    def forget(self, name: str) -> None:
        """Remove an object that waits; it will not be uploaded."""
        self._forget(name)

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Spool and store as one, by name."""
        last = ""
        for item in merge(self.local.list(prefix), self._store.list(prefix)):
            if item.name != last:
                yield item
            last = item.name

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Parts of the names in spool and store up to the next slash."""
        yield from sorted({*self.local.folders(prefix), *self._store.folders(prefix)})

    def get(self, name: str) -> bytes:
        """The whole object, from here if it still waits."""
        try:
            return self.local.get(name)
        except NoSuchObjectError:
            return self._store.get(name)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Bytes of an object, from here if it still waits."""
        try:
            return self.local.read(name, offset, length)
        except NoSuchObjectError:
            return self._store.read(name, offset, length)

    def put(self, name: str, source: Path | bytes) -> None:
        """Take an object in: durable on the local disk on return, in the store later. Raises
        SpoolFullError under the policy `stop`, or if all that could go is held."""
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        # Records and manifests are small and say what happened to footage: they are never refused.
        if name.endswith(".seg"):
            self._make_room(name, size)
        self.local.put(name, source)
        with self._changed:
            self._sizes[name] = size
            self._changed.notify()

    def delete(self, name: str) -> None:
        """Remove from both."""
        self._forget(name)
        self._store.delete(name)

    def probe(self) -> Abilities:
        """The store's."""
        return self._store.probe()

    def _make_room(self, name: str, size: int) -> None:
        with self._making_room:
            while True:
                with self._changed:
                    busy = set(self._progress.busy)
                    segments = [n for n in self._sizes if n.endswith(".seg")]
                    used = sum(self._sizes[n] for n in segments)
                if used + size <= self._limit:
                    return
                idle = sorted((n for n in segments if n not in busy), key=_age)
                oldest = next((n for n in idle if not self._held(n)), None)
                if self._policy == "stop" or oldest is None:
                    raise SpoolFullError(
                        f"the spool holds {used} of {self._limit} bytes",
                        where=name,
                        remedy="the store has been away too long; see `failing` in the health",
                    )
                stored = StoredObject(name=oldest, size=self._sizes[oldest])
                try:
                    self._on_overwrite((identify(self.local, stored),))
                except MalformedError:
                    # Damaged on the local disk: nothing of it could be said in a record's terms.
                    self._on_overwrite(())
                except NoSuchObjectError:
                    continue
                self._forget(oldest)

    def _forget(self, name: str) -> None:
        self.local.delete(name)
        with self._changed:
            self._sizes.pop(name, None)
            self._changed.notify_all()

    def _next(self) -> str | None:
        """The oldest object that may go now and that no other thread has; None while stopping."""
        with self._changed:
            while not self._stopping:
                busy = self._progress.busy
                free = [name for name in self._sizes if name not in busy and self._may_go(name)]
                if free:
                    name = min(free, key=lambda n: (n in self._progress.sick, _age(n)))
                    busy.add(name)
                    return name
                self._changed.wait()
            return None

    def _may_go(self, name: str) -> bool:
        if is_heads(name):
            # Where a list of heads is, all that it names was: what ended before it goes first.
            time = name.rpartition("/")[2].partition("-")[0]
            return not any(_end(n) <= time for n in self._sizes if not is_heads(n))
        if not name.endswith(naming.MANIFEST):
            return True
        place = name.removesuffix(naming.MANIFEST)
        return not any(n.startswith(place) and n != name for n in self._sizes)

    def _upload(self) -> None:
        wait = 0.0
        while (name := self._next()) is not None:
            try:
                failing = self._upload_one(name)
            finally:
                with self._changed:
                    self._progress.busy.discard(name)
            with self._changed:
                self._progress.failing = failing
                self._changed.notify_all()
                if not failing:
                    self._progress.uploaded += 1
                    wait = 0.0
                    continue
                wait = min(_LONGEST_WAIT, max(_FIRST_WAIT, 2 * wait))
                # Jitter: a thousand recorders must not come back in step.
                self._changed.wait_for(
                    lambda: self._stopping,
                    wait * random.uniform(0.5, 1.0),  # noqa: S311 (no secret)
                )

    def _upload_one(self, name: str) -> str:
        """Why it failed, or nothing."""
        try:
            self._store.put(name, self._root / name)
            self._forget(name)
        except ObjectDiffersError as error:
            target = self._refused / name
            self._disk.make_directory(target.parent)
            self._disk.move(self._root / name, target)
            with self._changed:
                self._sizes.pop(name, None)
                self._progress.refused += 1
            return str(error)
        except StoreUnavailableError as error:
            return str(error)
        except (MachimoriError, OSError) as error:
            # Gone from under us (deleted or overwritten), or the local disk fails: say so, go on.
            with self._changed:
                if (self._root / name).exists():
                    self._progress.sick.add(name)
                else:
                    self._sizes.pop(name, None)
            return str(error)
        return ""


class Waiting:
    """The part of a spool that has not been uploaded. What is put goes into the spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Objects by name."""
        return self._spool.local.list(prefix)

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Parts of the names up to the next slash."""
        return self._spool.local.folders(prefix)

    def get(self, name: str) -> bytes:
        """The whole object."""
        return self._spool.local.get(name)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Bytes of an object."""
        return self._spool.local.read(name, offset, length)

    def put(self, name: str, source: Path | bytes) -> None:
        """Into the spool."""
        self._spool.put(name, source)

    def delete(self, name: str) -> None:
        """It will not be uploaded; what the store has already stays there."""
        self._spool.forget(name)

    def probe(self) -> Abilities:
        """A directory's."""
        return self._spool.local.probe()


def waiting(directory: Path) -> tuple[str, ...]:
    """Names that wait in a spool that another process runs, or that nobody runs."""
    root = directory / PENDING
    if not root.is_dir():
        return ()
    return tuple(item.name for item in DirectoryStore(root, Disk()).list())


def _end(name: str) -> str:
    """The time stamp at which an object's interval ends, as text; manifests sort last."""
    return name.rpartition("/")[2].partition(".")[0].partition("-")[2] or "~"


def _age(name: str) -> tuple[int, str]:
    """Sorts by time, whatever the camera; what has no time goes last."""
    try:
        if is_heads(name):
            return (int(parse_heads_name(name).at), name)
        parsed = naming.parse(name)
    except MalformedError:
        return (1 << 62, name)
    if isinstance(parsed, ManifestName):
        return (1 << 61, name)
    return (int(parsed.first), name) if isinstance(parsed, SegmentName) else (0, name)

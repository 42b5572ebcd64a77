# SPDX-License-Identifier: AGPL-3.0-or-later
"""The oldest unheld segments of a store, batch after batch, for whoever must make room.

A store of fourteen days and a thousand cameras holds twenty million segments, and room is made of
a few at a time. So this goes through the days in order, through a day in slices of time, and in a
slice from camera to camera, and remembers where it stands: only the day at hand is listed, once a
slice, and the folder of the camera at hand. A day whose segments are gone or held is passed by.

What it remembers is a place and never a name: each folder is listed when its turn comes, so
expiry may remove things at any time. Everything is looked at anew when holds or days change.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby

from machimori.footage.naming import SegmentName, parse
from machimori.footage.store import Store, StoredObject
from machimori.kernel.errors import MachimoriError, MalformedError
from machimori.kernel.instants import Micros, parse_day

BATCH = 64
"""Segments of one camera's day that are given at once, at most."""
SLICE = 60_000_000
"""Microseconds that a slice covers at the least: about a segment of each camera."""
SLICES = 24
"""Slices that a day's footage is divided into: each costs a listing of the day."""

Batch = list[tuple[StoredObject, SegmentName]]


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a hold protects: segments of these cameras that touch the interval."""

    cameras: frozenset[str]
    first: Micros
    last: Micros

    def touches(self, name: SegmentName) -> bool:
        """Whether a segment is held."""
        return name.camera in self.cameras and name.last >= self.first and name.first <= self.last


class Oldest:
    """Goes through one store. One thread asks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._needed = 0
        self._known: tuple[Sequence[Held], list[str]] | None = None
        self._batches: Iterator[Batch] = iter(())

    def batch(self, holds: Sequence[Held], needed: int) -> Batch:
        """The oldest segments of one camera that nobody holds: `needed` bytes of them, at most
        BATCH. Empty if there are none. What was given must be removed before the next call; what
        was not is given again."""
        self._needed = needed
        try:
            known = (holds, self._days())
            if known != self._known:
                self._known = known
                self._batches = self._all(*known)
            if batch := next(self._batches, None):
                return batch
            # What was recorded since the last look is in the last day.
            self._batches = self._all(holds, known[1][-1:])
            return next(self._batches, [])
        except MachimoriError:
            # An iterator that has failed is at its end, and that end means nothing.
            self._known = None
            raise

    def batches(self, holds: Sequence[Held], needed: int, most: int) -> list[Batch]:
        """Batches of at most `most` cameras, `needed` bytes of them; otherwise as `batch`."""
        found: dict[str, Batch] = {}
        while len(found) < most and needed > 0:
            batch = self.batch(holds, needed)
            if not batch or batch[0][1].camera in found:
                break  # the round is over: what is at hand comes again once it was not removed
            found[batch[0][1].camera] = batch
            needed -= sum(stored.size for stored, _ in batch)
        return list(found.values())

    def _days(self) -> list[str]:
        days = []
        for folder in self._store.folders():
            with suppress(MalformedError):
                parse_day(folder)
                days.append(folder)
        return days

    def _all(self, holds: Sequence[Held], days: Sequence[str]) -> Iterator[Batch]:
        for day in days:
            while cameras := self._slice(day, holds):
                # A batch of each camera in turn: whoever takes several has as many folders.
                while cameras:
                    left = []
                    for camera, before in cameras:
                        if batch := self._pick(f"{day}/{camera}/", before, holds):
                            left.append((camera, before))
                            yield batch
                    cameras = left

    def _slice(self, day: str, holds: Sequence[Held]) -> list[tuple[str, Micros]]:
        """The cameras of a day with something to remove, and up to which start it is to go."""
        cameras = []
        oldest: list[Micros] = []
        newest: Micros | None = None
        listed = self._store.list(f"{day}/")
        for camera, group in groupby(listed, key=lambda stored: stored.name.split("/")[1]):
            first: SegmentName | None = None
            last = ""
            for stored in group:
                if not stored.name.endswith(".seg"):
                    continue
                last = stored.name
                # Reading a name costs more than listing it: no more than the first free one.
                if first is None:
                    first = _free(stored.name, holds)
            if first is not None:
                cameras.append(camera)
                oldest.append(first.first)
                end = _segment(last) or first
                newest = end.first if newest is None else max(newest, end.first)
        if newest is None:
            return []
        begin = min(oldest)
        before = Micros(begin + max(SLICE, (newest - begin) // SLICES))
        return [(camera, before) for camera in cameras]

    def _pick(self, folder: str, before: Micros, holds: Sequence[Held]) -> Batch:
        """The unheld segments of a folder that began before a time: a batch of them."""
        batch: Batch = []
        needed = self._needed
        for stored in self._store.list(folder):
            if not stored.name.endswith(".seg"):
                continue
            name = _free(stored.name, holds)
            if name is None:
                continue
            if name.first >= before:
                break
            batch.append((stored, name))
            needed -= stored.size
            if len(batch) == BATCH or needed <= 0:
                break
        return batch


def _free(text: str, holds: Sequence[Held]) -> SegmentName | None:
    """The segment's name, if it is one and nobody holds it."""
    name = _segment(text)
    return None if name is None or any(hold.touches(name) for hold in holds) else name


def _segment(text: str) -> SegmentName | None:
    try:
        name = parse(text)
    except MalformedError:
        return None
    return name if isinstance(name, SegmentName) else None

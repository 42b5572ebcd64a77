# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much of a camera's day is footage, and what the rest is put down to.

Read from the names in the store and from the signed gap records: nothing is opened for it. It tells
people how a day went; what evidence states about its interval, `footage.check` and the chain prove.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

from machimori.footage import records
from machimori.footage.naming import RecordName, SegmentName, parse
from machimori.footage.store import Store
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import TOKYO, Micros, day_start, local_day

GRACE: Final = 5_000_000
"""µs between two segments up to which footage counts as going on."""
UNEXPLAINED: Final = ""
_LONGEST_SEGMENT: Final = 130 * 1_000_000
_Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """No footage from `first` to `last`; `cause` is one of `records.CAUSES`, or unexplained."""

    first: Micros
    last: Micros
    cause: str


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """A camera's day. `recorded` is in µs."""

    recorded: int
    gaps: tuple[Gap, ...]


def of_day(
    store: Store, camera: CameraId, day: dt.date, *, until: Micros, tz: ZoneInfo = TOKYO
) -> Coverage:
    """The day up to `until`. Raises what the store raises."""
    begin = day_start(day, tz)
    end = min(day_start(day + dt.timedelta(days=1), tz), until)
    return _of(store, camera, [day], begin, end)


def of_interval(
    store: Store, camera: CameraId, start: Micros, end: Micros, *, tz: ZoneInfo = TOKYO
) -> Coverage:
    """[start, end), of whatever days. Raises what the store raises."""
    # What began before midnight is stored under the day before.
    first = local_day(Micros(max(0, start - _LONGEST_SEGMENT)), tz)
    count = (local_day(Micros(end - 1), tz) - first).days + 1
    days = [first + dt.timedelta(days=offset) for offset in range(count)]
    return _of(store, camera, days, start, end)


def _of(store: Store, camera: CameraId, days: list[dt.date], begin: int, end: int) -> Coverage:
    segments: list[_Span] = []
    said: list[Gap] = []
    for item in chain.from_iterable(store.list(f"{day.isoformat()}/{camera}/") for day in days):
        try:
            name = parse(item.name)
            if isinstance(name, SegmentName):
                segments.append((name.first, name.last))
            elif isinstance(name, RecordName) and name.kind in ("gap", "overwritten"):
                record, _ = records.decode(store.get(item.name))
                said.append(Gap(first=record.first, last=record.last, cause=record.cause))
        except MalformedError:
            continue
    covered = list(_joined(segments, begin, end))
    gaps = [gap for hole in _holes(covered, begin, end) for gap in _explained(hole, said)]
    return Coverage(recorded=sum(last - first for first, last in covered), gaps=tuple(gaps))


def _joined(spans: list[_Span], begin: int, end: int) -> Iterator[_Span]:
    """What the spans cover within the day, pauses of up to GRACE included."""
    current: _Span | None = None
    for first, last in sorted(spans):
        first, last = max(first, begin), min(last, end)
        if last < first:
            continue
        if current is not None and first - current[1] <= GRACE:
            current = (current[0], max(current[1], last))
            continue
        if current is not None:
            yield current
        current = (first, last)
    if current is not None:
        yield current


def _holes(covered: list[_Span], begin: int, end: int) -> Iterator[_Span]:
    position = begin
    for first, last in covered:
        if first - position > GRACE:
            yield (position, first)
        position = last
    if end - position > GRACE:
        yield (position, end)


def _explained(hole: _Span, said: list[Gap]) -> Iterator[Gap]:
    """The hole, cut where what records say of it changes. Slivers belong to their neighbour."""
    position, end = hole
    for gap in sorted(said, key=lambda gap: (gap.first, gap.last)):
        first, last = max(gap.first, position), min(gap.last, end)
        if last - first <= 0:
            continue
        if first - position > GRACE:
            yield Gap(first=Micros(position), last=Micros(first), cause=UNEXPLAINED)
        else:
            first = position
        yield Gap(first=Micros(first), last=Micros(last), cause=gap.cause)
        position = last
    if end - position > GRACE:
        yield Gap(first=Micros(position), last=Micros(end), cause=UNEXPLAINED)

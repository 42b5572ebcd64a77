# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which part of an interval footage covers, and which holes are left.

A chunk says that what it holds arrived after the drain before it and no later than its own. The
maker of a package and its verifier use the same arithmetic, so a gap cannot be left out.
"""

from collections.abc import Iterable

from machimori.footage.records import Record
from machimori.kernel.instants import Micros

Interval = tuple[Micros, Micros]


def covered(chunks: Iterable[Interval], start: Micros, end: Micros) -> tuple[Interval, ...]:
    """The union of the intervals, cut to [start, end), in order."""
    found: list[Interval] = []
    for first, last in sorted(chunks):
        first, last = max(first, start), min(last, end)
        if first >= last:
            continue
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return tuple(found)


def holes(delivered: Iterable[Interval], start: Micros, end: Micros) -> tuple[Interval, ...]:
    """What of [start, end) lies between the delivered intervals."""
    found: list[Interval] = []
    position = start
    for first, last in delivered:
        if first > position:
            found.append((position, first))
        position = max(position, last)
    if position < end:
        found.append((position, end))
    return tuple(found)


def explains(record: Record, hole: Interval) -> bool:
    """Whether the record speaks about any part of the hole."""
    return record.kind != "closed" and record.first < hole[1] and record.last > hole[0]

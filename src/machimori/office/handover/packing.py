# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making an order's packages: one, or as many as the media need, from one opening.

A worker that is killed goes on where it was: what has its name was verified, and only what is
missing costs another opening.
"""

from dataclasses import replace
from typing import Final

from machimori.evidence.errors import NotDeliverableError
from machimori.evidence.make import Making
from machimori.evidence.ordering import Order, bounds_of
from machimori.evidence.room import Room
from machimori.evidence.splitting import cut, estimate
from machimori.evidence.verifier.check import Progress
from machimori.kernel.ids import CaseId
from machimori.kernel.instants import Micros
from machimori.office.handover import packages
from machimori.office.handover.packages import Packed, SealedPlace
from machimori.office.provision.readers import reader_of
from machimori.office.shared.engine import engine

ROOM: Final = 0.97
"""Of a medium's bytes: its own directory needs some."""


def part_name(base: str, number: int) -> str:
    """What the package of the part of this number (from 1) is called."""
    return f"{base}-{number}"


def made_parts(base: str) -> tuple[Packed, ...]:
    """The parts that are there, in order."""
    found: list[Packed] = []
    while (part := packages.find(part_name(base, len(found) + 1))) is not None:
        found.append(part)
    return tuple(found)


def pack(
    base: str,
    case: CaseId,
    order: Order,
    *,
    capacity: int | None = None,
    progress: Progress | None = None,
    mark: bytes | None = None,
) -> tuple[Packed, ...]:
    """The order's packages, none larger than `capacity` bytes (None: one package of any size).
    With a `mark` viewing copies go along (`evidence.make`).

    Raises what `evidence.make` raises; what is finished by then stays.
    """
    bounds = bounds_of(order)
    done = made_parts(base)
    start = done[-1].end if done else bounds.start
    if start >= bounds.end:
        return done
    below = engine()
    making = Making.opened(
        client=below.vault,
        ledger=below.ledger,
        store=below.case_store(case),
        order=replace(order, start=start, end=bounds.end),
        reader=reader_of(case),
        clock=below.clock,
        progress=progress,
        mark=mark,
    )
    most = None if capacity is None else int(capacity * ROOM)
    parts = [(start, bounds.end)]
    if most is not None:
        wanted = -(-estimate(making.footage) // most)
        parts = list(cut(making.footage, start, bounds.end, wanted))
    _write(making, base, parts, len(done), most)
    return made_parts(base)


def _write(
    making: Making,
    base: str,
    parts: list[tuple[Micros, Micros]],
    done: int,
    most: int | None,
) -> None:
    """Write the parts in order; one that turns out too large is cut in two and written anew."""
    while parts:
        start, end = parts.pop(0)
        place = _Fitting(part_name(base, done + 1), start, end, most)
        try:
            making.package(place, start, end)
        except _TooLargeError:
            halves = cut(making.footage_of(start, end), start, end, 2)
            if len(halves) < 2:
                raise NotDeliverableError(
                    "the shortest part does not fit on the medium", where=base
                ) from None
            parts[:0] = halves
        else:
            done += 1


class _TooLargeError(Exception):
    """This part does not fit on the medium."""


class _Fitting(SealedPlace):
    """A place that takes no package larger than the medium."""

    def __init__(self, name: str, start: Micros, end: Micros, most: int | None) -> None:
        super().__init__(name, start=start, end=end)
        self._most = most

    def finish(self, room: Room) -> None:
        """Raises _TooLargeError."""
        if self._most is not None and room.size > self._most:
            raise _TooLargeError
        super().finish(room)


def discard_parts(base: str) -> None:
    """End every package of this order, finished or not."""
    for name in reversed(packages.names()):
        if name.rpartition("-")[0] == base:
            packages.discard(name)

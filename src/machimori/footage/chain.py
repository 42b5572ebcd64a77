# SPDX-License-Identifier: AGPL-3.0-or-later
"""Follow the chains of recorder sessions through a store: what is missing, doubled or exchanged.

Per session it keeps the last item only, and the few that records of overwriting and expiry name.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from machimori.footage.items import Item
from machimori.footage.records import Record, Removed
from machimori.footage.verdicts import Finding
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros

Waiting = Callable[[CameraId, Micros, Micros], str]
"""Why items of a camera between two times may yet arrive; "" if they will not."""


@dataclass
class _Session:
    """Where one camera's chain of one recorder session stands."""

    last: Item | None = None
    known: dict[int, str] = field(default_factory=dict)
    """Heads of items ahead: `overwritten` records, which lie on earlier days, and what a manifest
    names, whose absence is reported there."""
    removed: list[Removed] = field(default_factory=list)


class Chains:
    """Takes items by camera-day, and yields what does not fit."""

    def __init__(self, *, partial: bool, waiting: Waiting) -> None:
        """`partial`: only part of the store is looked at, so a chain may begin in its middle."""
        self._partial = partial
        self._waiting = waiting
        self._sessions: dict[tuple[CameraId, str], _Session] = {}
        self._latest: dict[CameraId, str] = {}

    def explain(self, record: Record, head: str) -> None:
        """A record of overwriting or expiry, read before all items."""
        for run in record.removed:
            self._session(record.camera, run.session).removed.append(run)
        if record.kind == "overwritten":
            self._session(record.camera, record.session).known[record.sequence] = head

    def explained(self, camera: CameraId, session: str, sequence: int) -> bool:
        """Whether a record says what became of this item."""
        removed = self._session(camera, session).removed
        return any(run.first <= sequence <= run.last for run in removed)

    def removal(self, camera: CameraId, session: str, sequence: int) -> Removed | None:
        """The run of removed items that this one belongs to."""
        state = self._sessions.get((camera, session))
        removed = state.removed if state else []
        return next((run for run in removed if run.first <= sequence <= run.last), None)

    def promise(self, camera: CameraId, session: str, sequence: int) -> str:
        """The head that a manifest or an `overwritten` record names for an item still ahead."""
        state = self._sessions.get((camera, session))
        return state.known.get(sequence, "") if state else ""

    def promised(self, camera: CameraId, session: str, sequence: int, head: str) -> None:
        """A manifest names this item."""
        self._session(camera, session).known[sequence] = head

    def add_day(
        self, items: Iterable[Item], unplaced: Iterable[tuple[Micros, Micros]]
    ) -> Iterator[Finding]:
        """All items of one camera's day; `unplaced` are the times of objects that cannot be placed
        and are reported as such, so that their holes are not reported again."""
        times = list(unplaced)
        sessions: dict[str, list[Item]] = {}
        for item in sorted(items, key=lambda item: item.first):
            sessions.setdefault(item.session, []).append(item)
        for group in sessions.values():
            for item in sorted(group, key=lambda item: item.sequence):
                yield from self._add(item, times)

    def _add(self, item: Item, unplaced: list[tuple[Micros, Micros]]) -> Iterator[Finding]:
        state = self._session(item.camera, item.session)
        if item.kind == "overwritten":
            return
        last = state.last
        if last is None:
            yield from self._begin(item)
            if item.sequence > 0 and not self._partial:
                yield from self._join(item, state, -1, "", item.first, unplaced)
        elif item.sequence == last.sequence:
            yield Finding(verdict="duplicated", name=item.name, meaning="twice")
            return
        elif item.sequence < last.sequence:
            yield Finding(verdict="reordered", name=item.name, meaning="order")
            return
        else:
            yield from self._join(item, state, last.sequence, last.head, last.last, unplaced)
        state.last = item
        state.known = {n: head for n, head in state.known.items() if n > item.sequence}

    def _begin(self, item: Item) -> Iterator[Finding]:
        """A session begins; the one before it must have ended for a stated reason."""
        before = self._latest.get(item.camera)
        self._latest[item.camera] = item.session
        if before is None or before == item.session or item.kind == "gap":
            return
        last = self._session(item.camera, before).last
        if last is None or last.kind == "closed" or last.recovered:
            return
        end = max(last.last, item.first)
        waits = self._waiting(item.camera, last.last, end)
        yield Finding(
            verdict="not_yet_uploaded" if waits else "missing",
            name=f"after {last.name}",
            meaning=waits or "no_end",
            first=last.last,
            last=end,
        )

    def _join(
        self,
        item: Item,
        state: _Session,
        sequence: int,
        head: str,
        since: Micros,
        unplaced: list[tuple[Micros, Micros]],
    ) -> Iterator[Finding]:
        """Go from the item numbered `sequence` with `head` to `item`, over what is explained."""
        missing = 0
        unknown = sequence >= 0 and not head
        while sequence + 1 < item.sequence:
            step = sequence + 1
            run = next((r for r in state.removed if r.first <= step <= r.last), None)
            if run is not None:
                sequence, head, unknown = min(run.last, item.sequence - 1), run.head, False
            elif step in state.known:
                sequence, head, unknown = step, state.known[step], False
            else:
                ahead = [r.first for r in state.removed] + list(state.known) + [item.sequence]
                following = min(number for number in ahead if number > step)
                missing += following - step
                sequence, unknown = following - 1, True
        missing -= sum(since <= last and first <= item.first for first, last in unplaced)
        if missing > 0:
            start = min(since, item.first)
            waits = self._waiting(item.camera, start, item.first)
            yield Finding(
                verdict="not_yet_uploaded" if waits else "missing",
                name=f"before {item.name}",
                meaning=waits or "hole",
                first=start,
                last=item.first,
                count=missing,
            )
        # A recovered trailer may not know its predecessor; its sequence number still holds.
        loose = unknown or not item.head or (item.recovered and not item.previous)
        if item.previous != head and not loose:
            yield Finding(verdict="foreign", name=item.name, meaning="link")

    def _session(self, camera: CameraId, session: str) -> _Session:
        return self._sessions.setdefault((camera, session), _Session())

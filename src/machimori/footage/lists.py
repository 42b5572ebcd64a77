# SPDX-License-Identifier: AGPL-3.0-or-later
"""When the lists of anchored heads go: with the last footage of their day.

A list names cameras and digests of footage; once nothing of its day can be read any more, it says
nothing that is still of use. A case that holds footage of the day keeps the lists of its time.
"""

from collections.abc import Iterable

from machimori.footage.anchors import HORIZON, heads_prefix, parse_heads_name
from machimori.footage.holds import Holds, PlacedHold
from machimori.footage.pace import Pace
from machimori.footage.store import Store
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CaseId
from machimori.kernel.instants import Micros


def remove_lists(
    store: Store, day: str, *, holds: Holds, placed: Iterable[PlacedHold], pace: Pace
) -> int:
    """Remove a day's lists if all its footage has expired; how many went.

    Only for a day of which no key lives. 1. Nothing goes while a segment is stored, or without an
    `expired` record of the day, by which a check knows why the lists are not there; 2. what a hold
    is owed is copied to its case; 3. then the list is removed. Each may be the last before a
    crash: the next call does the rest. Raises what the stores raise.
    """
    expired = False
    for stored in store.list(f"{day}/"):
        if stored.name.endswith(".seg"):
            return 0
        expired = expired or stored.name.endswith(".expired.rec")
    if not expired:
        return 0
    wanted = [(hold.statement.case, hold.statement.start, hold.statement.end) for hold in placed]
    count = 0
    for stored in list(store.list(heads_prefix(day))):
        try:
            name = parse_heads_name(stored.name)
        except MalformedError:
            continue  # not ours; `footage check` reports it
        for case in _owed(name.at, wanted):
            holds.copy(case, stored.name)
        pace.spend()
        store.delete(stored.name)
        count += 1
    return count


def _owed(at: Micros, wanted: Iterable[tuple[CaseId, Micros, Micros]]) -> set[CaseId]:
    return {case for case, start, end in wanted if start <= at <= end + HORIZON}

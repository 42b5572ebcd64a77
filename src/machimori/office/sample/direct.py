# SPDX-License-Identifier: AGPL-3.0-or-later
"""Direct acquisitions in every state in which one can wait, and what came of comparing them."""

from collections.abc import Iterator
from typing import Any, Final

from machimori.office.direct.agreements import agreements
from machimori.office.direct.history import File, file_of
from machimori.office.direct.states import State
from machimori.office.direct.testing import Fetching
from machimori.office.jobs.testing import work_off
from machimori.office.police.testing import Station
from machimori.office.rules.access import in_force
from machimori.office.sample.desk import SampleDesk
from machimori.office.sample.diary import Story
from machimori.office.shared.errors import ActionError

_AGO: Final[dict[State, int]] = {
    "requested": 1,
    "acquired": 1,
    "awaiting_reconciliation": 2,
    "matched": 3,
    "unmatched": 3,
    "remedied": 4,
    "closed": 6,
    "not_acquired": 5,
    "withdrawn": 4,
}
"""How many days ago something was asked for that is in this state now. None is `acquiring`: whoever
starts the demo starts the worker that acquires it."""
_MATTERS: Final = ("愛敬通りの傷害", "飲食店での無銭飲食", "客引き", "路上での器物損壊")


def stories(desk: SampleDesk, station: Station) -> Iterator[Story]:
    """One acquisition in every state, by the station's own terminal; none under rules without an
    agreement."""
    if not agreements(in_force(desk.cast.scheme, desk.days.today)):
        return
    for number, state in enumerate(_AGO):
        yield _story(desk, station, number, state)


def _story(desk: SampleDesk, station: Station, number: int, state: State) -> Story:
    ago = _AGO[state]
    yield desk.days.at(ago, 10, 5 + number)
    fetching = Fetching(desk=desk, station=station, terminal=desk.lent())
    wanted = _wanted(desk, number, ago)
    if state == "not_acquired":
        # At noon nothing was recorded.
        wanted |= {"first_time": "12:00", "last_time": "12:10"}
    file = fetching.asked(**wanted)
    yield from _moved(fetching, desk, file, wanted, state, ago, number)
    found = file_of(file.case)
    if found.state != state:
        raise ActionError(f"an acquisition of the demo is {found.state} and not {state}")


def _moved(
    fetching: Fetching,
    desk: SampleDesk,
    file: File,
    wanted: dict[str, Any],
    state: State,
    ago: int,
    number: int,
) -> Story:
    if state == "requested":
        return
    yield desk.days.at(ago, 10, 20 + number)
    if state == "withdrawn":
        fetching.post(file, "withdraw", fetching.operator, reason="ほかの方法で分かったため")
        return
    fetching.sign(file)
    work_off(file.case.pk)
    if state in ("acquired", "not_acquired"):
        return
    yield desk.days.at(ago, 10, 40 + number)
    taken = file_of(file.case).latest("acquired")
    digest = taken.data["digest"][:8] if taken else ""
    fetching.post(file, "saved", fetching.operator, digest=digest)
    if state == "awaiting_reconciliation":
        return
    yield desk.days.at(ago - 1, 9, 30 + number)
    told = wanted if state in ("matched", "closed") else wanted | {"reference": "刑一第999号"}
    fetching.post(file, "compare", desk.manager, **told)
    if state == "remedied":
        done = "署の記録の書き間違いで、訂正を受けた。"
        fetching.post(file, "remedy", desk.manager, done=done)
    elif state == "closed":
        fetching.post(file, "close", desk.manager)


def _wanted(desk: SampleDesk, number: int, ago: int) -> dict[str, Any]:
    return desk.asked(ago + 1) | {
        "reference": f"刑一第{201 + number}号",
        "ground": desk.town.ground,
        "purpose": f"{_MATTERS[number % len(_MATTERS)]}の捜査",
    }

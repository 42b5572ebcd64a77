# SPDX-License-Identifier: AGPL-3.0-or-later
"""Emergency extractions of a police station in every state (旭川3(5))."""

from collections.abc import Iterator
from typing import Any, Final

from django.urls import reverse

from machimori.office.jobs.testing import work_off
from machimori.office.police.history import File, file_of
from machimori.office.police.states import State
from machimori.office.police.testing import Station
from machimori.office.rules.access import in_force
from machimori.office.sample.desk import SampleDesk
from machimori.office.sample.diary import Story
from machimori.office.shared.errors import ActionError

_AGO: Final[dict[State, int]] = {
    "written": 1,
    "ordered": 1,
    "extracted": 2,
    "awaiting_request": 2,
    "under_review": 3,
    "accepted": 4,
    "excess_found": 5,
    "rejected": 6,
    "erasure_reported": 7,
    "closed": 8,
    "withdrawn": 3,
}
"""How many days ago an order was given that is in this state now. None is `taking`: whoever starts
the demo starts the worker that takes it out."""
_MATTERS: Final = ("コンビニエンスストアの強盗", "路上での傷害", "ひったくり", "放火の疑い")


def station_of(desk: SampleDesk) -> Station:
    """The scheme's police, to whom the city lends a computer."""
    made = Station(
        desk=desk,
        name=desk.town.station,
        chief=desk.people["police_image_manager"],
        operator=desk.people["police_operator"],
    )
    made.lend()
    return made


def stories(desk: SampleDesk, station: Station) -> Iterator[Story]:
    """One extraction in every state, where the rules allow it."""
    if not in_force(desk.cast.scheme, desk.days.today).flag("emergency.allowed"):
        return
    for number, state in enumerate(_AGO):
        yield _story(station, desk, number, state)


def _story(station: Station, desk: SampleDesk, number: int, state: State) -> Story:
    ago = _AGO[state]
    yield desk.days.at(ago, 22, 5 + number)
    file = station.written(
        **desk.asked(ago)
        | {
            "matter": _MATTERS[number % len(_MATTERS)],
            "reference": f"旭中刑第{45 + number}号",
        }
    )
    yield desk.days.at(ago, 22, 25 + number)
    if state == "withdrawn":
        station.post(file, "withdraw", station.operator, reason="犯人が見つかったため")
    elif state != "written":
        station.sign(file)
        if state != "ordered":
            yield desk.days.at(ago, 22, 45)
            yield from _taken(station, desk, file, state, ago)
    found = file_of(file.extraction)
    if found.state != state:
        raise ActionError(f"an extraction of the demo is {found.state} and not {state}")


def _taken(station: Station, desk: SampleDesk, file: File, state: State, ago: int) -> Story:
    terminal = desk.lent()
    browser = station.at(terminal, station.operator)
    browser.post(reverse("police:extract", args=[file.extraction.pk]))
    work_off(file.extraction.pk)
    if state == "extracted":
        return
    package: Any = browser.get(reverse("police:download", args=[file.extraction.pk]))
    for _part in package.streaming_content:
        pass  # as a browser does that saves it
    taken = file_of(file.extraction).latest("extracted")
    digest = taken.data["digest"][:8] if taken else ""
    station.post(file, "saved", station.operator, digest=digest)
    if state == "awaiting_request":
        return
    yield desk.days.at(ago - 1, 9)
    station.post(
        file, "request", station.chief, document="旭中刑第46号", late_because="当直が続いたため"
    )
    if state == "under_review":
        return
    yield desk.days.at(ago - 1, 11)
    verdict = state if state in ("accepted", "excess_found", "rejected") else "accepted"
    remarks = "" if verdict == "accepted" else "必要な範囲より長く取り出しています。"
    station.post(file, "judge", desk.manager, verdict=verdict, remarks=remarks)
    if verdict == state:
        return
    yield desk.days.at(ago - 2, 11)
    on = f"{desk.days.day(ago - 2):%Y-%m-%d}"
    station.post(file, "erased", station.operator, on=on, means="上書きして消した")
    if state == "erasure_reported":
        return
    yield desk.days.at(ago - 3, 11)
    station.post(file, "confirm", desk.manager, note="端末を見て確かめた")

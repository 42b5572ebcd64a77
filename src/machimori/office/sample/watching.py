# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shifts of a guard in the room that the rules name (堺 7): begun, a notice, ended."""

from collections.abc import Iterator
from typing import Final

from django.urls import reverse

from machimori.office.rules.access import in_force
from machimori.office.sample.desk import SampleDesk
from machimori.office.sample.diary import Story
from machimori.office.shared.errors import ActionError
from machimori.office.watching.access import at_terminal
from machimori.office.watching.testing import Room

_AGO: Final = (3, 2, 1)
"""On which days somebody watched from half past eight to a quarter past five."""


def stories(desk: SampleDesk) -> Iterator[Story]:
    """Past shifts, where the rules name a room and somebody was reported for it."""
    rooms = in_force(desk.cast.scheme, desk.days.today).names("live.places")
    if rooms and "guard" in desk.people:
        yield _story(desk, rooms[0])


def _story(desk: SampleDesk, place: str) -> Story:
    yield desk.days.at(_AGO[0], 8, 20)
    room, guard = Room.of(desk, place=place), desk.people["guard"]
    for ago in _AGO:
        yield desk.days.at(ago, 8, 30)
        room.browser(guard).post(reverse("watching:begin"))
        file = at_terminal(room.terminal)
        if file is None:
            raise ActionError("nobody watches in the demo", where=desk.last.refused())
        args = [file.shift.pk]
        if ago == _AGO[1]:
            yield desk.days.at(ago, 11, 12)
            typed = {
                "camera": desk.town.cameras[0].id,
                "told": "管理責任者",
                "what": "落とし物があった",
            }
            room.browser(guard).post(reverse("watching:notice", args=args), typed)
        yield desk.days.at(ago, 17, 15)
        room.browser(guard).post(reverse("watching:end", args=args))

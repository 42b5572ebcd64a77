# SPDX-License-Identifier: AGPL-3.0-or-later
"""A room in which somebody watches, for tests: terminal, guards on the contractor's list, grant."""

import datetime as dt
from dataclasses import dataclass

from django.test import Client
from django.urls import reverse

from machimori.kernel.ids import CameraId
from machimori.office.people.acting import current
from machimori.office.people.models import Appointment, Person
from machimori.office.personnel.models import Duty
from machimori.office.provision.testing import Desk
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.terminals.models import Terminal
from machimori.vault.client.statements import LiveView
from machimori.vault.client.testing import EVER, FAR


@dataclass(frozen=True, kw_only=True)
class Room:
    """本館1階警備員室 with its terminal."""

    desk: Desk
    terminal: Terminal

    @classmethod
    def of(cls, desk: Desk, *, place: str = "guard_room", number: str = "監1") -> "Room":
        """A terminal with its key at this place, entered by the manager."""
        typed = {"number": number, "serial": "SN-1", "place": place, "storage": "施錠した机"}
        desk.browser().post(reverse("terminals:new"), typed)
        made = Terminal.objects.get(scheme=desk.cast.scheme, number=number)
        desk.browser().post(reverse("terminals:key_demo", args=[made.pk]))
        return cls(desk=desk, terminal=made)

    def guard(self, *, place: str | None = "guard_room") -> Person:
        """A guard with a key; `place` is where the contractor reported that they serve."""
        person = self.desk.cast.person("guard")
        self.desk.give_key(person)
        if place is not None:
            held = Appointment.objects.get(current(self.desk.cast.now), person=person)
            Duty.objects.create(
                appointment=held,
                place=place,
                company="堺警備",
                reported_on=self.desk.cast.now.date() - dt.timedelta(days=1),
                at=self.desk.cast.now,
                by=self.desk.manager,
            )
        return person

    def browser(self, person: Person) -> Client:
        """A browser of this person at the room's terminal."""
        browser = self.desk.browser(person)
        browser.post(reverse("terminals:arrive_demo"), {"terminal": self.terminal.pk})
        return browser


def allow(desk: EngineDesk, *cameras: str) -> None:
    """The vault's officers say that these cameras may be watched."""
    desk.vault.submit(
        LiveView(
            scheme=desk.cast.scheme.scheme_id,
            cameras=tuple(map(CameraId, sorted(cameras))),
            valid_from=EVER,
            valid_until=FAR,
        )
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The desk of one scheme of the demo: who works there, and what they type."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.test import Client
from django.urls import reverse

from machimori.office.people.models import Person
from machimori.office.provision.history import File, file_of
from machimori.office.provision.models import Case
from machimori.office.provision.testing import TYPED, Desk
from machimori.office.rules.access import in_force
from machimori.office.sample.browser import LastAnswer
from machimori.office.sample.diary import Days
from machimori.office.sample.towns import FILMED, MINUTES, Town
from machimori.office.shared.posts import Post
from machimori.office.terminals.models import Terminal

_MATTERS: Final = (
    "駐輪場で自転車が盗まれた",
    "店の看板が壊された",
    "交差点で車どうしがぶつかった",
    "高齢の方の行方が分からない",
    "路上で財布を取られた",
    "夜中に落書きをされた",
    "バイクのひき逃げがあった",
    "車の窓が割られた",
)
_OFFICERS: Final = ("山田 太郎", "森 健一", "西田 香", "岡本 隆")


@dataclass(frozen=True, kw_only=True)
class SampleDesk(Desk):
    """People at work in one scheme of the demo."""

    town: Town
    people: Mapping[Post, Person]
    days: Days
    last: LastAnswer

    def clerk(self) -> Person:
        """Who takes in and copies here, who is not the manager."""
        for post in ("handling_supervisor", "operator"):
            if post in self.people:
                return self.people[post]
        return self.manager

    def asked(self, ago: int) -> dict[str, Any]:
        """What is typed to ask for the footage of that evening."""
        day = f"{self.days.day(ago):%Y-%m-%d}"
        return {
            "cameras": [self.town.cameras[0].id],
            "first_day": day,
            "first_time": f"{FILMED}:00",
            "last_day": day,
            "last_time": f"{FILMED}:{MINUTES:02}",
        }

    def application(self, number: int, ago: int) -> dict[str, Any]:
        """What the police ask for, in the `number`th case, about the evening before."""
        day = self.days.day(ago)
        paper = {
            "document": self.town.document,
            "document_number": f"刑第{120 + number}号" if self.town.document else "",
            "document_day": f"{day:%Y-%m-%d}" if self.town.document else "",
        }
        return (
            TYPED
            | self.asked(ago + 1)
            | paper
            | {
                "ground": self.town.ground,
                "body": self.town.police,
                "name": _OFFICERS[number % len(_OFFICERS)],
                "identity_by": self.clerk().name,
                "case": _MATTERS[number % len(_MATTERS)],
                "place": self.town.cameras[0].place,
            }
        )

    def checks(self, file: File) -> list[str]:
        """Everything that is to be checked under the case's ground."""
        return list(file.ground.checks) if file.ground else []

    def now(self, file: File) -> File:
        """The case as it is now."""
        return file_of(Case.objects.get(pk=file.case.pk))

    def terminal(self) -> Terminal:
        """The scheme's dedicated computer, registered by the manager with a key at first need."""
        found = Terminal.objects.filter(scheme=self.cast.scheme, lent_to="").first()
        if found is None:
            rules = in_force(self.cast.scheme, self.days.today)
            places = rules.names("terminals.places") or rules.members("places") or ("",)
            typed = {
                "number": "1号",
                "serial": f"SN-{self.town.id}-1",
                "place": places[0],
                "storage": "施錠できる保管庫",
            }
            self.browser().post(reverse("terminals:new"), typed)
            found = Terminal.objects.get(scheme=self.cast.scheme, lent_to="")
            self.browser().post(reverse("terminals:key_demo", args=[found.pk]))
        return found

    def at_terminal(self, person: Person) -> Client:
        """A browser of this person at the dedicated computer."""
        browser = self.browser(person)
        browser.post(reverse("terminals:arrive_demo"), {"terminal": self.terminal().pk})
        return browser

    def lent(self) -> Terminal:
        """The computer that is lent to the police. Raises Terminal.DoesNotExist."""
        return Terminal.objects.exclude(lent_to="").get(scheme=self.cast.scheme)

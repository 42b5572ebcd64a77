# SPDX-License-Identifier: AGPL-3.0-or-later
"""A city's desk for tests: a started scheme with cameras, people with keys, what is typed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse

from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId, OfficerId
from machimori.ledger.entry import Entry
from machimori.office.cameras import actions as cameras
from machimori.office.custody.models import Letter
from machimori.office.people.founding import give_demo_key
from machimori.office.people.models import Person
from machimori.office.people.softkey import SoftwareKey
from machimori.office.people.testing import Cast
from machimori.office.provision.history import File, file_of
from machimori.office.provision.models import Case
from machimori.office.rules import access as rules_access
from machimori.office.rules import actions as rules_actions
from machimori.office.shared.config import config

TYPED: dict[str, Any] = {
    "channel": "counter",
    "ground": "investigation",
    "body": "中央警察署 刑事課",
    "name": "山田 太郎",
    "contact": "内線 2345",
    "identity_means": "警察手帳",
    "identity_by": "佐藤 花子",
    "case": "5月10日夜の自転車盗",
    "purpose": "捜査",
    "place": "駅前広場",
    "cameras": ["cam-1", "cam-2"],
    "first_day": "令和8年5月10日",
    "first_time": "21:00",
    "last_day": "令和8年5月10日",
    "last_time": "22:00",
    "uses": ["view", "copy"],
    "said": ["form_filed"],
    "document": "investigative_inquiry",
    "document_number": "中刑第123号",
    "document_day": "令和8年5月13日",
}
PART: dict[str, Any] = {
    "cameras": ["cam-1"],
    "first_day": "2026-05-10",
    "first_time": "21:00",
    "last_day": "2026-05-10",
    "last_time": "21:30",
}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """People at work in one scheme."""

    cast: Cast
    manager: Person
    drafting: dict[str, Any] = field(default_factory=dict)
    """What is typed with every draft, beyond the checks."""

    @classmethod
    def of(
        cls,
        clock: Clock,
        *,
        profile: str = "sakai",
        started: bool = True,
        names: Sequence[str] = ("cam-1", "cam-2"),
        called: Mapping[str, str] | None = None,
        place: str = "駅前",
        scheme: str = "街頭防犯カメラ",
    ) -> "Desk":
        """A new scheme under these rules with a manager, their key, and cameras: `names` are their
        ids, `called` is what people call them, `place` where they all stand."""
        cast = Cast.of(clock, profile=profile, name=scheme)
        desk = cls(cast=cast, manager=cast.person("system_manager"))
        if started:
            acting = cast.acting(desk.manager)
            today = rules_access.today(acting)
            act = rules_actions.Act(number="総第1号", adopted_on=today, effective_from=today)
            rules_actions.adopt_recommended(act=act, acting=acting)
            rules_actions.start(today, acting=acting)
        desk.give_key(desk.manager)
        for name in names:
            said = cameras.Particulars(
                name=(called or {}).get(name, f"カメラ{name}"),
                place=place,
                retention_class="street",
                identifies=True,
            )
            cameras.register(CameraId(name), said, acting=cast.acting(desk.manager))
        return desk

    def browser(self, person: Person | None = None) -> Client:
        """A browser of this person, or the manager's."""
        return self.cast.browser(person or self.manager)

    def give_key(self, person: Person) -> None:
        """Register a software key for this person."""
        give_demo_key(person, at=self.cast.now, disk=Disk())

    def key(self, person: Person) -> SoftwareKey:
        """The software key of this person."""
        office = config()
        return SoftwareKey.load(
            office.demo_keys, OfficerId(person.officer), origin=office.origin, host=office.host
        )

    def take_in(self, **typed: Any) -> File:
        """Through the page; the new case."""
        known = set(Case.objects.values_list("pk", flat=True))
        answer = self.browser().post(reverse("provision:intake"), without_empty(TYPED | typed))
        assert answer.status_code == 302, answer.content.decode()
        return file_of(Case.objects.exclude(pk__in=known).get())

    def act(self, file: File, route: str, person: Person | None = None, **typed: Any) -> None:
        """Send this, on the way to a state that says whether it was accepted: the page to which
        it leads costs as much as the act."""
        address = reverse(f"provision:{route}", args=[file.case.pk])
        self.browser(person).post(address, without_empty(typed))

    def post(self, file: File, route: str, person: Person | None = None, **typed: Any) -> str:
        """What the page says after this was sent; the case's page if it was accepted."""
        address = reverse(f"provision:{route}", args=[file.case.pk])
        answer = self.browser(person).post(address, without_empty(typed), follow=True)
        return answer.content.decode()

    def drafted(self, **typed: Any) -> File:
        """A case that waits for signatures."""
        file = self.take_in(**typed)
        self.act(file, "draft", checks=["within_retention", "identifiable"], **self.drafting)
        return self.again(file, "under_decision")

    def sign(self, file: File, person: Person | None = None) -> dict[str, Any]:
        """Through the page's own ceremony, with the person's software key."""
        return self._signed(file, person or self.manager, "options", "sign")

    def endorse(self, file: File, person: Person | None = None, note: str = "") -> dict[str, Any]:
        """後閲 with the manager's key, through the page's own ceremony."""
        signer = person or self.manager
        return self._signed(file, signer, "review_options", "review_sign", note=note)

    def _signed(
        self, file: File, signer: Person, options: str, sign: str, **more: str
    ) -> dict[str, Any]:
        browser, args = self.browser(signer), [file.case.pk]
        asked = browser.post(reverse(f"provision:{options}", args=args)).json()
        found = browser.post(
            reverse(f"provision:{sign}", args=args),
            json.dumps(self.key(signer).sign_in(asked) | more),
            content_type="application/json",
        ).json()
        assert isinstance(found, dict)
        return found

    def sign_letter(self, letter: Letter, person: Person | None = None) -> dict[str, Any]:
        """A statement for the vault, on its page, with the person's software key."""
        signer = person or self.manager
        browser, args = self.browser(signer), [letter.digest]
        asked = browser.post(reverse("custody:options", args=args)).json()
        found = browser.post(
            reverse("custody:sign", args=args),
            json.dumps(self.key(signer).sign_in(asked)),
            content_type="application/json",
        ).json()
        assert isinstance(found, dict)
        return found

    def approved(self, **typed: Any) -> File:
        """A case that the manager has approved."""
        file = self.drafted(**typed)
        assert "location" in self.sign(file)
        return self.again(file, "approved")

    def again(self, file: File, state: str) -> File:
        """The case as it is now, which is in this state."""
        found = file_of(Case.objects.get(pk=file.case.pk))
        assert found.state == state
        return found

    def page(self, file: File, person: Person | None = None) -> str:
        """The case's page as this person, or the manager, sees it."""
        return self.read(file, "case", person)

    def read(self, file: File, route: str, person: Person | None = None) -> str:
        """A page about the case."""
        address = reverse(f"provision:{route}", args=[file.case.pk])
        return self.browser(person).get(address).content.decode()


def without_empty(typed: dict[str, Any]) -> dict[str, Any]:
    """What a browser sends: nothing for what is empty."""
    return {name: value for name, value in typed.items() if value not in (None, "", [])}


def recorded() -> list[Entry]:
    """What this transaction has put before the ledger's sequencer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM ledger.pending ORDER BY seq")
        return [Entry.decode(bytes(row[0])) for row in cursor.fetchall()]

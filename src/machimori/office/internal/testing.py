# SPDX-License-Identifier: AGPL-3.0-or-later
"""Internal use through the pages, for tests: drafted, permitted, opened."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from machimori.office.internal.history import File, file_of
from machimori.office.internal.models import Use
from machimori.office.people.models import Person
from machimori.office.provision.testing import PART, Desk, without_empty
from machimori.office.terminals.models import Terminal

WANTED: dict[str, Any] = PART | {
    "within": "yes",
    "need": "映像が乱れるという連絡があり、画質を確かめるため",
    "uses": ["view"],
}


@dataclass(frozen=True, kw_only=True)
class Users:
    """Somebody who uses footage under a desk's scheme."""

    desk: Desk
    person: Person
    browser: Client
    """Of this person, at a terminal where one was registered."""

    @classmethod
    def of(cls, desk: Desk, *, terminal_place: str = "") -> "Users":
        """An operator; with `terminal_place` at a registered terminal that stands there."""
        person = desk.cast.person("operator")
        made = cls(desk=desk, person=person, browser=desk.browser(person))
        if terminal_place:
            known = {"number": "1号", "place": terminal_place, "storage": "金庫", "serial": "SN-1"}
            desk.browser().post(reverse("terminals:new"), known)
            terminal = Terminal.objects.filter(scheme=desk.cast.scheme).latest("pk")
            desk.browser().post(reverse("terminals:key_demo", args=[terminal.pk]))
            made.browser.post(reverse("terminals:arrive_demo"), {"terminal": terminal.pk})
        return made

    def draft(self, **typed: Any) -> str:
        """What the page says after it was drafted."""
        sent = without_empty(WANTED | typed)
        answer = self.browser.post(reverse("internal:draft"), sent, follow=True)
        return answer.content.decode()

    def drafted(self, **typed: Any) -> File:
        """A use that waits for permission."""
        known = set(Use.objects.values_list("pk", flat=True))
        page = self.draft(**typed)
        made = Use.objects.exclude(pk__in=known).first()
        assert made is not None, page
        return file_of(made)

    def sign(self, file: File, person: Person | None = None) -> dict[str, Any]:
        """Through the page's ceremony, with the manager's software key or this person's."""
        signer, args = person or self.desk.manager, [file.use.pk]
        browser = self.desk.browser(signer)
        asked = browser.post(reverse("internal:options", args=args)).json()
        found = browser.post(
            reverse("internal:sign", args=args),
            json.dumps(self.desk.key(signer).sign_in(asked)),
            content_type="application/json",
        ).json()
        assert isinstance(found, dict)
        return found

    def permitted(self, **typed: Any) -> File:
        """A use that the manager has permitted."""
        file = self.drafted(**typed)
        assert "location" in self.sign(file)
        return self.again(file, "permitted")

    def send(self, file: File, route: str, by: Client | None = None, /, **typed: Any) -> str:
        """What the page says after this was sent."""
        address = reverse(f"internal:{route}", args=[file.use.pk])
        sent = without_empty(typed)
        return (by or self.browser).post(address, sent, follow=True).content.decode()

    def read(self, file: File, browser: Client | None = None) -> str:
        """The use's page."""
        address = reverse("internal:use", args=[file.use.pk])
        return (browser or self.browser).get(address).content.decode()

    def again(self, file: File, state: str) -> File:
        """The use as it is now, which is in this state."""
        found = file_of(Use.objects.get(pk=file.use.pk))
        assert found.state == state
        return found

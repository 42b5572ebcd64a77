# SPDX-License-Identifier: AGPL-3.0-or-later
"""A police station for tests: its chief and operator with keys, and what they do through pages."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from machimori.kernel.ids import OfficerId
from machimori.kernel.instants import TOKYO
from machimori.office.people.keys import officer_key
from machimori.office.people.models import Person
from machimori.office.police.history import File, file_of
from machimori.office.police.models import Extraction
from machimori.office.provision.testing import Desk, without_empty
from machimori.office.provision.testing_engine import RETENTION_CLASS, EngineDesk
from machimori.office.rules.access import in_force
from machimori.office.terminals.models import Terminal
from machimori.vault.client.statements import Appointment
from machimori.vault.client.testing import EVER, FAR, rules

ORDER: dict[str, Any] = {
    "cause": "crime",
    "reference": "中央刑第45号",
    "matter": "コンビニエンスストアの強盗",
    "urgency": "犯人が逃げているため",
    "cameras": ["cam-1"],
    "first_day": "2026-05-17",
    "first_time": "01:30",
    "last_day": "2026-05-17",
    "last_time": "02:00",
}


@dataclass(frozen=True, kw_only=True)
class Station:
    """People of one station under a desk's scheme."""

    desk: Desk
    name: str
    chief: Person
    operator: Person

    @classmethod
    def of(cls, desk: Desk, name: str = "中央警察署") -> "Station":
        """A station whose people are appointed, have keys, and are entered by the manager."""
        made = cls(
            desk=desk,
            name=name,
            chief=desk.cast.person("police_image_manager"),
            operator=desk.cast.person("police_operator"),
        )
        for person in (made.chief, made.operator):
            desk.give_key(person)
            typed = {"person": person.pk, "station": name}
            assert desk.browser().post(reverse("police:assign"), typed).status_code == 302
        return made

    def lend(self, number: str = "警1") -> Terminal:
        """A terminal of the city, lent to the station, with its key."""
        typed = {
            "number": number,
            "serial": f"SN-{number}",
            "place": "police",
            "storage": "当直室の金庫",
            "lent_to": self.name,
        }
        self.desk.browser().post(reverse("terminals:new"), typed)
        made = Terminal.objects.get(scheme=self.desk.cast.scheme, number=number)
        self.desk.browser().post(reverse("terminals:key_demo", args=[made.pk]))
        return made

    def trusted(self, engine: EngineDesk) -> None:
        """The vault learns who the chief is, and that their signature alone opens in an
        emergency."""
        engine.vault.submit(
            Appointment(
                officer=OfficerId(self.chief.officer),
                keys=tuple(officer_key(one) for one in self.chief.credentials.all()),
                posts=("police-image-manager",),
                valid_from=EVER,
                valid_until=FAR,
            )
        )
        profile = in_force(engine.cast.scheme, engine.day)
        engine.vault.submit(
            rules(
                engine.cast.scheme.pk,
                {RETENTION_CLASS: profile.retention()},
                signers=1,
                version=2,
                effective_from=engine.start,
                max_openings=profile.number("signing.openings") or 1,
                sole_signers={"emergency": ("police-image-manager",)},
            )
        )

    def at(self, terminal: Terminal, person: Person) -> Client:
        """A browser of this person at the terminal."""
        browser = self.desk.browser(person)
        browser.post(reverse("terminals:arrive_demo"), {"terminal": terminal.pk})
        return browser

    def write(self, **typed: Any) -> str:
        """What the page says after the operator has written an order."""
        now = self.desk.cast.now.astimezone(TOKYO)
        sent = ORDER | {
            "chief": self.chief.pk,
            "ordered_day": f"{now:%Y-%m-%d}",
            "ordered_time": f"{now:%H:%M}",
        }
        browser = self.desk.browser(self.operator)
        answer = browser.post(reverse("police:order"), without_empty(sent | typed), follow=True)
        return answer.content.decode()

    def written(self, **typed: Any) -> File:
        """An order that waits for the chief's key."""
        known = set(Extraction.objects.values_list("pk", flat=True))
        page = self.write(**typed)
        found = Extraction.objects.exclude(pk__in=known).first()
        assert found is not None, page
        return file_of(found)

    def sign(self, file: File, person: Person | None = None) -> dict[str, Any]:
        """Through the page's ceremony, with the person's software key."""
        signer, args = person or self.chief, [file.extraction.pk]
        browser = self.desk.browser(signer)
        asked = browser.post(reverse("police:options", args=args)).json()
        found = browser.post(
            reverse("police:sign", args=args),
            json.dumps(self.desk.key(signer).sign_in(asked)),
            content_type="application/json",
        ).json()
        assert isinstance(found, dict)
        return found

    def ordered(self, **typed: Any) -> File:
        """An order with the chief's signature."""
        file = self.written(**typed)
        assert "location" in self.sign(file)
        return self.again(file, "ordered")

    def post(self, file: File, route: str, person: Person, **typed: Any) -> str:
        """What the page says after this was sent."""
        address = reverse(f"police:{route}", args=[file.extraction.pk])
        answer = self.desk.browser(person).post(address, without_empty(typed), follow=True)
        return answer.content.decode()

    def again(self, file: File, state: str) -> File:
        """The extraction as it is now, which is in this state."""
        found = file_of(Extraction.objects.get(pk=file.extraction.pk))
        assert found.state == state
        return found

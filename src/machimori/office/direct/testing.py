# SPDX-License-Identifier: AGPL-3.0-or-later
"""A station under an agreement for tests: what it asks for, signs, fetches and saves, by pages."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from machimori.kernel.ids import CameraId, OfficerId
from machimori.office.direct.history import File, file_of
from machimori.office.direct.models import Case
from machimori.office.jobs.testing import work_off
from machimori.office.people.keys import officer_key
from machimori.office.people.models import Person
from machimori.office.police.testing import Station
from machimori.office.provision.testing import Desk, without_empty
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.terminals.models import Terminal
from machimori.vault.client.statements import Agreement as VaultAgreement
from machimori.vault.client.statements import Appointment as VaultAppointment
from machimori.vault.client.testing import EVER, FAR

GROUND = "direct-project"
"""What the vault calls 佐賀's agreement: the ground, and the post of its stations' people."""
WANTED: dict[str, Any] = {
    "reference": "刑一第123号",
    "ground": "incident",
    "purpose": "愛敬通りの傷害事件の捜査",
    "cameras": ["cam-1"],
    "first_day": "2026-05-13",
    "first_time": "21:00",
    "last_day": "2026-05-13",
    "last_time": "21:10",
}


@dataclass(frozen=True, kw_only=True)
class Fetching:
    """A station's operator under a desk's scheme whose first camera stands under the agreement."""

    desk: Desk
    station: Station
    terminal: Terminal | None = None
    """The one that the city lent to the station."""

    @classmethod
    def of(cls, desk: Desk, *cameras: str, name: str = "佐賀南警察署") -> "Fetching":
        """The station with its people; the manager marks these cameras on the page."""
        for camera in cameras:
            typed = {"agreement": "project", "reason": "協定により設置した"}
            answer = desk.browser().post(reverse("direct:mark", args=[camera]), typed)
            assert answer.status_code == 302, answer.content.decode()
        station = Station.of(desk, name)
        return cls(desk=desk, station=station, terminal=station.lend(f"警-{name}"))

    @property
    def operator(self) -> Person:
        return self.station.operator

    def browser(self) -> Client:
        """The operator's, at the station's terminal."""
        return self._at(self.operator)

    def _at(self, person: Person) -> Client:
        if self.terminal is None or person == self.desk.manager:
            return self.desk.browser(person)
        return self.station.at(self.terminal, person)

    def ask(self, **typed: Any) -> str:
        """What the page says after the operator has asked for this."""
        sent = without_empty(WANTED | typed)
        return self.browser().post(reverse("direct:new"), sent, follow=True).content.decode()

    def asked(self, **typed: Any) -> File:
        """An acquisition that waits for the operator's key."""
        known = set(Case.objects.values_list("pk", flat=True))
        page = self.ask(**typed)
        found = Case.objects.exclude(pk__in=known).first()
        assert found is not None, page
        return file_of(found)

    def sign(self, file: File, person: Person | None = None) -> dict[str, Any]:
        """Through the page's ceremony, with the person's software key."""
        signer, args = person or self.operator, [file.case.pk]
        browser = self._at(signer)
        asked = browser.post(reverse("direct:options", args=args)).json()
        found = browser.post(
            reverse("direct:sign", args=args),
            json.dumps(self.desk.key(signer).sign_in(asked)),
            content_type="application/json",
        ).json()
        assert isinstance(found, dict)
        return found

    def signed(self, **typed: Any) -> File:
        """An acquisition on which a worker is to act."""
        file = self.asked(**typed)
        assert "location" in self.sign(file)
        return self.again(file, "acquiring")

    def worked(self, file: File, state: str) -> File:
        """The same after a worker has acted."""
        work_off(file.case.pk)
        return self.again(file, state)

    def post(self, file: File, route: str, person: Person, **typed: Any) -> str:
        """What the page says after this was sent."""
        address = reverse(f"direct:{route}", args=[file.case.pk])
        answer = self._at(person).post(address, without_empty(typed), follow=True)
        return answer.content.decode()

    def again(self, file: File, state: str) -> File:
        """The acquisition as it is now, which is in this state."""
        found = file_of(Case.objects.get(pk=file.case.pk))
        assert found.state == state
        return found


def trust(desk: EngineDesk, fetching: Fetching, *cameras: str) -> None:
    """The vault learns the operator and the agreement, as its officers sign them."""
    desk.vault.submit(
        VaultAppointment(
            officer=OfficerId(fetching.operator.officer),
            keys=tuple(officer_key(one) for one in fetching.operator.credentials.all()),
            posts=(GROUND,),
            valid_from=EVER,
            valid_until=FAR,
        )
    )
    desk.vault.submit(
        VaultAgreement(
            scheme=desk.cast.scheme.scheme_id,
            ground=GROUND,
            posts=(GROUND,),
            cameras=tuple(map(CameraId, sorted(cameras))),
            valid_from=EVER,
            valid_until=FAR,
        )
    )

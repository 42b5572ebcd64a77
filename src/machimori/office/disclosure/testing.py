# SPDX-License-Identifier: AGPL-3.0-or-later
"""The window at which requests for disclosure are taken in, for tests: through the pages."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import TOKYO, micros
from machimori.office.disclosure.history import File, file_of
from machimori.office.disclosure.models import Case
from machimori.office.people.models import Person
from machimori.office.provision.testing import Desk, without_empty

ASKED: dict[str, Any] = {
    "received": "令和8年5月14日",
    "name": "山田 花子",
    "address": "堺市堺区南瓦町3-1",
    "contact": "072-000-0000",
    "identity": "運転免許証",
    "identity_by": "佐藤 花子",
    "acting_as": "self",
    "item": "5月10日の夜、1階の出入口で私が写っている画像",
    "cameras": ["cam-1"],
    "first_day": "令和8年5月10日",
    "first_time": "21:00",
    "last_day": "令和8年5月10日",
    "last_time": "22:00",
    "manner": ["閲覧"],
}
FULL: dict[str, Any] = {
    "result": "full",
    "purpose": "庁舎の管理と犯罪の防止",
    "manners": ["閲覧", "写しの交付（窓口）"],
    "places": "開庁日の9時から17時まで　総務課の窓口",
    "fee": "無料",
}
PART: dict[str, Any] = FULL | {
    "result": "partial",
    "withheld": "請求者以外の人の顔と姿",
    "clause": "個情法78条1項2号",
    "reason": "請求者以外の個人を識別できるため。",
}


@dataclass(frozen=True, kw_only=True)
class Window:
    """People at the window of one scheme, and the clock on its wall."""

    desk: Desk
    clock: ManualClock

    def on(self, day: str) -> str:
        """Let it be ten in the morning of this day; the day as it is typed."""
        morning = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(10), tzinfo=TOKYO)
        self.clock.set(micros(morning))
        return day

    def take_in(self, **typed: Any) -> File:
        """Through the page; the new case."""
        known = set(Case.objects.values_list("pk", flat=True))
        answer = self.desk.browser().post(reverse("disclosure:new"), without_empty(ASKED | typed))
        assert answer.status_code == 302, answer.content.decode()
        return file_of(Case.objects.exclude(pk__in=known).get())

    def act(self, file: File, what: str, person: Person | None = None, /, **typed: Any) -> None:
        """Send this, on the way to a state that says whether it was accepted (as `Desk.act`)."""
        address = reverse("disclosure:step", args=[file.case.pk, what])
        self.desk.browser(person).post(address, without_empty(typed))

    def post(self, file: File, what: str, person: Person | None = None, /, **typed: Any) -> str:
        """What the page of this step says after this was sent."""
        address = reverse("disclosure:step", args=[file.case.pk, what])
        answer = self.desk.browser(person).post(address, without_empty(typed), follow=True)
        return answer.content.decode()

    def sign(self, file: File, person: Person | None = None) -> dict[str, Any]:
        """The hold, through the page's own ceremony with the person's software key."""
        signer, args = person or self.desk.manager, [file.case.pk]
        browser = self.desk.browser(signer)
        asked = browser.post(reverse("disclosure:options", args=args)).json()
        found = browser.post(
            reverse("disclosure:sign", args=args),
            json.dumps(self.desk.key(signer).sign_in(asked)),
            content_type="application/json",
        ).json()
        assert isinstance(found, dict)
        return found

    def identified(self, *, others: bool = False, **typed: Any) -> File:
        """A case whose footage was found."""
        file = self.take_in(**typed)
        self.act(file, "accept")
        found = {"kept": "on", "shown": "on", "note": "1階の出入口"}
        self.act(file, "found", **found | ({"others": "on"} if others else {}))
        return self.again(file, "identifying")

    def notified(self, on: str, **typed: Any) -> File:
        """A case that was decided and notified on this day."""
        file = self.identified()
        self.on(on)
        self.act(file, "decide", **FULL | typed, on=on)
        self.act(file, "notify", on=on, document_number="総第7号")
        return file_of(file.case)

    def again(self, file: File, state: str) -> File:
        """The case as it is now, which is in this state."""
        found = file_of(Case.objects.get(pk=file.case.pk))
        assert found.state == state, found.state
        return found

    def page(self, file: File, person: Person | None = None) -> str:
        """The case's page."""
        address = reverse("disclosure:case", args=[file.case.pk])
        return self.desk.browser(person).get(address).content.decode()

    def pdf(self, file: File, kind: str) -> bytes:
        """One of its letters."""
        address = reverse("disclosure:letter", args=[file.case.pk, kind])
        answer = self.desk.browser().get(address)
        assert answer.status_code == 200, kind
        return bytes(answer.content)

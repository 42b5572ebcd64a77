# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pledges through the pages: the paper, the day of the signature, 訂正, what waits for it."""

import datetime as dt

import pytest
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.people import actions
from machimori.office.people.models import Appointment, Person
from machimori.office.people.testing import Cast
from machimori.office.personnel.models import Pledge
from machimori.office.provision.testing import recorded
from machimori.office.rules import actions as rules
from machimori.office.shared.posts import Post

SIGNED = {"signed_on": "令和8年5月14日", "kept_at": "総務課 書庫"}


def page_of(person: Person) -> str:
    return reverse("personnel:pledge", args=[person.pk])


def require_pledge_first(cast: Cast, manager: Person) -> None:
    """The city decides that nobody serves before the pledge."""
    act = rules.Act(number="", adopted_on=cast.now.date(), effective_from=cast.now.date())
    rules.adopt(
        "access.pledge_first", True, reason="市の定め", act=act, acting=cast.acting(manager)
    )


def test_I11_K7_A20_a_pledge_is_printed_signed_recorded_and_kept(office: ManualClock) -> None:
    """誓約書 as PDF from the profile, the day of the signature in 誓約簿 (with CSV), still there
    after the post has ended; the ledger has no name."""
    cast = Cast.of(office)
    manager, person = cast.person("system_manager"), cast.person("operator")
    browser = cast.browser(manager)
    held = Appointment.objects.get(person=person)
    paper = browser.get(reverse("personnel:pledge_paper", args=[held.pk]))
    assert paper.content.startswith(b"%PDF")
    assert person.name in browser.get("/").content.decode()
    assert browser.post(page_of(person), SIGNED).status_code == 302
    entry = recorded()[-1]
    assert entry.type == "pledge.recorded"
    assert entry.subject["officer"] == person.officer
    assert "書庫" not in entry.encode().decode()
    actions.end_appointment(held, acting=cast.acting(manager), until=cast.now)
    office.advance(86_400)
    browser = cast.browser(manager)
    listed = browser.get(reverse("personnel:pledges"), {"q": person.name, "as": "csv"})
    assert "令和8年5月14日" in listed.content.decode("utf-8-sig")
    assert "秘密を守る義務は続きます" in browser.get(page_of(person)).content.decode()


def test_I11_no_duty_before_the_pledge_where_the_city_says_so(office: ManualClock) -> None:
    """Appointed and unsigned, the operator enters no page of the post; signed, they do at once.
    The manager, who records pledges, is never kept out."""
    cast = Cast.of(office)
    manager, person = cast.person("system_manager"), cast.person("operator")
    cases = reverse("provision:cases")
    assert cast.browser(person).get(cases).status_code == 200
    require_pledge_first(cast, manager)
    assert cast.browser(person).get(cases).status_code == 403
    assert cast.browser(manager).get(cases).status_code == 200
    cast.browser(manager).post(page_of(person), SIGNED)
    assert cast.browser(person).get(cases).status_code == 200


def test_a_wrong_record_is_corrected_and_both_are_seen(office: ManualClock) -> None:
    cast = Cast.of(office)
    manager, person = cast.person("system_manager"), cast.person("operator")
    browser = cast.browser(manager)
    browser.post(page_of(person), SIGNED)
    correct = reverse("personnel:pledge_correct", args=[person.pk])
    sent = {"signed_on": "", "kept_at": "－", "reason": "別の人の誓約書だった"}
    assert browser.post(correct, sent).status_code == 302
    text = browser.get(page_of(person)).content.decode()
    assert "別の人の誓約書だった" in text
    assert "総務課 書庫" in text
    assert "署名を記録する" in text
    assert Pledge.objects.filter(person=person).count() == 2


def test_a_day_to_come_is_no_signature(office: ManualClock) -> None:
    cast = Cast.of(office)
    person = cast.person("operator")
    browser = cast.browser(cast.person("system_manager"))
    tomorrow = (cast.now.date() + dt.timedelta(days=1)).isoformat()
    answer = browser.post(page_of(person), SIGNED | {"signed_on": tomorrow})
    assert "これからの日は記録できません" in answer.content.decode()
    assert not Pledge.objects.exists()


@pytest.mark.parametrize("post", ["handling_supervisor", "auditor"])
def test_whoever_reads_does_not_record(office: ManualClock, post: Post) -> None:
    cast = Cast.of(office)
    person = cast.person("operator")
    reader = cast.browser(cast.person(post))
    assert "署名を記録する" not in reader.get(page_of(person)).content.decode()
    reader.post(page_of(person), SIGNED)
    assert not Pledge.objects.exists()


def test_the_police_see_and_record_their_own(office: ManualClock) -> None:
    cast = Cast.of(office, profile="asahikawa")
    own, clerk = cast.person("police_operator"), cast.person("operator")
    chief = cast.browser(cast.person("police_image_manager"))
    assert chief.get(page_of(clerk)).status_code == 404
    assert chief.post(page_of(own), SIGNED).status_code == 302
    assert Pledge.objects.get().person == own

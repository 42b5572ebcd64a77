# SPDX-License-Identifier: AGPL-3.0-or-later
"""委任を終える through the pages: at once or on a day, with a reason, by who gave it alone."""

import json
from typing import Any

import pytest
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import micros
from machimori.ledger.entry import Commitment
from machimori.office.deputies.access import standing_in
from machimori.office.deputies.models import Delegation
from machimori.office.people.models import Person
from machimori.office.provision.testing import Desk, recorded
from machimori.vault.client import statements

DAYS = {"first": "令和8年5月14日", "last": "令和8年5月29日"}
WHY = {"reason": "予定より早く戻った"}


@pytest.fixture
def desk(office: ManualClock) -> Desk:
    return Desk.of(office)


def delegated(desk: Desk, **typed: Any) -> tuple[Person, Delegation]:
    """A deputy with a key, and what the manager signed for them."""
    deputy = desk.cast.person("operator")
    desk.give_key(deputy)
    browser = desk.browser()
    browser.post(reverse("deputies:new"), DAYS | {"deputy": deputy.pk} | typed)
    assert browser.post(reverse("deputies:sign_demo")).status_code == 302
    return deputy, Delegation.objects.get(deputy=deputy)


def end(desk: Desk, one: Delegation, person: Person | None = None, **typed: Any) -> str:
    """What the pages say to this end, with the person's own key."""
    signer = person or desk.manager
    browser = desk.browser(signer)
    page = browser.post(reverse("deputies:end", args=[one.pk]), WHY | typed).content.decode()
    if "次の委任を終えます" not in page:
        return page
    asked = browser.post(reverse("deputies:end_options")).json()
    found = browser.post(
        reverse("deputies:end_sign"),
        json.dumps(desk.key(signer).sign_in(asked)),
        content_type="application/json",
    ).json()
    assert found == {"location": reverse("deputies:list")}, found
    return browser.get(found["location"]).content.decode()


def test_K4_I4_a_delegation_ends_before_its_day_and_its_rights_with_it(desk: Desk) -> None:
    """By who gave it, with a reason, signed: the deputy's next signature is refused, the list says
    when and why, the statement replaces the delegation's, and the ledger has no reason."""
    deputy, one = delegated(desk)
    file = desk.drafted()
    assert (
        desk.browser(deputy).get(reverse("provision:decide", args=[file.case.pk])).status_code < 300
    )
    assert reverse("deputies:end", args=[one.pk]) in listed(desk)
    said = end(desk, one)
    assert "予定より早く戻った" in said
    assert reverse("deputies:end", args=[one.pk]) not in said
    assert "refused" in desk.sign(file, deputy)
    desk.again(file, "under_decision")
    made = one.endings.get()
    envelope = Envelope.decode(bytes(made.envelope))
    stated = statements.Delegation.decode(envelope)
    assert (stated.officer, stated.deputy) == (desk.manager.officer, deputy.officer)
    assert stated.valid_until == micros(made.until) <= micros(desk.cast.now)
    assert envelope.signatures[0].keyid == desk.manager.credentials.get().keyid
    entry = recorded()[-1]
    assert entry.type == "delegation.ended"
    assert entry.data["statement"] == envelope.digest().hex()
    assert "予定" not in entry.encode().decode()
    told = Commitment(salt=bytes(made.salt), digest=entry.commitments["reason"])
    assert told.opens_to("予定より早く戻った")
    assert "もう終わっています" in end(desk, one)


def listed(desk: Desk, person: Person | None = None) -> str:
    return desk.browser(person).get(reverse("deputies:list")).content.decode()


def test_it_ends_on_a_day_and_may_be_brought_forward_again(desk: Desk, office: ManualClock) -> None:
    deputy, one = delegated(desk)
    end(desk, one, last="令和8年5月20日")
    assert stands_in(desk, deputy)
    late = "終わりの日は、きょうか、いまの終わりより前の日にしてください"
    assert late in end(desk, one, last="令和8年5月20日")
    assert late in end(desk, one, last="令和8年5月13日")
    end(desk, one, last="令和8年5月15日")
    office.advance(86_400)
    assert stands_in(desk, deputy)
    office.advance(86_400)
    assert not stands_in(desk, deputy)
    assert one.endings.count() == 2


def stands_in(desk: Desk, deputy: Person) -> bool:
    return standing_in(desk.cast.acting(deputy)) is not None


def test_one_that_has_not_begun_never_begins(desk: Desk, office: ManualClock) -> None:
    deputy, one = delegated(desk, first="令和8年5月20日")
    assert "予定より早く戻った" in end(desk, one)
    office.advance(7 * 86_400)
    assert not stands_in(desk, deputy)


def test_nobody_but_who_gave_it_ends_it_and_not_without_a_reason(desk: Desk) -> None:
    deputy, one = delegated(desk)
    other = desk.cast.person("system_manager")
    desk.give_key(other)
    assert "終えられるのは、委任した本人だけです" in end(desk, one, other)
    assert reverse("deputies:end", args=[one.pk]) not in listed(desk, other)
    assert "次の職の人だけ" in end(desk, one, deputy)
    assert "このフィールドは必須です" in end(desk, one, reason="")
    assert "12けたの番号は書かないでください" in end(desk, one, reason="1234 5678 9012")
    assert not one.endings.exists()
    foreign = Desk.of(desk.cast.clock, names=("cam-9",))
    answer = foreign.browser().post(reverse("deputies:end", args=[one.pk]), WHY)
    assert answer.status_code == 404
    auditor = desk.cast.person("auditor")
    end(desk, one)
    assert "予定より早く戻った" in listed(desk, auditor)


def test_a_key_that_signed_something_else_ends_nothing(desk: Desk) -> None:
    _, one = delegated(desk)
    browser = desk.browser()
    assert browser.post(reverse("deputies:end_options")).status_code == 404
    nothing = browser.post(reverse("deputies:end_sign"), "{}", content_type="application/json")
    assert nothing.status_code == 400
    browser.post(reverse("deputies:end", args=[one.pk]), WHY)
    first = browser.post(reverse("deputies:end_options")).json()
    browser.post(reverse("deputies:end", args=[one.pk]), WHY)
    found = browser.post(
        reverse("deputies:end_sign"),
        json.dumps(desk.key(desk.manager).sign_in(first)),
        content_type="application/json",
    )
    assert found.status_code == 403
    assert not one.endings.exists()


def test_a_demo_key_ends_one_too(desk: Desk) -> None:
    _, one = delegated(desk)
    browser = desk.browser()
    browser.post(reverse("deputies:end", args=[one.pk]), WHY)
    answer = browser.post(reverse("deputies:end_sign_demo"), follow=True)
    assert "予定より早く戻った" in answer.content.decode()


def test_a_replaced_delegation_is_not_ended(desk: Desk, office: ManualClock) -> None:
    deputy, one = delegated(desk)
    office.advance(60)
    browser = desk.browser()
    shorter = DAYS | {"deputy": deputy.pk, "last": "令和8年5月18日"}
    browser.post(reverse("deputies:new"), shorter)
    browser.post(reverse("deputies:sign_demo"))
    assert "あとの委任に、もう替わっています" in end(desk, one)
    assert not one.endings.exists()

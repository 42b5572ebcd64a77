# SPDX-License-Identifier: AGPL-3.0-or-later
"""代決 through the pages: a dated delegation, the deputy's signature, the manager's 後閲."""

import datetime as dt
import json
from typing import Any

import pytest
from django.urls import reverse

from machimori.kernel import canonical
from machimori.kernel.clock import ManualClock
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import micros
from machimori.office.deputies.models import Delegation
from machimori.office.people.models import Person
from machimori.office.provision.testing import PART, Desk, recorded
from machimori.office.rules import actions as rules
from machimori.vault.client import statements

TODAY, ONE_DAY = dt.date(2026, 5, 14), dt.timedelta(days=1)
DAYS = {"first": "令和8年5月14日", "last": "令和8年5月16日"}
INSTEAD = "管理責任者が不在のため、代決として署名します。後閲の依頼が届きます。"


@pytest.fixture
def desk(office: ManualClock) -> Desk:
    return Desk.of(office)


def a_deputy(desk: Desk) -> Person:
    """An operator with a key: 堺 has no 取扱責任者, and its operator may deputise."""
    person = desk.cast.person("operator")
    desk.give_key(person)
    return person


def delegate(desk: Desk, deputy: Person, **typed: Any) -> str:
    browser = desk.browser()
    values = DAYS | {"deputy": deputy.pk} | typed
    page = browser.post(reverse("deputies:new"), values)
    if "次の内容で委任します" not in page.content.decode():
        return page.content.decode()
    asked = browser.post(reverse("deputies:options")).json()
    found = browser.post(
        reverse("deputies:sign"),
        json.dumps(desk.key(desk.manager).sign_in(asked)),
        content_type="application/json",
    ).json()
    assert found == {"location": reverse("deputies:list")}
    return browser.get(found["location"]).content.decode()


def test_a_delegation_is_a_statement_that_the_managers_key_signs(desk: Desk) -> None:
    deputy = a_deputy(desk)
    assert deputy.name in delegate(desk, deputy)
    made = Delegation.objects.get()
    envelope = Envelope.decode(bytes(made.envelope))
    said = statements.Delegation.decode(envelope)
    assert (said.officer, said.deputy) == (desk.manager.officer, deputy.officer)
    assert (said.valid_from, said.valid_until) == (
        micros(made.valid_from),
        micros(made.valid_until),
    )
    assert envelope.signatures[0].keyid == desk.manager.credentials.get().keyid
    entry = recorded()[-1]
    assert entry.type == "delegation.signed"
    assert entry.data["statement"] == envelope.digest().hex()


def test_K4_a_deputy_decides_while_the_manager_is_away_and_is_reviewed(desk: Desk) -> None:
    deputy = a_deputy(desk)
    delegate(desk, deputy)
    file = desk.drafted()
    assert INSTEAD in desk.read(file, "decide", deputy)
    assert INSTEAD not in desk.read(file, "decide")
    assert "location" in desk.sign(file, deputy)
    approved = desk.again(file, "approved")
    statement = Envelope.decode(
        canonical.unb64(approved.facts[-1].data["envelope"], where="envelope")
    )
    assert [one.keyid for one in statement.signatures] == [deputy.credentials.get().keyid]
    first = desk.browser().get(reverse("people:today")).content.decode()
    assert reverse("provision:review", args=[file.case.pk]) in first
    assert "キーで署名して後閲してください" in desk.post(file, "review", note="適当と認める")
    assert "代決した人" in desk.read(file, "review")
    assert "location" in desk.endorse(file, note="適当と認める")
    reviewed = desk.again(file, "approved").facts[-1]
    assert (reviewed.kind, reviewed.data["note"]) == ("reviewed", "適当と認める")
    entry = recorded()[-1]
    assert (entry.type, entry.data["kind"]) == ("provision.step", "reviewed")
    assert "後閲を待つ代決はありません" in desk.endorse(file)["refused"]
    text = desk.page(file)
    assert "代決として署名した" in text
    assert "後閲した" in text
    again = desk.browser().get(reverse("people:today")).content.decode()
    assert reverse("provision:review", args=[file.case.pk]) not in again


def test_manager_and_deputy_are_one_signature_of_two(desk: Desk, office: ManualClock) -> None:
    """Whoever signs first; the second is another manager, as at the vault."""
    rules.adopt(
        "grounds.investigation.signers",
        2,
        reason="二人で確かめる",
        act=rules.Act(number="総第2号", adopted_on=TODAY, effective_from=TODAY + ONE_DAY),
        acting=desk.cast.acting(desk.manager),
    )
    office.advance(ONE_DAY.total_seconds())
    deputy, other = a_deputy(desk), desk.cast.person("system_manager")
    desk.give_key(other)
    delegate(desk, deputy)
    file = desk.drafted()
    assert "location" in desk.sign(file, deputy)
    assert "あなたの代決者が、もう署名しています" in desk.sign(file)["refused"]
    desk.again(file, "under_decision")
    assert "location" in desk.sign(file, other)
    desk.again(file, "approved")
    file = desk.drafted()
    assert "location" in desk.sign(file)
    assert "委任した管理責任者が、もう署名しています" in desk.sign(file, deputy)["refused"]


def test_a_deputy_also_orders_what_follows(desk: Desk) -> None:
    deputy = a_deputy(desk)
    delegate(desk, deputy)
    file = desk.drafted()
    desk.sign(file, deputy)
    desk.act(file, "instruct", deputy, **PART)
    desk.again(file, "instructed")


def test_I4_nobody_decides_before_after_or_without_a_delegation(
    desk: Desk, office: ManualClock
) -> None:
    deputy = a_deputy(desk)
    file = desk.drafted()
    assert "堺市の要領11(1)" in json.dumps(desk.sign(file, deputy), ensure_ascii=False)
    delegate(desk, deputy, first="令和8年5月15日", last="令和8年5月15日")
    assert "refused" in desk.sign(file, deputy)
    office.advance(3 * 86400)
    assert "refused" in desk.sign(file, deputy)
    desk.again(file, "under_decision")


def test_a_delegation_ends_with_the_managers_appointment(desk: Desk, office: ManualClock) -> None:
    deputy = a_deputy(desk)
    delegate(desk, deputy)
    desk.cast.person("system_manager")
    held = desk.manager.appointments.get()
    office.advance(60)
    page = reverse("people:appointment", args=[held.pk])
    desk.browser(desk.cast.person("system_manager")).post(page, {"last": ""})
    file_page = desk.browser(deputy).get(reverse("people:today")).content.decode()
    assert "代決を頼まれている案件はありません" in file_page


def test_a_deputy_turns_down_and_narrows_as_the_manager_would(desk: Desk) -> None:
    deputy = a_deputy(desk)
    file = desk.drafted()
    desk.act(file, "send_back", deputy, reason="理由")
    desk.again(file, "under_decision")
    delegate(desk, deputy)
    desk.act(file, "narrow", deputy, reason="21時台で足りる", **PART)
    desk.act(file, "send_back", deputy, reason="範囲を直す")
    desk.again(file, "received")


def test_there_are_no_deputies_where_the_rules_know_none(office: ManualClock) -> None:
    desk = Desk.of(office, started=False)
    deputy = a_deputy(desk)
    assert "代決できる職が決まっていません" in delegate(desk, deputy)
    assert not Delegation.objects.exists()


def test_only_those_whom_the_rules_name_become_deputies(desk: Desk) -> None:
    viewer = desk.cast.person("viewer")
    assert "次の内容で委任します" not in delegate(desk, viewer)
    past = delegate(desk, a_deputy(desk), first="令和8年5月1日", last="令和8年5月2日")
    assert "終わりの日は、きょうより後" in past
    assert not Delegation.objects.exists()


def test_a_demo_key_delegates_too(desk: Desk) -> None:
    deputy, browser = a_deputy(desk), desk.browser()
    browser.post(reverse("deputies:new"), DAYS | {"deputy": deputy.pk})
    answer = browser.post(reverse("deputies:sign_demo"), follow=True)
    assert deputy.name in answer.content.decode()


def test_what_opens_nothing_is_reviewed_without_a_signature(
    desk: Desk, office: ManualClock
) -> None:
    deputy = a_deputy(desk)
    delegate(desk, deputy)
    file = desk.drafted()
    desk.sign(file, deputy)
    office.advance(3 * 86400)
    assert "代決の委任が終わったため、画像を開けません" in desk.page(file)
    assert "管理責任者の後閲の署名を待っています" in desk.page(file, deputy)
    desk.act(file, "stop", reason="不要になった")
    assert "代決の委任が終わったため" not in desk.page(file)
    assert "署名を待つ代決はありません" in desk.endorse(file)["refused"]
    desk.act(file, "review", note="適当と認める")
    assert desk.again(file, "revoked").facts[-1].kind == "reviewed"


def test_nothing_is_reviewed_that_no_deputy_decided(desk: Desk) -> None:
    file = desk.approved()
    assert "後閲を待つ代決はありません" in desk.post(file, "review", note="適当")

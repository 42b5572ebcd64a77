# SPDX-License-Identifier: AGPL-3.0-or-later
"""鍵簿 through the pages: given, come back, lost, with a witness; what cannot have happened."""

from typing import Any

from django.test import Client
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.people.testing import Cast
from machimori.office.personnel.models import Key
from machimori.office.provision.testing import Desk, recorded

SEEN: dict[str, Any] = {"on": "令和8年5月14日", "witness": "高橋 立会"}


def entered(browser: Client, **typed: str) -> str:
    """The page of a new key."""
    sent = {"kind": "rack", "number": "R-1", "place": "1階警備員室の引き出し"} | typed
    answer = browser.post(reverse("personnel:key_new"), sent)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


def test_K9_the_racks_key_is_given_out_and_comes_back_before_a_witness(
    office: ManualClock,
) -> None:
    """鍵簿 names who has the rack's key, since when and who saw it; the ledger has no witness."""
    cast = Cast.of(office)
    manager, person = cast.person("system_manager"), cast.person("operator")
    browser = cast.browser(manager)
    page = entered(browser)
    browser.post(page, SEEN | {"kind": "issued", "holder": person.pk})
    listed = browser.get(reverse("personnel:keys"), {"as": "csv"}).content.decode("utf-8-sig")
    assert person.name in listed
    assert "サーバラックの鍵" in listed
    browser.post(page, SEEN | {"kind": "returned", "text": "異動のため"})
    text = browser.get(page).content.decode()
    assert text.count("高橋 立会") == 2
    assert "異動のため" in text
    listed = browser.get(reverse("personnel:keys"), {"as": "csv"}).content.decode("utf-8-sig")
    assert person.name not in listed
    entries = [one for one in recorded() if one.type == "key.custody"]
    assert [one.data["kind"] for one in entries] == ["issued", "returned"]
    assert "高橋" not in "".join(one.encode().decode() for one in entries)


def test_a_key_that_nobody_has_does_not_come_back(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    page = entered(browser)
    assert '<option value="returned"' not in browser.get(page).content.decode()
    browser.post(page, SEEN | {"kind": "returned"})
    assert not Key.objects.get().events.exists()
    refused = browser.post(page, SEEN | {"kind": "issued"}).content.decode()
    assert "だれに渡したかを選んでください" in refused
    refused = browser.post(page, SEEN | {"kind": "lost", "on": "令和8年5月15日"}).content.decode()
    assert "これからの日は記録できません" in refused
    assert not Key.objects.get().events.exists()
    answer = browser.post(
        reverse("personnel:key_new"), {"kind": "rack", "number": "R-1", "place": "別の場所"}
    )
    assert "この番号の鍵は、もうあります" in answer.content.decode()


def test_K10_a_lost_security_key_leads_to_where_it_is_closed(office: ManualClock) -> None:
    """The record of the loss warns until the owner's key is refused, and links to the page."""
    desk = Desk.of(office)
    operator = desk.cast.person("operator")
    desk.give_key(operator)
    browser = desk.browser()
    page = entered(browser, kind="fido2", number="K-01", place="操作担当者")
    browser.post(page, SEEN | {"kind": "issued", "holder": operator.pk})
    browser.post(page, SEEN | {"kind": "lost", "text": "通勤の途中"})
    held = operator.appointments.get()
    assert reverse("people:appointment", args=[held.pk]) in browser.get(page).content.decode()
    key = operator.credentials.get()
    office.advance(1)
    guest = desk.browser(operator)
    office.advance(1)
    desk.browser().post(reverse("people:revoke", args=[held.pk, key.keyid]))
    assert "まず使えなくしてください" not in desk.browser().get(page).content.decode()
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert guest.get("/").status_code == 302


def test_an_auditor_reads_and_does_not_write(office: ManualClock) -> None:
    cast = Cast.of(office)
    page = entered(cast.browser(cast.person("system_manager")))
    auditor = cast.browser(cast.person("auditor"))
    assert "R-1" in auditor.get(reverse("personnel:keys")).content.decode()
    assert "鍵の記録を書く" not in auditor.get(page).content.decode()
    refused = auditor.post(page, SEEN | {"kind": "lost"}).content.decode()
    assert "鍵簿には書き込めません" not in auditor.get(page).content.decode()
    assert not Key.objects.get().events.exists(), refused

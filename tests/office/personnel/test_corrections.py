# SPDX-License-Identifier: AGPL-3.0-or-later
"""訂正 of 鍵簿 and 従事者名簿 through the pages: old and new both stay, with who, when and why."""

import datetime as dt
from typing import Any

from django.test import Client
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.people.models import Appointment, Person
from machimori.office.people.testing import Cast
from machimori.office.personnel.models import Duty, DutyCorrection, KeyCorrection, KeyEvent
from machimori.office.provision.testing import recorded
from machimori.office.watching.access import listed

SEEN: dict[str, Any] = {"on": "令和8年5月14日", "witness": "高橋 立会"}


def a_key(browser: Client, number: str = "R-1") -> str:
    """The page of a new key."""
    sent = {"kind": "rack", "number": number, "place": "1階警備員室の引き出し"}
    return str(browser.post(reverse("personnel:key_new"), sent).headers["Location"])


def correct(browser: Client, event: KeyEvent, **typed: Any) -> str:
    """What the pages say to this correction of a line."""
    address = reverse("personnel:key_correct", args=[event.key_id, event.pk])
    sent = {name: value for name, value in (SEEN | typed).items() if value is not None}
    return browser.post(address, sent, follow=True).content.decode()


def csv(browser: Client, route: str) -> str:
    return browser.get(reverse(route), {"as": "csv"}).content.decode("utf-8-sig")


def test_K9_a_line_about_a_key_is_corrected_and_both_are_seen(office: ManualClock) -> None:
    """Given to another than was written: the register names the right holder, the page shows what
    stood there, who corrected it, when and why; the line and the ledger's entry stay."""
    cast = Cast.of(office)
    manager = cast.person("system_manager")
    wrong, right = cast.person("operator"), cast.person("viewer")
    browser = cast.browser(manager)
    page = a_key(browser)
    browser.post(page, SEEN | {"kind": "issued", "holder": wrong.pk, "text": "異動"})
    (event,) = KeyEvent.objects.filter(holder=wrong)
    shown = browser.get(reverse("personnel:key_correct", args=[event.key_id, event.pk]))
    assert "高橋 立会" in shown.content.decode()
    typed = {"kind": "issued", "holder": right.pk, "text": "異動"}
    assert "このフィールドは必須です" in correct(browser, event, **typed, reason="")
    same = {"kind": "issued", "holder": wrong.pk, "text": "異動", "reason": "まちがい"}
    assert "前と同じ内容です" in correct(browser, event, **same)
    said = correct(browser, event, **typed, reason="人ちがい")
    for text in (right.name, "訂正前", wrong.name, "人ちがい", manager.name, "10:00"):
        assert text in said, text
    listing = csv(browser, "personnel:keys")
    assert right.name in listing
    assert wrong.name not in listing
    browser.post(page, SEEN | {"kind": "returned"})
    said = correct(browser, event, **typed | {"witness": "三田 立会"}, reason="立会人も")
    assert said.count("訂正前") == 2
    assert "三田 立会" in said
    event.refresh_from_db()
    assert (event.holder, event.witness) == (wrong, "高橋 立会")
    entries = [one for one in recorded() if one.type == "key.corrected"]
    assert [one.data["event"] for one in entries] == [event.pk] * 2
    assert entries[0].subject["officer"] == right.officer
    assert "人ちがい" not in entries[0].encode().decode()


def test_a_line_that_should_not_be_there_is_struck_and_stays(office: ManualClock) -> None:
    cast = Cast.of(office)
    person = cast.person("operator")
    browser = cast.browser(cast.person("system_manager"))
    page = a_key(browser)
    browser.post(page, SEEN | {"kind": "issued", "holder": person.pk})
    browser.post(page, SEEN | {"kind": "lost", "text": "別の鍵だった"})
    given, lost = KeyEvent.objects.filter(key__scheme=cast.scheme).order_by("pk")
    refused = correct(browser, given, kind="returned", reason="逆に書いた")
    assert "前後の記録とつながりません" in refused
    assert "だれに渡したかを選んでください" in correct(browser, given, kind="issued", reason="なし")
    late = correct(browser, lost, kind="lost", on="令和8年5月15日", reason="日")
    assert "これからの日は記録できません" in late
    assert not KeyCorrection.objects.exists()
    said = correct(browser, lost, kind="struck", text="", reason="別の鍵だった")
    assert "なかった（まちがって記録した）" in said
    assert "なくした" in said
    assert person.name in csv(browser, "personnel:keys")
    browser.post(page, SEEN | {"kind": "returned"})
    assert person.name not in csv(browser, "personnel:keys")
    refused = correct(browser, lost, kind="lost", text="", reason="やはりなくした")
    assert "前後の記録とつながりません" in refused


def test_only_keepers_correct_and_only_their_own_schemes(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    a_key(browser)
    browser.post(a_key(browser, "R-2"), SEEN | {"kind": "lost"})
    (event,) = KeyEvent.objects.filter(key__scheme=cast.scheme)
    typed = {"kind": "struck", "reason": "まちがい"}
    auditor = cast.browser(cast.person("auditor"))
    assert "次の職の人だけ" in correct(auditor, event, **typed)
    page = auditor.get(reverse("personnel:key", args=[event.key_id])).content.decode()
    assert "この行を訂正する" not in page
    foreign = Cast.of(office)
    manager = foreign.browser(foreign.person("system_manager"))
    address = reverse("personnel:key_correct", args=[event.key_id, event.pk])
    assert manager.post(address, SEEN | typed).status_code == 404
    other = KeyEvent.objects.count() + event.pk
    address = reverse("personnel:key_correct", args=[event.key_id, other])
    assert browser.get(address).status_code == 404
    assert not KeyCorrection.objects.exists()


def a_guard(cast: Cast, manager: Person, place: str = "guard_room") -> Duty:
    """A guard whom the contractor reported for this place."""
    guard = cast.person("guard")
    held = Appointment.objects.get(person=guard)
    day = cast.now.date() - dt.timedelta(days=1)
    return Duty.objects.create(
        appointment=held, place=place, company="堺警備", reported_on=day, at=cast.now, by=manager
    )


def test_K6_a_line_of_the_contractors_list_is_corrected_and_rights_follow(
    office: ManualClock,
) -> None:
    """Another place than was reported: from then on the guard serves there and nowhere else; the
    list and its files show old and new, who, when and why, and are searched by both."""
    cast = Cast.of(office)
    manager = cast.person("system_manager")
    duty, browser = a_guard(cast, manager), cast.browser(manager)
    guard = duty.appointment.person
    address = reverse("personnel:roster_correct", args=[duty.pk])
    shown = browser.get(address).content.decode()
    assert guard.name in shown
    typed = {"place": "guard_room", "company": "堺警備", "reported_on": "令和8年5月13日"}
    assert "前と同じ内容です" in post(browser, address, typed | {"reason": "なし"})
    assert "このフィールドは必須です" in post(browser, address, typed | {"reason": ""})
    assert "正しく選択" in post(browser, address, typed | {"place": "roof", "reason": "屋上"})
    late = typed | {"reported_on": "令和8年5月15日", "reason": "日"}
    assert "報告の日がまだ来ていません" in post(browser, address, late)
    assert not DutyCorrection.objects.exists()
    assert listed(cast.acting(guard), "guard_room")
    there = typed | {
        "place": "monitoring_room",
        "company": "堺総合警備",
        "reason": "報告の転記ちがい",
    }
    said = post(browser, address, there)
    for text in ("堺総合警備", "訂正前：本館1階警備員室　堺警備", "報告の転記ちがい", manager.name):
        assert text in said, text
    assert not listed(cast.acting(guard), "guard_room")
    assert listed(cast.acting(guard), "monitoring_room")
    assert "本館2階中央監視室" in cast.browser(guard).get("/").content.decode()
    post(browser, address, there | {"company": "堺総合警備 株式会社", "reason": "社名"})
    rosters = reverse("personnel:rosters")
    for word in ("堺総合警備", "堺警備", guard.name):
        found = browser.get(rosters, {"q": word}).content.decode()
        assert found.count(address) == 1, word
    assert "訂正前：本館1階警備員室" in csv(browser, "personnel:rosters")
    entries = [one for one in recorded() if one.type == "duty.corrected"]
    assert [one.data["place"] for one in entries] == ["monitoring_room"] * 2
    assert "転記" not in entries[0].encode().decode()
    supervisor = cast.browser(cast.person("handling_supervisor"))
    assert address not in supervisor.get(rosters).content.decode()
    assert "次の職の人だけ" in post(supervisor, address, there)


def post(browser: Client, address: str, typed: dict[str, str]) -> str:
    return browser.post(address, typed, follow=True).content.decode()

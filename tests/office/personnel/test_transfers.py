# SPDX-License-Identifier: AGPL-3.0-or-later
"""April 1st through the pages: the Excel form, errors by line, all or nothing, cases that go on."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import parse_rfc3339
from machimori.office.people.models import Appointment, Person
from machimori.office.people.testing import Cast
from machimori.office.personnel.models import Handover, Transfer
from machimori.office.provision.testing import Desk, recorded

HEAD = ("異動", "職", "職員番号", "氏名", "ふりがな", "所属")
APRIL = "令和9年4月1日"


def book(*lines: Sequence[str]) -> SimpleUploadedFile:
    """The form, filled in."""
    made, data = Workbook(), io.BytesIO()
    sheet = made.active
    assert sheet is not None
    for line in (HEAD, *lines):
        sheet.append(list(line))
    made.save(data)
    return SimpleUploadedFile("異動.xlsx", data.getvalue())


def upload(browser: Client, *lines: Sequence[str], on: str = APRIL, decision: str = "") -> str:
    """What the page says to this file."""
    sent = {"file": book(*lines), "on": on, "decision": decision}
    return browser.post(reverse("personnel:transfer_new"), sent).content.decode()


def decide(browser: Client) -> Any:
    return browser.post(reverse("personnel:transfer_confirm"))


def comes(login: str, name: str, post: str) -> tuple[str, ...]:
    return ("任命", post, login, name, "", "総務課")


def goes(person: Person, post: str) -> tuple[str, ...]:
    return ("終わり", post, person.login, person.name, "", "")


@pytest.fixture
def march(office: ManualClock) -> ManualClock:
    """The last day of the 年度, ten in the morning."""
    office.set(parse_rfc3339("2027-03-31T10:00:00+09:00"))
    return office


def test_I4_K4_from_march_31_to_april_1_with_three_open_cases(march: ManualClock) -> None:
    """One Excel file in March; at midnight, to the second, the old manager is nobody and the new
    one has the three open cases, signs the one that waits, and has the 引継書 that names them."""
    desk = Desk.of(march)
    old = desk.manager
    times = {"first_day": "令和9年3月28日", "last_day": "令和9年3月28日"}
    files = [desk.drafted(**times), desk.take_in(**times), desk.approved(**times)]
    browser = desk.browser()
    typed = {"number": "1号", "serial": "SN-1", "place": "guard_room", "storage": "保管庫"}
    browser.post(reverse("terminals:new"), typed)
    typed = {"kind": "rack", "number": "R-1", "place": "警備員室"}
    key = browser.post(reverse("personnel:key_new"), typed).headers["Location"]
    seen = {"on": "令和9年3月31日", "witness": "高橋 立会"}
    browser.post(key, seen | {"kind": "issued", "holder": old.pk})
    shown = upload(browser, goes(old, "管理責任者"), comes("n-77", "新任 一郎", "管理責任者"))
    assert "まだ何も変わっていません" in shown
    assert decide(browser).status_code == 302
    new = Person.objects.get(login="n-77")
    desk.give_key(new)
    leaving, coming = (Appointment.objects.get(person=one) for one in (old, new))
    sent = {"leaving": leaving.pk, "coming": coming.pk, "on": APRIL, "matters": "鍵は金庫の中"}
    assert browser.post(reverse("personnel:handover_new"), sent).status_code == 302
    made = Handover.objects.get()
    assert {one["number"] for one in made.data["cases"]} == {file.number for file in files}
    things = {(one["kind"], one["number"]) for one in made.data["items"]}
    assert things == {("サーバラックの鍵", "R-1"), ("専用パソコン", "1号")}
    deadlines = {one["number"]: one["next_deadline"] for one in made.data["cases"]}
    assert deadlines[files[0].number] == "2027-04-11"
    paper = browser.get(reverse("personnel:handover", args=[made.pk]))
    assert paper.content.startswith(b"%PDF")

    march.set(parse_rfc3339("2027-03-31T23:59:59+09:00"))
    cases = reverse("provision:cases")
    assert desk.browser(old).get(cases).status_code == 200
    assert desk.browser(new).get(cases).status_code == 403
    march.advance(1)
    assert desk.browser(old).get(cases).status_code == 403
    listed = desk.browser(new).get(cases).content.decode()
    assert all(file.number in listed for file in files)
    assert files[0].number in desk.browser(new).get("/").content.decode()
    assert "location" in desk.sign(files[0], new)
    desk.again(files[0], "approved")
    answer = desk.browser(new).get(reverse("personnel:handover", args=[made.pk]))
    assert answer.status_code == 200
    assert "鍵は金庫の中" not in "".join(one.encode().decode() for one in recorded())


def test_K4_one_wrong_line_changes_nothing_and_is_named(march: ManualClock) -> None:
    """Errors by line with the clause; neither person nor appointment is there afterwards."""
    cast = Cast.of(march)
    manager, other = cast.person("system_manager"), cast.person("operator")
    browser = cast.browser(manager)
    before = Appointment.objects.count(), Person.objects.count()
    text = upload(
        browser,
        comes("n-1", "新任 一郎", "操作担当者"),
        comes("n-2", "新任 二郎", "取扱責任者"),
        comes(other.login, "別人", "視聴者"),
        goes(manager, "操作担当者"),
        ("転出", "警備員", "n-3", "", "", ""),
        comes("n-1", "新任 一郎", "操作担当者"),
        comes("番号", "新任 三郎", "監査"),
    )
    for said in (
        "3行目：この制度に「取扱責任者」はありません。",
        f"4行目：この番号は{other.name}さんのものです。",
        "5行目：その日に、この職の任命がありません。",
        "6行目：「異動」には「任命」か「終わり」",
        "7行目：2行目と同じ人の、同じ職です。",
        "8行目、職員番号：",
        "何も変えていません",
    ):
        assert said in text
    assert "2行目：" not in text.replace("7行目：2行目", "")
    assert decide(browser).headers["Location"] == reverse("personnel:transfer_new")
    assert (Appointment.objects.count(), Person.objects.count()) == before
    assert not Transfer.objects.exists()


def test_K4_the_last_manager_is_not_transferred_away(march: ManualClock) -> None:
    """Without a successor in the same file, nothing happens."""
    cast = Cast.of(march)
    manager = cast.person("system_manager")
    text = upload(cast.browser(manager), goes(manager, "管理責任者"))
    assert "管理責任者がいなくなります" in text


def test_K4_one_decision_number_for_all_which_may_follow(march: ManualClock) -> None:
    """The 決裁番号 is entered once, later, and stands on every appointment that began."""
    cast = Cast.of(march)
    manager = cast.person("system_manager")
    browser = cast.browser(manager)
    upload(browser, comes("n-1", "新任 一郎", "監査"), comes("n-2", "新任 二郎", "操作担当者"))
    page = decide(browser).headers["Location"]
    browser.post(page, {"decision": "総第55号"})
    assert "総第55号" in browser.get(page).content.decode()
    made = Appointment.objects.filter(person__login__in=("n-1", "n-2"))
    assert {one.decision for one in made} == {"総第55号"}
    refused = browser.post(page, {"decision": "総第56号"}).content.decode()
    assert "もう入っています" in refused
    assert [one.type for one in recorded()].count("transfer.decided") == 1


def test_the_form_holds_who_is_there_and_comes_back_as_it_is(march: ManualClock) -> None:
    cast = Cast.of(march)
    manager, operator = cast.person("system_manager"), cast.person("operator")
    browser = cast.browser(manager)
    data = browser.get(reverse("personnel:transfer_form")).content
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == HEAD
    assert {row[2] for row in rows[1:]} == {manager.login, operator.login}
    sent = {"file": SimpleUploadedFile("a.xlsx", data), "on": APRIL}
    text = browser.post(reverse("personnel:transfer_new"), sent).content.decode()
    assert "1つもありません" in text


def test_what_was_shown_is_checked_again_before_it_is_done(march: ManualClock) -> None:
    cast = Cast.of(march)
    manager, operator = cast.person("system_manager"), cast.person("operator")
    browser = cast.browser(manager)
    upload(browser, goes(operator, "操作担当者"), comes("n-9", "新任 九郎", "操作担当者"))
    held = Appointment.objects.get(person=operator)
    browser.post(reverse("people:appointment", args=[held.pk]), {"last": ""})
    march.advance(1)
    assert decide(browser).status_code == 403
    assert not Person.objects.filter(login="n-9").exists()

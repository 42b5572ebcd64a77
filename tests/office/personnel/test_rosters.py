# SPDX-License-Identifier: AGPL-3.0-or-later
"""従事者名簿 through the pages: a contractor's report, all of it or nothing."""

import io
from collections.abc import Sequence

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import instant, parse_rfc3339
from machimori.office.people.models import Appointment, Person
from machimori.office.people.testing import Cast
from machimori.office.personnel.models import Duty
from machimori.office.provision.testing import recorded

HEAD = ("職", "番号", "氏名", "ふりがな", "場所", "始まり", "終わり")
ROOM = "本館1階警備員室"


def report(browser: Client, *lines: Sequence[str]) -> str:
    """What the page says to a report with these lines, in the end."""
    made, data = Workbook(), io.BytesIO()
    sheet = made.active
    assert sheet is not None
    for line in (HEAD, *lines):
        sheet.append(list(line))
    made.save(data)
    sent = {
        "company": "堺警備株式会社",
        "reported_on": "令和8年5月13日",
        "file": SimpleUploadedFile("名簿.xlsx", data.getvalue()),
    }
    return browser.post(reverse("personnel:roster_new"), sent, follow=True).content.decode()


def test_K6_the_contractor_reports_guards_for_a_place_and_a_time(office: ManualClock) -> None:
    """Reported for the guard room from May 15 to June 30: a guard then and nobody after; the first
    page says where they serve."""
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    text = report(
        browser,
        ("警備員", "g-1", "山本 守", "やまもと", ROOM, "令和8年5月15日", "令和8年6月30日"),
        ("警備員", "g-2", "川口 番", "", "本館2階中央監視室", "2026-05-15", ""),
    )
    assert "山本 守" in text
    assert "堺警備株式会社" in text
    guard = Person.objects.get(login="g-1")
    held = Appointment.objects.get(person=guard)
    assert held.valid_until == instant(parse_rfc3339("2026-07-01T00:00:00+09:00"))
    assert cast.acting(guard).posts == frozenset()
    office.advance(86_400)
    assert ROOM in cast.browser(guard).get("/").content.decode()
    assert cast.acting(guard).posts == {"guard"}
    office.advance(50 * 86_400)
    assert cast.acting(guard).posts == frozenset()
    entries = [one for one in recorded() if one.type == "duty.reported"]
    assert len(entries) == 2
    assert "堺警備" not in entries[0].encode().decode()


def test_K6_one_wrong_line_and_nobody_is_entered(office: ManualClock) -> None:
    """Post, place and days are checked line by line; the register stays empty."""
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    text = report(
        browser,
        ("警備員", "g-1", "山本 守", "", ROOM, "令和8年5月15日", ""),
        ("警備員", "g-2", "川口 番", "", "屋上", "令和8年5月15日", ""),
        ("管理責任者", "g-3", "小川 長", "", ROOM, "令和8年5月15日", ""),
        ("警備員", "g-4", "石井 過", "", ROOM, "令和8年5月1日", ""),
        ("警備員", "g-5", "村上 日", "", ROOM, "あした", ""),
    )
    for said in (
        "3行目、場所：きまりにある場所を書いてください",
        "4行目、職：名簿で入れる職を書いてください：警備員",
        "5行目：きょうか、これからの日を入れてください",
        "6行目、始まり：",
        "だれも入れていません",
    ):
        assert said in text
    assert not Duty.objects.exists()
    assert not Person.objects.filter(login__startswith="g-").exists()


def test_K6_a_guard_is_appointed_by_the_report_and_in_no_other_way(office: ManualClock) -> None:
    """The page of appointments refuses a guard with the clause, and says where to go."""
    cast = Cast.of(office)
    browser, person = cast.browser(cast.person("system_manager")), cast.person()
    sent = {"person": person.pk, "post": "guard", "valid_from": "令和8年5月14日"}
    text = browser.post(reverse("people:appoint"), sent).content.decode()
    assert "「従事者名簿」から取り込んでください" in text
    assert not Appointment.objects.filter(person=person).exists()


def test_the_form_for_the_contractor_names_posts_and_places(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    data = browser.get(reverse("personnel:roster_form")).content
    rows = list(load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True))
    assert rows[0] == HEAD
    assert (rows[1][0], rows[1][4]) == ("警備員", ROOM)

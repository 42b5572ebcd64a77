# SPDX-License-Identifier: AGPL-3.0-or-later
"""利用簿 and 提供記録: they write themselves, and are searched, saved, printed, corrected."""

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.clock import ManualClock
from machimori.ledger.entry import Commitment
from machimori.office.oversight import headings, register
from machimori.office.oversight.asked import Asked
from machimori.office.oversight.reconciling import put
from machimori.office.oversight.sources.source import Place
from machimori.office.oversight.testing import DIGEST, provided
from machimori.office.people.models import Person
from machimori.office.provision.models import Look
from machimori.office.provision.testing import TYPED, Desk, recorded
from machimori.office.rules.access import rulebook
from machimori.office.viewing.models import Viewing


def page(desk: Desk, route: str = "uses", person: Person | None = None, **query: str) -> str:
    answer = desk.browser(person).get(reverse(f"oversight:{route}"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_A15_the_register_writes_itself(desk: Desk, operator: Person) -> None:
    """Extraction, medium and hand-over are lines with who, post, purpose, camera and interval."""
    file = provided(desk, operator)
    said = page(desk)
    for text in (
        file.number,
        "複製（取出しを始めた）",
        "複製（媒体に書き、読み返した）",
        "提供（引き渡した）",
        operator.name,
        "取扱者",
        "捜査",
        "カメラcam-1（cam-1）",
        "令和8年5月10日（日） 21:00:00 ～ 令和8年5月10日（日） 21:30:00",
        "USB-12",
    ):
        assert text in said, text
    assert "消去を止めた" not in said


def test_I13_what_was_provided_is_on_record_with_the_identity_check(
    desk: Desk, operator: Person
) -> None:
    """提供記録: date and time, recipient, content, reason, how identity was checked and by whom."""
    provided(desk, operator)
    said = page(desk, "provisions")
    for text in ("=山田 太郎", "警察手帳　佐藤 花子", "5月10日夜の自転車盗", DIGEST, "10:00"):
        assert text in said, text
    assert "取出しを始めた" not in said


@pytest.mark.parametrize("many", [headings.MANY, 0])
def test_K12_uses_are_found_by_person_post_act_word_and_period(
    desk: Desk,
    operator: Person,
    office: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    many: int,
) -> None:
    """Who did what: narrowed by person, post, act, 年度 and month, and searched, whether few cases
    have a word in their headings or many."""
    monkeypatch.setattr(headings, "MANY", many)
    provided(desk, operator)
    manager = str(desk.manager.pk)
    mine = _get(desk, person=manager)
    assert "提供（引き渡した）" in mine
    assert "複製（取出しを始めた）" not in mine
    of_post = _get(desk, post="operator")
    assert "複製（取出しを始めた）" in of_post
    assert "提供（引き渡した）" not in of_post
    assert "提供（引き渡した）" in _get(desk, act="provide")
    assert "複製（取出しを始めた）" not in _get(desk, act="provide")
    assert "提供（引き渡した）" in _get(desk, q="中央警察署")
    assert "見つかりません" in _get(desk, q="北警察署")
    assert "複製（取出しを始めた）" in _get(desk, q=operator.name)
    assert "複製（取出しを始めた）" in _get(desk, q="cam-1")
    assert "見つかりません" in _get(desk, q="cam-2 取出し")
    assert "この条件の記録はありません" in _get(desk, month="6")
    assert "提供（引き渡した）" in _get(desk, month="5")
    assert "この条件の記録はありません" in _get(desk, year="2025")


def test_a_viewing_is_found_in_a_month_in_which_nothing_else_happened_to_the_case(
    desk: Desk, operator: Person
) -> None:
    """A case's heading is looked through for every period in which it may have a line."""
    file = desk.approved()
    later = file.facts[-1].at + dt.timedelta(days=40)
    Viewing.objects.create(
        id=f"v-{file.case.pk}",
        scheme=file.case.scheme,
        case=file.case,
        title=file.number,
        by=operator,
        posts="operator",
        at=later,
        until=later + dt.timedelta(hours=2),
        start=file.facts[0].at,
        end=later,
    )
    assert _get(desk, month="6", q="中央警察署").count("閲覧（取扱者）") == 1
    for elsewhere in ({"month": "5"}, {"month": "7"}, {"year": "2025"}):
        assert "見つかりません" in _get(desk, q="中央警察署", act="view", **elsewhere)
    assert "見つかりません" in _get(desk, month="6", q="北警察署")


def _get(desk: Desk, **query: str) -> str:
    answer = desk.browser().get(reverse("oversight:uses"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_K12_a_look_whether_there_is_a_recording_is_a_line_by_person_and_post(
    desk: Desk, operator: Person
) -> None:
    """The counter's search opens nothing and has no case: who asked, as what, about which cameras
    and time, what was told; found, saved and corrected like other lines. The ledger names nobody.
    """
    asked = {one: value for one, value in TYPED.items() if one.startswith(("first", "last"))}
    asked |= {"cameras": ["cam-1"]}
    assert "利用簿に残ります" in send_look(desk, operator, asked)
    send_look(desk, desk.manager, asked | {"cameras": ["cam-1", "cam-2"]})
    assert "録画の有無" not in send_look(desk, operator, asked | {"last_time": "20:00"})
    said = page(desk, act="look")
    assert said.count("録画の有無の確認（画像は開いていない）") == 2
    own = _get(desk, act="look", person=str(operator.pk))
    for text in (
        operator.name,
        "取扱者",
        "カメラcam-1（cam-1）",
        "令和8年5月10日（日） 21:00:00 ～ 令和8年5月10日（日） 22:00:00",
        "録画あり：1台のうち0台",
    ):
        assert text in own, text
    assert "録画あり：2台のうち0台" not in own
    assert "録画あり：1台のうち0台" in _get(desk, post="operator")
    assert "録画あり：2台のうち0台" not in _get(desk, post="operator")
    assert _get(desk, q="cam-1").count("画像は開いていない") == 2
    assert _get(desk, q="cam-2").count("画像は開いていない") == 1
    assert _get(desk, q=operator.name).count("画像は開いていない") == 1
    assert "見つかりません" in _get(desk, q="中央警察署")
    assert "この条件の記録はありません" in _get(desk, act="search")
    answer = desk.browser().get(reverse("oversight:uses"), {"as": "csv", "act": "look"})
    _, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert len(lines) == 2
    entries = [one for one in recorded() if one.type == "recording.searched"]
    newest = [one for one in entries if one.subject["scheme"] == desk.cast.scheme.pk]
    assert [one.data["cameras"] for one in newest] == [1, 2]
    row = Look.objects.get(by=operator)
    made = Commitment(salt=bytes(row.salt), digest=newest[0].commitments["cameras"])
    assert made.opens_to(canonical.dumps(["cam-1"]).decode())
    for one in newest:
        assert "cam-1" not in one.encode().decode()
    auditor = desk.cast.person("auditor")
    assert operator.name in page(desk, person=auditor, act="look")
    assert desk.browser(auditor).post(reverse("provision:look"), asked).status_code == 403
    other = Desk.of(desk.cast.clock, names=("cam-8",))
    assert "この条件の記録はありません" in page(other)


def send_look(desk: Desk, person: Person, asked: dict[str, Any]) -> str:
    return desk.browser(person).post(reverse("provision:look"), asked).content.decode()


def test_it_is_saved_as_csv_with_bom_and_as_excel_without_formulas(
    desk: Desk, operator: Person
) -> None:
    provided(desk, operator)
    answer = desk.browser().get(reverse("oversight:provisions"), {"as": "csv"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert len(lines) == 1
    assert dict(zip(head, lines[0], strict=True))["提供先"] == "中央警察署 刑事課　=山田 太郎"
    answer = desk.browser().get(reverse("oversight:uses"), {"as": "xlsx"})
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert sheet.max_row == 4


def test_a_month_is_printed(desk: Desk, operator: Person) -> None:
    file = provided(desk, operator)
    answer = desk.browser().get(reverse("oversight:uses_paper"), {"month": "5"})
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(answer.content)).pages)
    text = "".join(text.split())
    assert "令和8年度5月" in text
    assert "".join(file.number.split()) in text
    assert "USB-12" in text
    answer = desk.browser().get(reverse("oversight:provisions_paper"), {"month": "5"})
    pages = PdfReader(io.BytesIO(answer.content)).pages
    text = "".join("".join(one.extract_text() for one in pages).split())
    assert "提供記録" in text
    assert "山田太郎" in text
    assert "検索" not in text


def test_what_was_found_is_printed(desk: Desk, office: ManualClock) -> None:
    scheme, at = desk.cast.scheme, desk.cast.now
    data: dict[str, Json] = {"case": "c-1", "number": "令和8年度 街頭 第9号"}
    put(scheme, "no_case", "c-1", data, at)
    answer = desk.browser().get(reverse("oversight:reconciliation_paper"), {"month": "5"})
    pages = PdfReader(io.BytesIO(answer.content)).pages
    text = "".join("".join(one.extract_text() for one in pages).split())
    for said in ("突合の結果", "令和8年度5月", "令和8年度街頭第9号"):
        assert said in text
    empty = desk.browser().get(reverse("oversight:reconciliation_paper"), {"month": "4"})
    pages = PdfReader(io.BytesIO(empty.content)).pages
    assert "見つかったものはありません" in "".join(pages[0].extract_text().split())


def test_a_correction_shows_old_and_new_and_asks_why(desk: Desk, operator: Person) -> None:
    provided(desk, operator)
    [line] = [
        one
        for one in register.every(Asked(scheme=desk.cast.scheme), rulebook(desk.cast.scheme))
        if one.act == "provide"
    ]
    address = reverse("oversight:use", args=[line.name])
    typed = {"field": "medium", "new": "USB-13", "reason": ""}
    assert "このフィールドは必須です" in desk.browser().post(address, typed).content.decode()
    assert page(desk).count("USB-13") == 0
    typed["reason"] = "番号の読みまちがい"
    desk.browser().post(address, typed)
    said = page(desk)
    assert "USB-13（訂正前：USB-12）" in said
    assert "番号の読みまちがい" in said
    desk.browser().post(address, typed | {"new": "USB-14", "reason": "もう一度"})
    said = page(desk)
    assert "USB-14（訂正前：USB-12）" in said
    assert "USB-13→USB-14" in said
    auditor = desk.cast.person("auditor")
    refused = desk.browser(auditor).post(address, typed | {"new": "USB-1"})
    assert "訂正するのは、管理責任者と取扱責任者です" in refused.content.decode()
    assert "訂正を記録する" not in desk.browser(auditor).get(address).content.decode()


def test_pages_follow_each_other_without_losing_a_line(desk: Desk, operator: Person) -> None:
    for _ in range(3):
        provided(desk, operator)
    scheme = desk.cast.scheme
    asked, rules = Asked(scheme=scheme), rulebook(scheme)
    whole = [one.name for one in register.every(asked, rules)]
    assert len(whole) == len(set(whole)) == 9
    found, after = [], None
    while True:
        part = register.page(asked, rules, after, size=2)
        found += [one.name for one in part.uses]
        if part.following is None:
            break
        after = Place.parse(part.following.text())
    assert found == whole


def test_another_scheme_s_lines_are_nobody_s_here(desk: Desk, operator: Person) -> None:
    provided(desk, operator)
    [line, *_] = register.every(Asked(scheme=desk.cast.scheme), rulebook(desk.cast.scheme))
    other = Desk.of(desk.cast.clock, names=("cam-8",))
    assert "この条件の記録はありません" in page(other)
    assert other.browser().get(reverse("oversight:use", args=[line.name])).status_code == 404

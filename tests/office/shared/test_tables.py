# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists as files: nothing in them runs, everything in them returns."""

import csv
import datetime as dt
import io
import re

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from machimori.kernel.clock import ManualClock
from machimori.office.people.models import Person
from machimori.office.people.testing import Cast
from machimori.office.provision.models import Case
from machimori.office.shared import tables
from machimori.office.shared.tables import ValueListing, csv_file, guarded, xlsx_file
from machimori.office.viewing.models import Viewing, Watched

CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_a_csv_gives_back_what_went_in(rows: list[tuple[str, str]]) -> None:
    data = csv_file("n", ("a", "b"), rows).content
    assert data.startswith(b"\xef\xbb\xbf")
    found = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert found[1:] == [[guarded(cell) for cell in row] for row in rows]


@given(st.sampled_from("=+-@\t\r\n"), st.text(max_size=20))
def test_nothing_that_looks_like_a_formula_stays_one(first: str, rest: str) -> None:
    assert guarded(first + rest).startswith("'")


@given(CELLS)
def test_other_text_is_left_alone(text: str) -> None:
    assert guarded(text).removeprefix("'") == text.removeprefix("'")


def test_excel_gets_text_and_no_formula() -> None:
    data = xlsx_file("n", ("名前",), [("=1+1",), ("0012",)]).content
    sheet = load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    cells = [row[0] for row in sheet.iter_rows()]
    assert [(cell.value, cell.data_type) for cell in cells] == [
        ("名前", "s"),
        ("'=1+1", "s"),
        ("0012", "s"),
    ]


def test_a_list_is_searched_word_by_word_and_saved(office: ManualClock) -> None:
    cast = Cast.of(office)
    manager, other = cast.person("system_manager"), cast.person("guard")
    browser = cast.browser(manager)
    page = browser.get("/appointments/", {"q": f"課 {other.login}"}).content.decode()
    assert other.name in page
    saved = browser.get("/appointments/", {"q": other.login, "as": "csv"})
    assert saved.content.decode("utf-8-sig").count("\n") == 2
    assert "attachment" in saved.headers["Content-Disposition"]


def test_values_are_found_by_words_in_any_of_their_cells() -> None:
    listing = ValueListing[tuple[str, str]](name="n", columns=("a", "b"), cells=lambda row: row)
    rows = [("保存する日数", "14日"), ("どの日から", "翌日"), ("Terms", "None")]
    assert listing.find(rows, "日数 14") == rows[:1]
    assert listing.find(rows, "日") == rows[:2]
    assert listing.find(rows, "terms NONE") == rows[2:]
    assert listing.find(rows, "") == rows


def test_every_row_of_a_long_list_is_on_one_page_whichever_end_it_is_read_from(
    office: ManualClock,
) -> None:
    """Pages of the second half are read from the list's end; each says how many rows there are."""
    cast = Cast.of(office)
    person = cast.person("auditor")
    watched(cast, person, 230)
    browser = cast.browser(person)
    pages = [shown(browser, page=str(number)) for number in range(1, 6)]
    assert [len(names) for names, _ in pages] == [50, 50, 50, 50, 30]
    assert {count for _, count in pages} == {230}
    listed = [name for names, _ in pages for name in names]
    assert listed == [f"cam-{number}" for number in reversed(range(230))]
    assert shown(browser, page="1000000") == pages[-1]
    assert shown(browser, page="x") == shown(browser) == pages[0]


@pytest.mark.parametrize("rare", [20, 1000])
def test_what_a_search_finds_is_counted_and_paged_whether_it_is_rare_or_not(
    office: ManualClock, monkeypatch: pytest.MonkeyPatch, rare: int
) -> None:
    monkeypatch.setattr(tables, "_RARE", rare)
    cast = Cast.of(office)
    person = cast.person("auditor")
    watched(cast, person, 112)
    browser = cast.browser(person)
    assert shown(browser, q="第1号 CAM-111") == (["cam-111"], 1)
    assert shown(browser, q="cam-9") == ([f"cam-{n}" for n in (*range(99, 89, -1), 9)], 11)
    names, count = shown(browser, q=person.name)
    assert (len(names), count) == (50, 112)
    names, count = shown(browser, q=person.name, page="3")
    assert (len(names), count) == (12, 112)
    assert shown(browser, q="第1号_") == shown(browser, q="第1号_", page="2") == ([], 0)


def watched(cast: Cast, person: Person, count: int) -> None:
    """One viewing in which so many pieces were played, each of another camera."""
    viewing = Viewing.objects.create(
        id=f"v-{person.pk}",
        scheme=cast.scheme,
        case=Case.objects.create(id=f"c-{person.pk}", scheme=cast.scheme),
        title="令和8年度 街頭 第1号",
        by=person,
        posts="operator",
        at=cast.now,
        until=cast.now + dt.timedelta(hours=2),
        start=cast.now - dt.timedelta(hours=2),
        end=cast.now - dt.timedelta(hours=1),
    )
    Watched.objects.bulk_create(
        Watched(
            scheme=cast.scheme,
            viewing=viewing,
            camera=f"cam-{number}",
            start=viewing.start,
            end=viewing.end,
            at=cast.now + dt.timedelta(seconds=number),
        )
        for number in range(count)
    )


def shown(browser: Client, **query: str) -> tuple[list[str], int]:
    """The cameras on this page of 閲覧の履歴, and how many rows it says there are."""
    page = browser.get(reverse("viewing:listing"), query).content.decode()
    count = re.search(r'class="count">(\d+)件', page)
    return re.findall(r"<td>(cam-\d+)</td>", page), int(count[1]) if count else 0

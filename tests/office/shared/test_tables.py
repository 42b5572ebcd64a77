# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists as files: nothing in them runs, everything in them returns."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from machimori.kernel.clock import ManualClock
from machimori.office.people.testing import Cast
from machimori.office.shared.tables import ValueListing, csv_file, guarded, xlsx_file

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

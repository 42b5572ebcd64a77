# SPDX-License-Identifier: AGPL-3.0-or-later
"""Days, 年度 and case numbers as an office writes them, both ways."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel.errors import MalformedError
from machimori.policy.wareki import (
    FIRST_DAY,
    WEEKDAYS,
    CaseNumber,
    fiscal_year,
    fiscal_year_start,
    parse_case_number,
    parse_day,
    parse_fiscal_year,
    wareki,
    wareki_fiscal_year,
    wareki_minute,
    wareki_second,
    wareki_short,
)

days = st.dates(FIRST_DAY, dt.date(2999, 12, 31))
WIDE = str.maketrans("0123456789.-/", "０１２３４５６７８９．－／")


@given(days)
def test_a_day_written_in_wareki_is_read_back(day: dt.date) -> None:
    for text in (wareki(day), wareki(day, weekday=False), wareki_short(day)):
        assert parse_day(text) == day
        assert parse_day(text.translate(WIDE)) == day
        assert parse_day(f"　{text} ") == day


@given(days)
def test_a_western_day_is_read_in_every_spelling(day: dt.date) -> None:
    y, m, d = day.year, day.month, day.day
    for text in (day.isoformat(), f"{y}/{m}/{d}", f"{y}.{m}.{d}", f"{y}年{m}月{d}日"):
        assert parse_day(text) == day
        assert parse_day(text.translate(WIDE)) == day


@pytest.mark.parametrize(
    ("iso", "text"),
    [
        ("2026-05-14", "令和8年5月14日（木）"),
        ("2019-05-01", "令和元年5月1日（水）"),
        ("2019-04-30", "平成31年4月30日（火）"),
        ("1989-01-08", "平成元年1月8日（日）"),
        ("1989-01-07", "昭和64年1月7日（土）"),
        ("1926-12-25", "昭和元年12月25日（土）"),
        ("1926-12-24", "大正15年12月24日（金）"),
        ("1912-07-30", "大正元年7月30日（火）"),
        ("1912-07-29", "明治45年7月29日（月）"),
        ("1873-01-01", "明治6年1月1日（水）"),
    ],
)
def test_eras_change_on_the_days_of_the_law(iso: str, text: str) -> None:
    assert wareki(dt.date.fromisoformat(iso)) == text
    assert parse_day(text).isoformat() == iso


@pytest.mark.parametrize(
    ("text", "iso"), [("明治45年7月30日", "1912-07-30"), ("大正15年12月25日", "1926-12-25")]
)
def test_a_day_of_two_eras_may_be_typed_in_either(text: str, iso: str) -> None:
    assert parse_day(text).isoformat() == iso


@pytest.mark.parametrize(
    "text",
    [
        "R8.5.14",
        "r8/5/14",
        "Ｒ８．５．１４",
        "令和8年5月14日(木)",
        "㋿８年５月１４日",
        "令和8.5.14",
    ],
)
def test_what_hands_type(text: str) -> None:
    assert parse_day(text) == dt.date(2026, 5, 14)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a day"),
        ("8.5.14", "not a day"),
        ("きのう", "not a day"),
        ("2026-02-29", "no such day"),
        ("R8.13.1", "no such day"),
        ("令和0年5月1日", "令和 is"),
        ("平成32年1月1日", "平成 is"),
        ("平成31年5月1日", "平成 is"),
        ("令和元年4月30日", "令和 is"),
        ("昭和64年1月8日", "昭和 is"),
        ("明治45年7月31日", "明治 is"),
        ("明治5年12月2日", "before"),
        ("1872-12-31", "before"),
        ("令和8年5月14日（金）", "木曜日"),
    ],
)
def test_a_slip_is_named(text: str, why: str) -> None:
    with pytest.raises(MalformedError, match=why):
        parse_day(text)


@given(st.text(max_size=30))
def test_any_text_is_a_day_or_malformed(text: str) -> None:
    try:
        day = parse_day(text)
    except MalformedError:
        return
    assert parse_day(wareki(day)) == day


def test_a_day_before_the_solar_calendar_is_not_written() -> None:
    with pytest.raises(MalformedError):
        wareki(dt.date(1872, 12, 31))


@given(days)
def test_the_weekday_is_that_of_the_day(day: dt.date) -> None:
    assert wareki(day).endswith(f"（{WEEKDAYS[day.weekday()]}）")


def test_instants_are_written_by_tokyos_clock() -> None:
    at = dt.datetime(2026, 5, 13, 15, 5, 9, tzinfo=dt.UTC)
    assert wareki_minute(at) == "令和8年5月14日（木）0時05分"
    assert wareki_second(at) == "令和8年5月14日（木）0時05分09秒"
    with pytest.raises(MalformedError):
        wareki_minute(at.replace(tzinfo=None))


@given(st.integers(1873, 2999))
def test_a_fiscal_year_is_read_back(year: int) -> None:
    text = wareki_fiscal_year(year)
    assert parse_fiscal_year(text) == year
    assert parse_fiscal_year(text.translate(WIDE)) == year
    assert fiscal_year(fiscal_year_start(year)) == year
    assert fiscal_year(fiscal_year_start(year) - dt.timedelta(days=1)) == year - 1


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("令和8年度", 2026),
        ("令和元年度", 2019),
        ("平成31年度", 2019),
        ("平成元年度", 1989),
        ("昭和63年度", 1988),
        ("大正15年度", 1926),
        ("昭和元年度", 1926),
    ],
)
def test_a_fiscal_year_of_two_eras_is_one(text: str, year: int) -> None:
    assert parse_fiscal_year(text) == year


@pytest.mark.parametrize("text", ["令和0年度", "平成32年度", "昭和64年度", "8年度", "令和8年", ""])
def test_a_fiscal_year_that_never_was_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_fiscal_year(text)


series = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)


@given(st.integers(1873, 2999), series, st.integers(1, 999_999))
def test_a_case_number_is_read_back(year: int, name: str, number: int) -> None:
    case = CaseNumber(fiscal_year=year, series=name, number=number)
    assert parse_case_number(str(case)) == case


def test_a_case_number_reads_as_the_office_writes_it() -> None:
    case = CaseNumber(fiscal_year=2026, series="街頭", number=12)
    assert str(case) == "令和8年度 街頭 第12号"
    assert parse_case_number("令和８年度　街頭　第１２号") == case


@pytest.mark.parametrize(
    "text", ["令和8年度 第12号", "街頭 第12号", "令和8年度 街頭 第0号", "", "12"]
)
def test_other_text_is_no_case_number(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_case_number(text)


@given(st.text(max_size=30))
def test_any_text_is_a_case_number_or_malformed(text: str) -> None:
    try:
        case = parse_case_number(text)
    except MalformedError:
        return
    assert parse_case_number(str(case)) == case

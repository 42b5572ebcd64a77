# SPDX-License-Identifier: AGPL-3.0-or-later
"""Open days and the municipality's holidays, against years that the Cabinet Office published."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import TOKYO
from machimori.policy.calendar import OfficeCalendar, national_holidays

CITY = OfficeCalendar()
days = st.dates(dt.date(1987, 1, 1), dt.date(2098, 12, 31))

PUBLISHED = {
    2024: "0101 0108 0211 0212 0223 0320 0429 0503 0504 0505 0506 0715 0811 0812 0916 0922 0923 "
    "1014 1103 1104 1123",
    2025: "0101 0113 0211 0223 0224 0320 0429 0503 0504 0505 0506 0721 0811 0915 0923 1013 1103 "
    "1123 1124",
    2026: "0101 0112 0211 0223 0320 0429 0503 0504 0505 0506 0720 0811 0921 0922 0923 1012 1103 "
    "1123",
    2027: "0101 0111 0211 0223 0321 0322 0429 0503 0504 0505 0719 0811 0920 0923 1011 1103 1123",
}
"""内閣府「国民の祝日」 of these years: 振替休日 and 国民の休日 (2026-09-22) included."""


@pytest.mark.parametrize("year", PUBLISHED)
def test_national_holidays_are_those_published(year: int) -> None:
    assert (
        " ".join(day.strftime("%m%d") for day in sorted(national_holidays(year)))
        == (PUBLISHED[year])
    )


def test_years_that_the_formula_does_not_cover_are_refused() -> None:
    for year in (1985, 2100):
        with pytest.raises(MalformedError, match="1986 to 2099"):
            national_holidays(year)


@given(days)
def test_weekends_holidays_and_the_turn_of_the_year_are_closed(day: dt.date) -> None:
    turn = (day.month, day.day) in {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}
    closed = day.weekday() >= 5 or turn or day in national_holidays(day.year)
    assert CITY.is_open_day(day) is not closed
    assert CITY.is_holiday(day) is closed


def test_a_citys_own_days_change_who_is_there_and_no_period() -> None:
    saturday, monday = dt.date(2026, 5, 16), dt.date(2026, 5, 18)
    city = OfficeCalendar(open_days=frozenset({saturday}), closed_days=frozenset({monday}))
    assert city.is_open_day(saturday)
    assert city.is_holiday(saturday)
    assert not city.is_open_day(monday)
    assert not city.is_holiday(monday)


def test_a_holiday_of_the_ordinance_is_both() -> None:
    day = dt.date(2026, 6, 23)
    city = OfficeCalendar(holidays=frozenset({day}))
    assert city.is_holiday(day)
    assert not city.is_open_day(day)


@pytest.mark.parametrize(
    ("clock", "day", "kind"),
    [
        ("00:00", "2026-05-14", "early"),
        ("08:44", "2026-05-14", "early"),
        ("08:45", "2026-05-14", "open"),
        ("17:14", "2026-05-14", "open"),
        ("17:15", "2026-05-14", "night"),
        ("23:59", "2026-05-14", "night"),
        ("12:00", "2026-05-17", "closed_day"),
        ("02:14", "2026-05-17", "closed_day"),
        ("12:00", "2026-05-06", "closed_day"),
        ("12:00", "2026-12-29", "closed_day"),
        ("12:00", "2026-12-28", "open"),
    ],
)
def test_A17_early_morning_night_and_closed_days_are_told_apart(
    clock: str, day: str, kind: str
) -> None:
    """Early morning, night and closed days are told apart by the city's clock and calendar."""
    at = dt.datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=TOKYO)
    assert CITY.hours_class(at) == kind
    assert CITY.hours_class(at.astimezone(dt.UTC)) == kind


def test_an_hour_without_a_zone_is_refused() -> None:
    with pytest.raises(MalformedError):
        CITY.hours_class(dt.datetime(2026, 5, 14, 12))  # noqa: DTZ001


@given(days, st.integers(1, 60))
def test_open_days_are_counted_one_by_one(day: dt.date, count: int) -> None:
    end = CITY.add_open_days(day, count)
    passed = [day + dt.timedelta(days=n) for n in range(1, (end - day).days + 1)]
    assert sum(CITY.is_open_day(one) for one in passed) == count
    assert CITY.is_open_day(end)
    assert CITY.next_open_day(day) == CITY.add_open_days(day, 1)


@given(days)
def test_days_are_moved_no_further_than_needed(day: dt.date) -> None:
    later, earlier = CITY.after_holidays(day), CITY.last_open_day(day)
    assert earlier <= day <= later
    assert not CITY.is_holiday(later)
    assert all(CITY.is_holiday(day + dt.timedelta(days=n)) for n in range((later - day).days))
    assert CITY.is_open_day(earlier)
    assert (later - day).days <= 9
    assert (day - earlier).days <= 9


def test_an_office_that_never_opens_is_refused() -> None:
    first = dt.date(2026, 1, 1)
    shut = OfficeCalendar(closed_days=frozenset(first + dt.timedelta(days=n) for n in range(900)))
    with pytest.raises(MalformedError, match="no open day"):
        shut.add_open_days(first, 1)
    with pytest.raises(MalformedError, match="no open day"):
        shut.last_open_day(first + dt.timedelta(days=800))


def test_contradictions_are_refused() -> None:
    day = dt.date(2026, 5, 16)
    with pytest.raises(MalformedError, match="both open and closed"):
        OfficeCalendar(open_days=frozenset({day}), closed_days=frozenset({day}))
    with pytest.raises(MalformedError, match="before it closes"):
        OfficeCalendar(opens=dt.time(18), closes=dt.time(9))
    with pytest.raises(MalformedError, match="counted from 1"):
        CITY.add_open_days(day, 0)

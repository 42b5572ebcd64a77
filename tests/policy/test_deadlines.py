# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deadlines by the letter of the law, and their properties."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import TOKYO
from machimori.policy.calendar import OfficeCalendar
from machimori.policy.deadlines import (
    Correction,
    DisclosurePeriods,
    EmergencyFiling,
    RecordsRetention,
    appeal_deadline,
    appeal_limit,
    decision_deadline,
    large_request_deadline,
    manner_deadline,
    months_end,
    opposed_disclosure_from,
)

CITY = OfficeCalendar()
LAW = DisclosurePeriods()
DAY = dt.timedelta(days=1)
days = st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31))
periods = st.builds(
    DisclosurePeriods, decision_days=st.integers(1, 30), extension_days=st.integers(1, 30)
)


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@given(days)
def test_K19_the_day_of_receipt_is_not_counted(received: dt.date) -> None:
    """A statutory request has the law's thirty days, the day of receipt not counted."""
    due = decision_deadline(received, calendar=CITY, periods=LAW)
    assert (due.counted_day - received).days == 30


@given(days, periods, st.lists(st.tuples(st.integers(0, 20), st.integers(0, 40)), max_size=3))
def test_K19_correction_and_extension_lengthen_the_period_by_their_days(
    received: dt.date, periods: DisclosurePeriods, gaps: list[tuple[int, int]]
) -> None:
    """Days of correction are not counted, and the one extension follows on what was counted."""
    corrections, at = [], received
    for wait, length in gaps:
        asked = at + wait * DAY
        at = asked + length * DAY
        corrections.append(Correction(asked=asked, arrived=at))
    plain = decision_deadline(received, calendar=CITY, periods=periods)
    due = decision_deadline(
        received, calendar=CITY, periods=periods, corrections=tuple(reversed(corrections))
    )
    longer = decision_deadline(
        received, calendar=CITY, periods=periods, corrections=tuple(corrections), extended=True
    )
    assert (due.counted_day - plain.counted_day).days == sum(length for _, length in gaps)
    assert (longer.counted_day - due.counted_day).days == periods.extension_days


@given(days, periods)
def test_a_deadline_moves_over_holidays_only_and_says_by_which_rule(
    received: dt.date, periods: DisclosurePeriods
) -> None:
    due = decision_deadline(received, calendar=CITY, periods=periods)
    assert due.prudent_day <= due.counted_day <= due.last_day
    assert due.moved == CITY.is_holiday(due.counted_day)
    assert ("民法142条" in due.clauses) is due.moved
    assert not CITY.is_holiday(due.last_day)
    assert not due.is_over(due.last_day)
    assert due.is_over(due.last_day + DAY)


def test_golden_week_moves_the_end_and_not_the_extension() -> None:
    received = _day("2026-04-03")
    due = decision_deadline(received, calendar=CITY, periods=LAW)
    assert (due.counted_day, due.last_day, due.prudent_day) == (
        _day("2026-05-03"),
        _day("2026-05-07"),
        _day("2026-05-01"),
    )
    longer = decision_deadline(received, calendar=CITY, periods=LAW, extended=True)
    assert longer.counted_day == _day("2026-06-02")


def test_a_shorter_period_of_an_ordinance_counts() -> None:
    ordinance = DisclosurePeriods(decision_days=14)
    due = decision_deadline(_day("2026-05-14"), calendar=CITY, periods=ordinance)
    assert due.last_day == _day("2026-05-28")


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, 0) for name in ("decision_days", "extension_days", "large_days")]
    + [("decision_days", 31), ("extension_days", 31), ("large_days", 61)],
)
def test_an_ordinance_lengthens_no_period(name: str, value: int) -> None:
    with pytest.raises(MalformedError, match="an ordinance sets"):
        DisclosurePeriods(**{name: value})


def test_corrections_that_overlap_or_precede_the_request_are_refused() -> None:
    one = Correction(asked=_day("2026-05-18"), arrived=_day("2026-05-25"))
    inside = Correction(asked=_day("2026-05-20"), arrived=_day("2026-05-21"))
    for received, corrections in (
        (_day("2026-05-14"), (one, inside)),
        (_day("2026-05-19"), (one,)),
    ):
        with pytest.raises(MalformedError, match="before the request or inside another"):
            decision_deadline(received, calendar=CITY, periods=LAW, corrections=corrections)
    with pytest.raises(MalformedError, match="before it was asked for"):
        Correction(asked=_day("2026-05-18"), arrived=_day("2026-05-17"))


@given(days)
def test_a_large_request_has_sixty_days_for_the_considerable_part(received: dt.date) -> None:
    due = large_request_deadline(received, calendar=CITY, periods=LAW)
    assert (due.counted_day - received).days == 60


@given(days)
def test_two_whole_weeks_lie_between_decision_and_opposed_disclosure(decided: dt.date) -> None:
    disclosed = opposed_disclosure_from(decided)
    between = [decided + n * DAY for n in range(1, (disclosed - decided).days)]
    assert len(between) == 14


@given(days)
def test_the_manner_is_asked_for_within_thirty_days_of_notice(notified: dt.date) -> None:
    due = manner_deadline(notified, calendar=CITY)
    assert (due.counted_day - notified).days == 30
    assert ("地方自治法4条の2第4項" in due.clauses) is due.moved


@pytest.mark.parametrize(
    ("learned", "last"),
    [
        ("2026-05-14", "2026-08-14"),
        ("2027-02-28", "2027-05-31"),
        ("2027-11-30", "2028-02-29"),
        ("2026-11-30", "2027-02-28"),
        ("2026-11-29", "2027-02-28"),
        ("2027-01-31", "2027-04-30"),
        ("2026-09-30", "2026-12-31"),
    ],
)
def test_three_months_run_by_the_calendar(learned: str, last: str) -> None:
    assert appeal_deadline(_day(learned), calendar=CITY).counted_day == _day(last)


@given(days, st.integers(1, 24))
def test_a_period_of_months_ends_before_its_corresponding_day(first: dt.date, months: int) -> None:
    end = months_end(first, months)
    following = end + DAY
    whole = (following.year - first.year) * 12 + following.month - first.month
    assert whole == months or (following.day == 1 and whole == months + 1 and first.day > end.day)
    assert following.day == (first.day if whole == months else 1)


@given(days)
def test_an_appeal_is_late_on_the_first_open_day_after_its_end(learned: dt.date) -> None:
    due = appeal_deadline(learned, calendar=CITY)
    assert not CITY.is_holiday(due.last_day)
    assert 88 <= (due.counted_day - learned).days <= 93
    limit = appeal_limit(learned, calendar=CITY)
    assert (limit.counted_day - learned).days in (365, 366)


@given(days, st.integers(1, 30))
def test_records_are_kept_by_whole_fiscal_years(completed: dt.date, years: int) -> None:
    rule = RecordsRetention(years=years)
    first, last = rule.starts(completed), rule.last_day(completed)
    assert (first.month, first.day) == (4, 1)
    assert completed < first
    assert (first - completed).days <= 366
    assert last is not None
    assert last + DAY == first.replace(year=first.year + years)


def test_records_wait_for_an_appeal_and_some_for_ever() -> None:
    rule = RecordsRetention(years=5)
    assert rule.last_day(_day("2026-03-31")) == _day("2031-03-31")
    assert rule.last_day(_day("2026-04-01")) == _day("2032-03-31")
    held = rule.last_day(_day("2026-03-31"), held_until=_day("2033-06-30"))
    assert held == _day("2034-03-31")
    assert rule.last_day(_day("2026-03-31"), held_until=_day("2027-01-01")) == _day("2031-03-31")
    assert RecordsRetention(years=None).last_day(_day("2026-03-31")) is None
    with pytest.raises(MalformedError, match="1 to 100 years"):
        RecordsRetention(years=0)


def test_A17_the_filing_is_due_by_the_clock_on_the_nth_open_day() -> None:
    """The application of an emergency is due by a clock time on the city's n-th open day."""
    rule = EmergencyFiling(open_days=1, at=dt.time(17))
    sunday = dt.datetime(2026, 5, 17, 2, 14, tzinfo=TOKYO)
    assert rule.due(sunday, calendar=CITY) == dt.datetime(2026, 5, 18, 17, tzinfo=TOKYO)
    before_golden_week = dt.datetime(2026, 5, 1, 15, tzinfo=dt.UTC)
    two = EmergencyFiling(open_days=2, at=dt.time(12))
    assert two.due(before_golden_week, calendar=CITY) == dt.datetime(2026, 5, 8, 12, tzinfo=TOKYO)
    with pytest.raises(MalformedError):
        rule.due(sunday.replace(tzinfo=None), calendar=CITY)
    with pytest.raises(MalformedError, match="1 to 30 open days"):
        EmergencyFiling(open_days=0, at=dt.time(17))


@given(
    st.datetimes(
        dt.datetime(1990, 1, 1),  # noqa: DTZ001
        dt.datetime(2090, 1, 1),  # noqa: DTZ001
        timezones=st.just(TOKYO),
    ),
    st.integers(1, 30),
)
def test_A17_a_filing_is_never_due_before_the_extraction(at: dt.datetime, count: int) -> None:
    """A filing is due after the extraction, on an open day, later for more days."""
    due = EmergencyFiling(open_days=count, at=dt.time(17)).due(at, calendar=CITY)
    assert due > at
    assert CITY.is_open_day(due.date())
    more = EmergencyFiling(open_days=count + 1, at=dt.time(17)) if count < 30 else None
    assert more is None or more.due(at, calendar=CITY) > due

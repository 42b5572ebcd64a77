# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whole local days, counted as the city's document says."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import TOKYO, local_day
from machimori.policy.retention import RetentionRule

INZAI = RetentionRule(days=14, count_from="recording_day")
SAKAI = RetentionRule(days=14, count_from="next_day")
days = st.dates(dt.date(1971, 1, 1), dt.date(2200, 1, 1))
rules = st.builds(
    RetentionRule,
    days=st.integers(1, 3660),
    count_from=st.sampled_from(("recording_day", "next_day")),
)


@given(days)
def test_I6_two_weeks_from_the_day_of_recording_end_with_its_thirteenth_morrow(
    day: dt.date,
) -> None:
    assert (INZAI.last_day(day) - day).days == 13
    kept = [day + dt.timedelta(days=n) for n in range(14)]
    assert all(local_day(INZAI.expires_at(day)) > one for one in kept)


@given(days)
def test_K11_two_weeks_end_with_the_same_weekday_of_the_week_after_next(day: dt.date) -> None:
    last = SAKAI.last_day(day)
    assert last.weekday() == day.weekday()
    assert last.isocalendar()[:2] == (day + dt.timedelta(weeks=2)).isocalendar()[:2]
    assert last == day + dt.timedelta(days=14)


@pytest.mark.parametrize("number", range(7, 15))
def test_A10_one_to_two_weeks_need_one_whole_number_and_how_it_is_counted(number: int) -> None:
    day = dt.date(2026, 11, 21)
    ends = {
        RetentionRule(days=number, count_from="recording_day").last_day(day),
        RetentionRule(days=number, count_from="next_day").last_day(day),
    }
    assert len(ends) == 2


@given(rules, days)
def test_expiry_is_local_midnight_after_the_last_day(rule: RetentionRule, day: dt.date) -> None:
    at = rule.expires_at(day)
    local = dt.datetime.fromtimestamp(at / 1_000_000, TOKYO)
    assert (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    assert local.date() == rule.last_day(day) + dt.timedelta(days=1)
    # Tokyo has no summer time: a day kept is 24 hours kept, always.
    assert at % 86_400_000_000 == 15 * 3_600_000_000


@given(rules, days)
def test_later_days_expire_later_by_a_day_each(rule: RetentionRule, day: dt.date) -> None:
    following = day + dt.timedelta(days=1)
    assert rule.expires_at(following) - rule.expires_at(day) == 86_400_000_000


@given(days, st.integers(1, 3659))
def test_counting_from_the_next_day_is_a_day_more(day: dt.date, number: int) -> None:
    from_next = RetentionRule(days=number, count_from="next_day")
    one_more = RetentionRule(days=number + 1, count_from="recording_day")
    assert from_next.last_day(day) == one_more.last_day(day)


@pytest.mark.parametrize(
    ("day", "last"),
    [("2028-02-20", "2028-03-04"), ("2027-02-20", "2027-03-05"), ("2026-12-25", "2027-01-07")],
)
def test_leap_days_and_years_ends_count_as_days(day: str, last: str) -> None:
    assert INZAI.last_day(dt.date.fromisoformat(day)) == dt.date.fromisoformat(last)


def test_a_calendar_with_summer_time_still_ends_at_midnight() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    day = dt.date(2026, 10, 25)
    rule = RetentionRule(days=1, count_from="recording_day")
    start = RetentionRule(days=1, count_from="recording_day").expires_at(
        day - dt.timedelta(days=1), berlin
    )
    assert rule.expires_at(day, berlin) - start == 25 * 3_600_000_000


@pytest.mark.parametrize("days", [0, -1, 3661])
def test_days_outside_the_bounds_are_malformed(days: int) -> None:
    with pytest.raises(MalformedError):
        RetentionRule(days=days, count_from="recording_day")


def test_an_unknown_way_of_counting_is_malformed() -> None:
    with pytest.raises(MalformedError):
        RetentionRule(days=14, count_from="weeks")  # type: ignore[arg-type]

# SPDX-License-Identifier: AGPL-3.0-or-later
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel import instants
from machimori.kernel.clock import ManualClock, SystemClock
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import MAX_MICROS, Micros

ANY = st.integers(0, MAX_MICROS).map(Micros)
DAYS = st.dates(dt.date(1970, 1, 2), dt.date(9999, 12, 30))


@given(ANY)
def test_an_instant_and_back(value: Micros) -> None:
    assert instants.micros(instants.instant(value)) == value
    assert instants.parse_rfc3339(instants.rfc3339(value)) == value


@given(DAYS)
def test_a_local_day_is_where_its_first_and_last_instants_fall(day: dt.date) -> None:
    start = instants.day_start(day)
    end = instants.day_start(day + dt.timedelta(days=1))
    assert instants.local_day(start) == day == instants.local_day(Micros(end - 1))
    assert instants.local_day(end) != day


def test_a_japanese_day_begins_at_fifteen_hours_utc() -> None:
    start = instants.day_start(dt.date(2026, 5, 14))
    assert instants.rfc3339(start) == "2026-05-13T15:00:00.000000Z"


@pytest.mark.parametrize("text", ["2026-5-14", "20260514", "2026-02-30", "", "2026-05-14T00:00"])
def test_other_spellings_of_a_day_are_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        instants.parse_day(text)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(MalformedError, match="time zone"):
        instants.parse_rfc3339("2026-05-14T00:00:00")
    with pytest.raises(MalformedError):
        instants.instant(Micros(-1))


def test_a_manual_clock_moves_when_told_and_can_be_set_wrong() -> None:
    clock = ManualClock(Micros(1_000_000))
    clock.sleep(1.5)
    assert (clock.now(), clock.monotonic()) == (2_500_000, 1.5)
    clock.set(Micros(7))
    assert (clock.now(), clock.monotonic()) == (7, 1.5)


def test_the_machine_s_clock_counts_microseconds() -> None:
    before = SystemClock().now()
    SystemClock().sleep(0.001)
    assert 1000 <= SystemClock().now() - before < 60_000_000

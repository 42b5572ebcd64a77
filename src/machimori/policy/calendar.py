# SPDX-License-Identifier: AGPL-3.0-or-later
"""開庁日: on which days a city's office is open, by its clock, and which days are its holidays.

Two questions that differ. *Is somebody there?* decides whether a request goes the ordinary way and
when a paper can be handed in. *Is it a holiday of this municipality?* (地方自治法4条の2, fixed by
ordinance) decides whether a statutory period ends later. A Saturday on which the counter is open
remains a holiday; a weekday on which the building is shut for repairs is none.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import jpholiday

from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import TOKYO

HoursClass = Literal["open", "closed_day", "early", "night"]
"""早朝 `early` and 夜間 `night` are hours of a day on which the office is open at some time."""

FIRST_YEAR, LAST_YEAR = 1986, 2099
"""Years for which national holidays are computed: since 国民の休日 exist (Act 103 of 1985), and as
long as the formula for the equinoxes is good. The coming year's equinoxes become law each February
by notice in the 官報; a city corrects a difference with `holidays`."""

_LONGEST_CLOSURE = 400


@lru_cache(maxsize=256)
def national_holidays(year: int) -> dict[dt.date, str]:
    """国民の祝日, 振替休日 and 国民の休日 of a year, with their names (祝日法, Act 178 of 1948).

    Raises MalformedError outside the years 1986 to 2099.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise MalformedError(
            f"national holidays are known for {FIRST_YEAR} to {LAST_YEAR}", where=f"year {year}"
        )
    return {
        dt.date(day.year, day.month, day.day): name for day, name in jpholiday.year_holidays(year)
    }


@dataclass(frozen=True, kw_only=True)
class OfficeCalendar:
    """One city's calendar.

    `opens` and `closes` are local clock times; the office is open from the first to just before the
    second. `year_end` are the days (month, day) that the ordinance adds at the turn of the year:
    December 29th to January 3rd as for the state (行政機関の休日に関する法律1条1項3号). `holidays`
    are further holidays of the ordinance (地方自治法4条の2第3項, or an equinox that was computed
    wrong). `closed_days` and `open_days` are the city's own exceptions to who is there, and change
    no period. Raises MalformedError for a day that is both, and for hours that do not run forwards.
    """

    opens: dt.time = dt.time(8, 45)
    closes: dt.time = dt.time(17, 15)
    year_end: tuple[tuple[int, int], ...] = ((12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3))
    holidays: frozenset[dt.date] = frozenset()
    closed_days: frozenset[dt.date] = frozenset()
    open_days: frozenset[dt.date] = frozenset()
    tz: ZoneInfo = TOKYO

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise MalformedError(
                "the office must open before it closes", where=f"{self.opens} to {self.closes}"
            )
        if both := sorted(self.closed_days & self.open_days):
            raise MalformedError("a day is both open and closed", where=str(both[0]))

    def is_holiday(self, day: dt.date) -> bool:
        """Whether `day` is 地方公共団体の休日: what statutory periods look at."""
        return (
            day.weekday() >= 5
            or (day.month, day.day) in self.year_end
            or day in self.holidays
            or day in national_holidays(day.year)
        )

    def is_open_day(self, day: dt.date) -> bool:
        """Whether the office is open at some hour of `day`."""
        if day in self.open_days:
            return True
        return day not in self.closed_days and not self.is_holiday(day)

    def hours_class(self, at: dt.datetime) -> HoursClass:
        """What kind of hour the aware instant `at` is. Raises MalformedError without a zone."""
        if at.tzinfo is None:
            raise MalformedError("a time without a time zone is ambiguous", where=str(at))
        local = at.astimezone(self.tz)
        if not self.is_open_day(local.date()):
            return "closed_day"
        clock = local.time()
        if clock < self.opens:
            return "early"
        return "open" if clock < self.closes else "night"

    def next_open_day(self, day: dt.date) -> dt.date:
        """The first open day after `day`."""
        return self.add_open_days(day, 1)

    def add_open_days(self, day: dt.date, count: int) -> dt.date:
        """The `count`-th open day after `day`, which itself is not counted.

        Raises MalformedError for a count below 1, and where more than 400 days pass without one.
        """
        if count < 1:
            raise MalformedError("open days are counted from 1", where=f"count = {count}")
        last_open = day
        while count:
            day += dt.timedelta(days=1)
            if self.is_open_day(day):
                count, last_open = count - 1, day
            elif (day - last_open).days > _LONGEST_CLOSURE:
                raise MalformedError(
                    f"no open day within {_LONGEST_CLOSURE} days", where=f"after {last_open}"
                )
        return day

    def last_open_day(self, day: dt.date) -> dt.date:
        """`day` if it is open, else the last open day before it. Raises as `add_open_days`."""
        for back in range(_LONGEST_CLOSURE):
            if self.is_open_day(day - dt.timedelta(days=back)):
                return day - dt.timedelta(days=back)
        raise MalformedError(f"no open day within {_LONGEST_CLOSURE} days", where=f"before {day}")

    def after_holidays(self, day: dt.date) -> dt.date:
        """`day` itself, or the first day after it that is no holiday of the municipality."""
        while self.is_holiday(day):
            day += dt.timedelta(days=1)
        return day

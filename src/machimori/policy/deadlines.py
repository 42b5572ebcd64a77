# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deadlines of the law and of a city's rules, counted in days of the office's calendar.

How a period is counted is 民法138条 to 143条, which apply wherever a law says nothing else: the day
of the event is not counted (140条), months run by the calendar (143条). What happens when the last
day is closed differs by whose act it ends:

- An act *towards* the authority (the requester's 申出, a 審査請求): 地方自治法4条の2第4項, the day
  after the municipality's holiday is the last.
- The authority's own act (the decision on disclosure) is no 「行政庁に対する」 act, so that rule
  does not reach it; 民法142条 does, which lets a period end on the next day if no business is done
  on its last. A page reminds of `prudent_day` all the same, which needs no such argument.

「個情法」 is the Act on the Protection of Personal Information (Act 57 of 2003), which binds
municipalities since April 2023; 行審法 the Administrative Complaint Review Act (Act 68 of 2014).
"""

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass

from machimori.kernel.errors import MalformedError
from machimori.policy.calendar import OfficeCalendar
from machimori.policy.wareki import fiscal_year, fiscal_year_start

TOWARDS_THE_AUTHORITY = "地方自治法4条の2第4項"
BY_THE_AUTHORITY = "民法142条"


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """The last day of a period.

    `counted_day` is the last of the counted days; `last_day` is the same or, where that day is a
    holiday, the first day after it that is none. `prudent_day` is the last open day that is no
    later than `counted_day`: what reminders use. `clauses` are the rules that gave the day, the
    one that moved it (`moved`) included.
    """

    counted_day: dt.date
    last_day: dt.date
    prudent_day: dt.date
    clauses: tuple[str, ...]

    @property
    def moved(self) -> bool:
        """Whether a holiday made the period longer."""
        return self.last_day != self.counted_day

    def is_over(self, today: dt.date) -> bool:
        """Whether an act of `today` comes too late."""
        return today > self.last_day


@dataclass(frozen=True, kw_only=True)
class Correction:
    """補正: asked for on one day, and the corrected request arrived on another.

    `days` are not counted (個情法83条1項ただし書): those after the request for correction up to the
    day of arrival, the fewest that the wording allows. Raises MalformedError if it runs backwards.
    """

    asked: dt.date
    arrived: dt.date

    def __post_init__(self) -> None:
        if self.arrived < self.asked:
            raise MalformedError(
                "a correction arrived before it was asked for",
                where=f"{self.asked} to {self.arrived}",
            )

    @property
    def days(self) -> int:
        """Days that the period is longer by."""
        return (self.arrived - self.asked).days


@dataclass(frozen=True, kw_only=True)
class DisclosurePeriods:
    """Days for a decision on disclosure: the law's, or fewer by the city's ordinance.

    `decision_days` 個情法83条1項, `extension_days` 83条2項, `large_days` 84条. An ordinance may
    shorten the first two independently, and lengthen none (108条; PPC's Q&A 5-6-1). Raises
    MalformedError for a value outside 1 to the law's.
    """

    decision_days: int = 30
    extension_days: int = 30
    large_days: int = 60

    def __post_init__(self) -> None:
        for name, most in (("decision_days", 30), ("extension_days", 30), ("large_days", 60)):
            value = getattr(self, name)
            if not 1 <= value <= most:
                raise MalformedError(
                    f"an ordinance sets 1 to {most} days", where=f"{name} = {value}"
                )


def decision_deadline(
    received: dt.date,
    *,
    calendar: OfficeCalendar,
    periods: DisclosurePeriods,
    corrections: tuple[Correction, ...] = (),
    extended: bool = False,
) -> Deadline:
    """By when a request for disclosure must be decided (個情法83条).

    The day of receipt is not counted, nor are days of correction; the one extension follows on the
    period as counted, before a holiday moved its end. The notice of an extension is due 遅滞なく
    and makes sense only before `decision_deadline(..., extended=False)`. Raises MalformedError for
    corrections before receipt or overlapping.
    """
    days = periods.decision_days + _correction_days(received, corrections)
    clauses = ("個情法83条1項",)
    if extended:
        days += periods.extension_days
        clauses = ("個情法83条2項",)
    return _ending(received + dt.timedelta(days=days), clauses, BY_THE_AUTHORITY, calendar)


def large_request_deadline(
    received: dt.date, *, calendar: OfficeCalendar, periods: DisclosurePeriods
) -> Deadline:
    """By when the considerable part of a very large request must be decided (個情法84条).

    The rest follows on the day that the notice names; that notice is due within the period of
    83条1項, `decision_deadline(..., extended=False)`. 84条 counts from the request and mentions no
    correction, so none is deducted.
    """
    day = received + dt.timedelta(days=periods.large_days)
    return _ending(day, ("個情法84条",), BY_THE_AUTHORITY, calendar)


def opposed_disclosure_from(decided: dt.date) -> dt.date:
    """The first day of disclosure if a third party has filed an opposing opinion (個情法86条3項).

    *Between* the day of decision and that of disclosure lie at least two weeks, neither counted:
    the fifteenth day after the decision.
    """
    return decided + dt.timedelta(days=15)


def manner_deadline(notified: dt.date, *, calendar: OfficeCalendar) -> Deadline:
    """By when the requester says how disclosure shall be done: 30 days from notice (個情法87条4項).

    A good reason excuses a later one; that is the office's judgement, not arithmetic.
    """
    day = notified + dt.timedelta(days=30)
    return _ending(day, ("個情法87条4項",), TOWARDS_THE_AUTHORITY, calendar)


def appeal_deadline(learned: dt.date, *, calendar: OfficeCalendar) -> Deadline:
    """Until when a decision can be appealed: three months (行審法18条1項).

    Counted from the day after the person learned of it, by the calendar (民法143条2項): the period
    ends on the day before the one that corresponds to its first, or on the month's last if there is
    none. Days in the mail are not counted (18条3項) and are the office's to add.
    """
    day = months_end(learned + dt.timedelta(days=1), 3)
    return _ending(day, ("行審法18条1項",), TOWARDS_THE_AUTHORITY, calendar)


def appeal_limit(decided: dt.date, *, calendar: OfficeCalendar) -> Deadline:
    """Until when anybody can appeal who has not learned of it: one year (行審法18条2項)."""
    day = months_end(decided + dt.timedelta(days=1), 12)
    return _ending(day, ("行審法18条2項",), TOWARDS_THE_AUTHORITY, calendar)


def months_end(first: dt.date, months: int) -> dt.date:
    """The last day of `months` calendar months whose first counted day is `first` (民法143条)."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    longest = monthrange(year, month + 1)[1]
    if first.day > longest:
        return dt.date(year, month + 1, longest)
    return dt.date(year, month + 1, first.day) - dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class RecordsRetention:
    """文書保存年限: whole 年度, or None for 永年 (kept for good).

    Counted from April 1st after the 年度 in which the case was completed, as municipal
    文書管理規程 do; there is no law for municipalities. Raises MalformedError outside 1 to 100.
    """

    years: int | None

    def __post_init__(self) -> None:
        if self.years is not None and not 1 <= self.years <= 100:
            raise MalformedError("records are kept 1 to 100 years", where=f"years = {self.years}")

    def starts(self, completed: dt.date) -> dt.date:
        """April 1st after the 年度 in which the case was completed."""
        return fiscal_year_start(fiscal_year(completed) + 1)

    def last_day(self, completed: dt.date, *, held_until: dt.date | None = None) -> dt.date | None:
        """The last day on which the record is kept, a March 31st; None for good.

        `held_until` is the end of an appeal or lawsuit that needs the record: then the March 31st
        of that 年度 at the earliest, since disposal goes by 年度.
        """
        if self.years is None:
            return None
        year = self.starts(completed).year + self.years
        if held_until is not None:
            year = max(year, fiscal_year(held_until) + 1)
        return dt.date(year, 3, 31)


@dataclass(frozen=True, kw_only=True)
class EmergencyFiling:
    """When the 申請書 of an emergency extraction is due (旭川3(5) 遅滞なく: the city's own number).

    By the clock time `at` of the `open_days`-th open day after the day of the extraction. Raises
    MalformedError for days outside 1 to 30.
    """

    open_days: int
    at: dt.time

    def __post_init__(self) -> None:
        if not 1 <= self.open_days <= 30:
            raise MalformedError("1 to 30 open days", where=f"open_days = {self.open_days}")

    def due(self, extracted: dt.datetime, *, calendar: OfficeCalendar) -> dt.datetime:
        """The aware instant, in the calendar's zone, after which the filing is late.

        Raises MalformedError if `extracted` carries no time zone.
        """
        if extracted.tzinfo is None:
            raise MalformedError("a time without a time zone is ambiguous", where=str(extracted))
        day = extracted.astimezone(calendar.tz).date()
        due = calendar.add_open_days(day, self.open_days)
        return dt.datetime.combine(due, self.at, tzinfo=calendar.tz)


def _ending(
    counted: dt.date, clauses: tuple[str, ...], mover: str, calendar: OfficeCalendar
) -> Deadline:
    last = calendar.after_holidays(counted)
    return Deadline(
        counted_day=counted,
        last_day=last,
        prudent_day=calendar.last_open_day(counted),
        clauses=clauses if last == counted else (*clauses, mover),
    )


def _correction_days(received: dt.date, corrections: tuple[Correction, ...]) -> int:
    before = received
    for one in sorted(corrections, key=lambda one: one.asked):
        if one.asked < before:
            raise MalformedError(
                "a correction begins before the request or inside another",
                where=f"asked {one.asked}",
            )
        before = one.arrived
    return sum(one.days for one in corrections)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""和暦: how an office writes a day, a 年度 and a case number, and how it may type a day.

Eras and their days follow the edicts and the cabinet orders under the Era Name Act (元号法, Act 43
of 1979): 大正 began on 1912-07-30 and 昭和 on 1926-12-25, each on the very day of the change, so
that day may be written in either era and is written in the new one; 平成 began on 1989-01-08, the
day after 昭和 ended, and 令和 on 2019-05-01. Japan has used this calendar since 明治6年1月1日
(太政官布告第337号 of 明治5年); earlier days are refused.
"""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import TOKYO

WEEKDAYS = "月火水木金土日"
"""The weekdays in the order of `date.weekday()`."""

FIRST_DAY = dt.date(1873, 1, 1)
"""明治6年1月1日, the first day of the solar calendar in Japan."""

_REMEDY = "write 令和8年5月14日, R8.5.14 or 2026-05-14"


@dataclass(frozen=True, kw_only=True)
class Era:
    """One 元号: its first day and the last day that may be written in it (None: still running)."""

    name: str
    letter: str
    first: dt.date
    last: dt.date | None

    def holds(self, day: dt.date) -> bool:
        """Whether `day` may be written in this era."""
        return self.first <= day and (self.last is None or day <= self.last)


ERAS = (
    Era(name="令和", letter="R", first=dt.date(2019, 5, 1), last=None),
    Era(name="平成", letter="H", first=dt.date(1989, 1, 8), last=dt.date(2019, 4, 30)),
    Era(name="昭和", letter="S", first=dt.date(1926, 12, 25), last=dt.date(1989, 1, 7)),
    Era(name="大正", letter="T", first=dt.date(1912, 7, 30), last=dt.date(1926, 12, 25)),
    Era(name="明治", letter="M", first=dt.date(1868, 10, 23), last=dt.date(1912, 7, 30)),
)
"""Latest first: of two eras that share a day, the new one is written."""

_ERA = "|".join(era.name for era in ERAS)
_ERA_DAY = re.compile(
    rf"(?P<era>{_ERA}|[{''.join(era.letter for era in ERAS)}])\s*"
    r"(?P<year>元|\d{1,3})\s*(?:年|[./-])\s*(?P<month>\d{1,2})\s*(?:月|[./-])\s*(?P<day>\d{1,2})"
    r"\s*日?",
    re.IGNORECASE,
)
_WESTERN_DAY = re.compile(
    r"(?P<year>\d{4})\s*(?:年|[./-])\s*(?P<month>\d{1,2})\s*(?:月|[./-])\s*(?P<day>\d{1,2})\s*日?"
)
_WEEKDAY = re.compile(rf"\s*\(([{WEEKDAYS}])(?:曜日?)?\)$")
_FISCAL_YEAR = re.compile(rf"(?P<era>{_ERA})\s*(?P<year>元|\d{{1,3}})\s*年度")
_CASE_NUMBER = re.compile(
    rf"(?P<fiscal>(?:{_ERA})\s*(?:元|\d{{1,3}})\s*年度)\s+(?P<series>\S+)\s+第\s*(?P<number>\d+)\s*号"
)


def era_of(day: dt.date) -> Era:
    """The era in which `day` is written. Raises MalformedError before 明治6年1月1日."""
    if day < FIRST_DAY:
        raise MalformedError("a day before 明治6年1月1日 (1873-01-01)", where=day.isoformat())
    return next(era for era in ERAS if era.holds(day))


def wareki(day: dt.date, *, weekday: bool = True) -> str:
    """`day` as 「令和8年5月14日（木）」. Raises MalformedError before 明治6年1月1日."""
    era = era_of(day)
    text = f"{era.name}{_era_year(era, day.year)}年{day.month}月{day.day}日"
    return f"{text}（{WEEKDAYS[day.weekday()]}）" if weekday else text


def wareki_short(day: dt.date) -> str:
    """`day` as `R8.5.14`, for narrow columns. Raises MalformedError before 明治6年1月1日."""
    era = era_of(day)
    return f"{era.letter}{day.year - era.first.year + 1}.{day.month}.{day.day}"


def wareki_minute(at: dt.datetime) -> str:
    """An aware instant by Tokyo's clock, 「令和8年5月14日（木）21時05分」.

    Raises MalformedError if `at` carries no time zone.
    """
    local = _local(at)
    return f"{wareki(local.date())}{local.hour}時{local.minute:02d}分"


def wareki_second(at: dt.datetime) -> str:
    """As `wareki_minute`, with the second: what an interval of footage is written with."""
    return f"{wareki_minute(at)}{_local(at).second:02d}秒"


def parse_day(text: str) -> dt.date:
    """A day as an official may type it: 和暦 in full or short, 西暦, any width of digits.

    令和8年5月14日, 令和元年5月1日, R8.5.14, 2026-05-14, 2026/5/14, ２０２６年５月１４日, each with
    or without its weekday in brackets. Raises MalformedError for anything else, for a day outside
    the era that is named, and for a weekday that is not that day's: a slip of the hand.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    said = _WEEKDAY.search(plain)
    bare = plain[: said.start()] if said else plain
    if match := _ERA_DAY.fullmatch(bare):
        day = _day_in_era(match, text)
    elif match := _WESTERN_DAY.fullmatch(bare):
        day = _day(int(match["year"]), match, text)
    else:
        raise MalformedError("not a day", where=text[:40], remedy=_REMEDY)
    if day < FIRST_DAY:
        raise MalformedError("a day before 明治6年1月1日 (1873-01-01)", where=text[:40])
    if said and said[1] != WEEKDAYS[day.weekday()]:
        raise MalformedError(
            f"that day is a {WEEKDAYS[day.weekday()]}曜日",
            where=text[:40],
            remedy="correct the day or its weekday",
        )
    return day


def fiscal_year(day: dt.date) -> int:
    """The 年度 of `day`, named by the year in which it begins: April 1st to March 31st.

    地方自治法208条1項.
    """
    return day.year if day.month >= 4 else day.year - 1


def fiscal_year_start(year: int) -> dt.date:
    """April 1st, on which the 年度 `year` begins."""
    return dt.date(year, 4, 1)


def wareki_fiscal_year(year: int) -> str:
    """The 年度 that begins in `year`, as 「令和8年度」. Raises MalformedError before 明治6年度.

    The era is that of April 1st. 2019年度 alone is written 令和元年度, as the ministries agreed on
    2019-04-01 for all of it.
    """
    era = ERAS[0] if year == 2019 else era_of(dt.date(year, 4, 1))
    return f"{era.name}{_era_year(era, year)}年度"


def parse_fiscal_year(text: str) -> int:
    """The year in which the 年度 begins; 平成31年度 and 令和元年度 are one.

    Raises MalformedError for other text and for a 年度 of which the era had no day.
    """
    match = _FISCAL_YEAR.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not match:
        raise MalformedError("not a 年度", where=text[:40], remedy="write 令和8年度")
    era = _era_named(match["era"])
    year = era.first.year + _number(match["year"]) - 1
    if not 1873 <= year <= 9998:
        raise MalformedError("a 年度 outside the calendar", where=text[:40])
    first, last = fiscal_year_start(year), dt.date(year + 1, 3, 31)
    if last < era.first or (era.last is not None and first > era.last):
        raise MalformedError(
            f"{era.name} had no day in that 年度", where=text[:40], remedy="check era and year"
        )
    return year


@dataclass(frozen=True, kw_only=True)
class CaseNumber:
    """A number that runs per scheme and 年度: 「令和8年度 街頭 第12号」.

    `fiscal_year` is the year in which the 年度 begins, `series` the scheme's short name (one to 20
    characters without spaces), `number` runs from 1. Raises MalformedError for other values.
    """

    fiscal_year: int
    series: str
    number: int

    def __post_init__(self) -> None:
        if not 1873 <= self.fiscal_year <= 9998:
            raise MalformedError("a 年度 outside the calendar", where=str(self.fiscal_year))
        if not 1 <= len(self.series) <= 20 or not self.series.isprintable() or " " in self.series:
            raise MalformedError(
                "a series is 1 to 20 characters without spaces", where=repr(self.series)[:40]
            )
        if not 1 <= self.number <= 999_999:
            raise MalformedError("a case number is 1 to 999999", where=str(self.number))

    def __str__(self) -> str:
        return f"{wareki_fiscal_year(self.fiscal_year)} {self.series} 第{self.number}号"


def parse_case_number(text: str) -> CaseNumber:
    """The inverse of `str(CaseNumber)`; spaces and digits of any width. Raises MalformedError."""
    match = _CASE_NUMBER.fullmatch(text.strip())
    if not match or len(match["number"]) > 6:
        raise MalformedError(
            "not a case number", where=text[:40], remedy="write 令和8年度 街頭 第12号"
        )
    return CaseNumber(
        fiscal_year=parse_fiscal_year(match["fiscal"]),
        series=match["series"],
        number=int(match["number"]),
    )


def _era_year(era: Era, year: int) -> str:
    number = year - era.first.year + 1
    return "元" if number == 1 else str(number)


def _number(text: str) -> int:
    return 1 if text == "元" else int(text)


def _era_named(text: str) -> Era:
    return next(era for era in ERAS if text.upper() in (era.name, era.letter))


def _day_in_era(match: re.Match[str], text: str) -> dt.date:
    era = _era_named(match["era"])
    day = _day(era.first.year + _number(match["year"]) - 1, match, text)
    if not era.holds(day):
        until = f" to {era.last}" if era.last else ""
        raise MalformedError(
            f"{era.name} is {era.first}{until}", where=text[:40], remedy="check the era"
        )
    return day


def _day(year: int, match: re.Match[str], text: str) -> dt.date:
    try:
        return dt.date(year, int(match["month"]), int(match["day"]))
    except ValueError as error:
        raise MalformedError(
            "no such day in the calendar", where=text[:40], remedy=_REMEDY
        ) from error


def _local(at: dt.datetime) -> dt.datetime:
    if at.tzinfo is None:
        raise MalformedError("a time without a time zone is ambiguous", where=str(at))
    return at.astimezone(TOKYO)

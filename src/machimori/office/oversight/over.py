# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases of every kind that are over, with the last day of each one's records, as the database finds
them: a city's list may have tens of thousands. Each statement is made once a process.

What is given when it is asked: `scheme`; `cases K` of each kind K it is about, the cases' ids, or
`before K`, the instant before which they were completed; what `Spans.given` says.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any, Final

from django.db.models import CharField, DateField, F, Func, Value
from django.db.models.functions import Greatest

from machimori.office.oversight.asked import midnight
from machimori.office.oversight.kinds import KINDS, Kind
from machimori.office.rules.access import Rulebook
from machimori.office.shared.prepared import Among, Given, Statement
from machimori.policy.deadlines import RecordsRetention
from machimori.policy.wareki import fiscal_year, fiscal_year_start

COLUMNS: Final = ("name", "case_id", "numbered", "state", "completed", "last")
"""Of what is found."""
CASES: Final = {name: kind for name, kind in KINDS.items() if isinstance(kind, Kind)}
"""The kinds that are cases."""
_YEARS: Final = tuple(dict.fromkeys(kind.years for kind in CASES.values()))
"""Questions of the rules: several kinds have one."""
_PAST: Final = 60
"""年度 back from today for which the last day is worked out; what is older is over long since."""
_SPANS: Final = (
    "WITH spans AS MATERIALIZED (SELECT %(starts)s::timestamptz[] AS starts, {days}) {sql}"
)
_LAST_DAY: Final = """
(SELECT "{years}" FROM spans)[width_bucket({completed}, (SELECT starts FROM spans)) + 1]
""".strip()


@cache
def completed(*, numbered: bool) -> Statement:
    """Cases of all kinds that were completed before an instant, as `COLUMNS`; the number is empty
    unless it is wanted."""
    return _union(
        _over(name, numbered=numbered).filter(completed__lt=Given(f"before {name}"))
        for name in CASES
    )


@cache
def named(*kinds: str) -> Statement:
    """The named cases of these kinds, as `COLUMNS`."""
    return _union(
        _over(name, numbered=True).filter(Among(F("case"), Given(f"cases {name}")))
        for name in kinds
    )


def last_days(rules: Rulebook, today: dt.date) -> dict[str, Any]:
    """What is given of the rules: from which days on cases have which last day, for every kind. A
    kind without years has none."""
    this = fiscal_year(today)
    starts = {fiscal_year_start(this - back) for back in range(-1, _PAST)}
    ordered = sorted(starts | {day for day in rules.changes if day >= min(starts)})
    found: dict[str, Any] = {"starts": [midnight(day) for day in ordered[1:]]}
    for key in _YEARS:
        known = rules.on(today).number(key) is not None
        days = [kept_until(key, rules, today, day) for day in ordered] if known else []
        found[f"last days {key}"] = days
    return found


def kept_until(key: str, rules: Rulebook, today: dt.date, completed: dt.date) -> dt.date:
    """The last day of what was completed on that day, by the years of this question."""
    years = max(rules.on(today).number(key) or 0, rules.on(completed).number(key) or 0)
    last = RecordsRetention(years=years).last_day(completed)
    assert last is not None
    return last


def of_scheme(kind: Kind, scheme: Any) -> dict[str, Any]:
    """What facts of a scheme's cases of this kind have."""
    found: dict[str, Any] = {"case__scheme": scheme}
    return found | ({"case__kind": kind.record} if kind.record else {})


def _over(name: str, *, numbered: bool) -> Any:
    """The kind's cases that are over, as heads, or as the facts that ended them."""
    kind, scheme = CASES[name], Given("scheme")
    if kind.head is not None:
        rows = kind.head.objects.filter(scheme=scheme, state__in=list(kind.ended))
    else:
        rows = kind.facts.objects.filter(**of_scheme(kind, scheme), state__in=list(kind.ended))
    last = _LastDay(kind.years)
    return rows.annotate(
        name=Value(name, CharField()),
        numbered=kind.number if numbered else Value("", CharField()),
        completed=kind.completed(),
        last=Greatest(last, F(kind.promised)) if kind.promised else last,
    )


def _union(kinds: Iterable[Any]) -> Statement:
    """What was found of all of them; the spans are said once."""
    first, *others = (rows.values_list(*COLUMNS) for rows in kinds)
    found = Statement.of(first.union(*others, all=True) if others else first)
    days = ", ".join(f'%(last days {key})s::date[] AS "{key}"' for key in _YEARS)
    return replace(found, sql=_SPANS.format(days=days, sql=found.sql))


class _LastDay(Func):
    """The last day of what was `completed` on whichever day: PostgreSQL looks among the spans of
    days for which it is the same (`last_days`)."""

    output_field = DateField()

    def __init__(self, years: str) -> None:
        super().__init__(F("completed"))
        self.years = years

    def as_sql(self, compiler: Any, *_: Any, **__: Any) -> tuple[str, list[Any]]:
        """Of the first span the start is not looked at."""
        completed, params = compiler.compile(self.get_source_expressions()[0])
        return _LAST_DAY.format(years=self.years, completed=completed), list(params)

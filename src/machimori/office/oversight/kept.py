# SPDX-License-Identifier: AGPL-3.0-or-later
"""文書の保存年限: which records are kept for how long, and which of them are due.

Counted in whole 年度 from April 1st after the case was completed (`policy/deadlines.py`). The years
are those of the rules on the day of completion or of today, whichever are more: a city that
shortens them shortens nothing that it had said before. Where today's rules say nothing, nothing is
ever due.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.handover.models import Head as Copy
from machimori.office.handover.states import OPEN
from machimori.office.oversight.asked import midnight
from machimori.office.oversight.kinds import KINDS, Kind
from machimori.office.oversight.things import Loose
from machimori.office.oversight.yearly import Ended
from machimori.office.people.models import Scheme
from machimori.office.rules.access import Rulebook
from machimori.office.viewing.models import Print
from machimori.policy.deadlines import RecordsRetention
from machimori.policy.wareki import fiscal_year, fiscal_year_start


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A case that is over, and until when its records are kept."""

    kind: str
    """Key of KINDS."""
    case: str
    number: str
    state: str
    completed: dt.date
    last_day: dt.date
    open: str = ""
    """What still goes on about it; it is not disposed of before that ends."""

    @property
    def name(self) -> str:
        """How decisions and stays name it."""
        return f"{self.kind}:{self.case}"

    @property
    def text(self) -> str:
        """Kind and number, as pages show them."""
        return f"{KINDS[self.kind].text}　{self.number}".strip()

    @property
    def ending(self) -> str:
        """How the case ended, in words."""
        return str(KINDS[self.kind].states[self.state])

    def over(self, today: dt.date) -> bool:
        """Whether nothing but a stay keeps it any longer."""
        return self.last_day < today and not self.open


def undecided(rules: Rulebook, today: dt.date) -> list[str]:
    """The kinds of record for which the city has set no years, in words."""
    found = rules.on(today)
    return [str(kind.text) for kind in KINDS.values() if found.number(kind.years) is None]


def due(scheme: Scheme, rules: Rulebook, today: dt.date, year: int) -> list[Kept]:
    """What is kept no longer than to the end of this 年度, the oldest first; a query for each kind
    and two more."""
    found, end = [], dt.date(year + 1, 3, 31)
    for name, kind in KINDS.items():
        years = rules.on(today).number(kind.years)
        if years is None:
            continue
        before = midnight(fiscal_year_start(year + 1 - years))
        rows = _values(kind, scheme, before=before)
        found += [one for one in _read(name, rows, rules, today) if one.last_day <= end]
    return sorted(_with_open(scheme, found), key=lambda one: (one.last_day, one.kind, one.number))


def find(scheme: Scheme, rules: Rulebook, today: dt.date, name: str, case: str) -> Kept | None:
    """This case, if it is over and its years are known."""
    kind = KINDS.get(name)
    if kind is None:
        return None
    rows = list(_read(name, _values(kind, scheme, case=case), rules, today))
    return _with_open(scheme, rows)[0] if rows else None


def exists(scheme: Scheme, name: str, case: str) -> bool:
    """Whether the scheme has this case, over or not."""
    kind = KINDS.get(name)
    if kind is None:
        return False
    if not isinstance(kind, Kind):
        return kind.exists(scheme, case)
    return bool(kind.facts.objects.filter(**_of(kind, scheme), case=case).exists())


def _of(kind: Kind, scheme: Scheme) -> dict[str, Any]:
    found: dict[str, Any] = {"case__scheme": scheme}
    return found | ({"case__kind": kind.record} if kind.record else {})


def _values(
    kind: Kind | Loose, scheme: Scheme, *, before: dt.datetime | None = None, case: str = ""
) -> Iterable[Ended]:
    """What is over and was completed before this instant, or this case alone."""
    if not isinstance(kind, Kind):
        return kind.ended(scheme, before=before, record=case)
    rows = _ended(kind, scheme)
    if before is not None:
        rows = rows.filter(completed__lt=before)
    if case:
        rows = rows.filter(case=case)
    found: Iterable[Ended] = rows.values_list(
        "case_id", "number", "state", "completed", "data__records_until"
    )
    return found


def _ended(kind: Kind, scheme: Scheme) -> Any:
    later = kind.facts.objects.filter(case=OuterRef("case"), serial__gt=OuterRef("serial"))
    return kind.facts.objects.filter(
        ~Exists(later), **_of(kind, scheme), state__in=list(kind.ended)
    ).annotate(number=kind.number, completed=kind.completed())


def _read(name: str, rows: Iterable[Ended], rules: Rulebook, today: dt.date) -> Iterator[Kept]:
    key = KINDS[name].years
    now = rules.on(today).number(key)
    for case, number, state, at, promised in rows if now is not None else ():
        completed = local_day(micros(at))
        years = max(now or 0, rules.on(completed).number(key) or 0)
        last = RecordsRetention(years=years).last_day(completed)
        assert last is not None
        if promised is not None:
            last = max(last, dt.date.fromisoformat(promised))
        yield Kept(
            kind=name,
            case=case,
            number=number or "",
            state=state,
            completed=completed,
            last_day=last,
        )


def _with_open(scheme: Scheme, rows: list[Kept]) -> list[Kept]:
    if not rows:
        return []
    copies = set(Copy.objects.filter(scheme=scheme, state__in=OPEN).values_list("case", flat=True))
    prints = Print.objects.filter(scheme=scheme, end__isnull=True)
    printed = {
        one for pair in prints.values_list("viewing__case", "viewing__use") for one in pair if one
    }
    said = {one: _t("複製の終わりが記録されていません") for one in copies}
    said |= {one: _t("印画の終わりが記録されていません") for one in printed}
    return [_dated(one, said.get(one.case, "")) for one in rows]


def _dated(one: Kept, still: str) -> Kept:
    return Kept(**{**vars(one), "open": still}) if still else one


def ended_year(today: dt.date) -> int:
    """The last 年度 that is over."""
    return fiscal_year(today) - 1

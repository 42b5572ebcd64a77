# SPDX-License-Identifier: AGPL-3.0-or-later
"""文書の保存年限: which records are kept for how long, and which of them are due.

Counted in whole 年度 from April 1st after the case was completed (`policy/deadlines.py`). The years
are those of the rules on the day of completion or of today, whichever are more: a city that
shortens them shortens nothing that it had said before. Where today's rules say nothing, nothing is
ever due.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.handover.models import Head as Copy
from machimori.office.handover.states import OPEN
from machimori.office.oversight.kinds import KINDS, Kind
from machimori.office.oversight.over import kept_until, last_days, named, of_scheme
from machimori.office.oversight.things import Loose
from machimori.office.people.models import Scheme
from machimori.office.rules.access import Rulebook
from machimori.office.viewing.models import Print
from machimori.policy.wareki import fiscal_year


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


def find(scheme: Scheme, rules: Rulebook, today: dt.date, name: str, case: str) -> Kept | None:
    """This case, if it is over and its years are known."""
    kind = KINDS.get(name)
    if kind is None or rules.on(today).number(kind.years) is None:
        return None
    if isinstance(kind, Kind):
        given = {"scheme": scheme.pk, f"cases {name}": [case], **last_days(rules, today)}
        found = [of_row(row) for row in named(name).ask(given)]
    else:
        found = loose(name, kind, scheme, rules, today, record=case)
    return with_open(scheme, found)[0] if found else None


def exists(scheme: Scheme, name: str, case: str) -> bool:
    """Whether the scheme has this case, over or not."""
    kind = KINDS.get(name)
    if kind is None:
        return False
    if not isinstance(kind, Kind):
        return kind.exists(scheme, case)
    return bool(kind.facts.objects.filter(**of_scheme(kind, scheme), case=case).exists())


def loose(
    name: str,
    kind: Loose,
    scheme: Scheme,
    rules: Rulebook,
    today: dt.date,
    *,
    before: dt.datetime | None = None,
    record: str = "",
) -> list[Kept]:
    """The same of records that are no cases: completed before this instant, or this one."""
    return [
        Kept(
            kind=name,
            case=one,
            number=number,
            state=state,
            completed=local_day(micros(at)),
            last_day=kept_until(kind.years, rules, today, local_day(micros(at))),
        )
        for one, number, state, at in kind.ended(scheme, before=before, record=record)
    ]


def of_row(row: Sequence[Any]) -> Kept:
    """From `over.COLUMNS`."""
    name, case, number, state, completed, last = row
    return Kept(
        kind=name,
        case=case,
        number=number or "",
        state=state,
        completed=local_day(micros(completed)),
        last_day=last,
    )


def copies_open(scheme: Any) -> Any:
    """Copies whose end is not recorded yet, each with its `case`."""
    return Copy.objects.filter(scheme=scheme, state__in=OPEN)


def prints_open(scheme: Any) -> Any:
    """Prints whose end is not recorded yet."""
    return Print.objects.filter(scheme=scheme, end__isnull=True)


def with_open(scheme: Scheme, rows: list[Kept]) -> list[Kept]:
    """The same, each with what still goes on about it; two queries."""
    if not rows:
        return []
    cases = [one.case for one in rows]
    copies = copies_open(scheme).filter(case__in=cases).values_list("case", flat=True)
    said = dict.fromkeys(copies, _t("複製の終わりが記録されていません"))
    prints = prints_open(scheme).filter(Q(viewing__case__in=cases) | Q(viewing__use__in=cases))
    for pair in prints.values_list("viewing__case", "viewing__use"):
        said |= dict.fromkeys(pair, _t("印画の終わりが記録されていません"))
    return [replace(one, open=said.get(one.case, "")) for one in rows]


def ended_year(today: dt.date) -> int:
    """The last 年度 that is over."""
    return fiscal_year(today) - 1

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which cases a word of the register's search means: those that have it in their heading, as the
app's own list is searched.

Headings are looked through once for each word, before any fact: the facts of a few cases are then
found by the cases' keys.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.db.models import Q, Value

from machimori.office.direct import models as direct
from machimori.office.disclosure import models as disclosure
from machimori.office.internal import models as internal
from machimori.office.people.models import Scheme
from machimori.office.police import models as police
from machimori.office.provision import models as provision
from machimori.office.provision.states import ENDED, STATES
from machimori.office.shared.prepared import Given, Statement

MANY: Final = 1000
"""Cases: so many are found by their keys; of more the newest facts soon fill a page."""
_HEADS: Final[Mapping[str, tuple[Any, tuple[str, ...]]]] = {
    "provision": (provision.Head, ()),
    "police": (police.Head, ("station",)),
    "disclosure": (disclosure.Head, ("numbered__text",)),
    "direct": (direct.Head, ("station", "numbered__text")),
    "internal": (internal.Head, ("numbered__text",)),
}
"""By source: its heads, and what of a case is searched beside the head's words."""
_OPEN: Final = [state for state in STATES if state not in ENDED and state != "closed"]
"""States in which a case of provision may be viewed again, which is no fact of the case."""


@dataclass(frozen=True, kw_only=True)
class Headed:
    """The cases that a word means, of every source."""

    word: str
    cases: Mapping[str, tuple[str, ...] | None]
    """Ids by source; None: more than MANY."""

    def of(self, source: str) -> Q:
        """Facts of these cases."""
        cases = self.cases[source]
        if cases is None:
            return _in_heading(source, self.word, head="case__head__", case="case__")
        return Q(case__in=cases)


def headed(
    words: Sequence[str], scheme: Scheme, start: dt.datetime | None, end: dt.datetime | None
) -> list[Headed]:
    """For each word its cases, without those that have no line in [start, end); one query."""
    asked = _asked(len(words), MANY, begun=end is not None, over=start is not None)
    given = {"scheme": scheme.pk, "start": start, "end": end}
    found: list[dict[str, list[str]]] = [{name: [] for name in _HEADS} for _ in words]
    for n, name, case in asked.ask(given | {f"word {n}": word for n, word in enumerate(words)}):
        found[n][name].append(case)
    return [
        Headed(
            word=word,
            cases={
                name: tuple(cases) if len(cases) <= MANY else None for name, cases in one.items()
            },
        )
        for word, one in zip(words, found, strict=True)
    ]


@cache
def _asked(words: int, many: int, *, begun: bool, over: bool) -> Statement:
    """The place of a word, the source and a case, one more than `many` of each at most. `begun`:
    before an `end`; `over`: not before a `start`."""
    parts = [
        model._default_manager.filter(_in_heading(name, Given(f"word {n}"), case="case__"))
        .filter(_within(name, begun=begun, over=over), scheme=Given("scheme"))
        .order_by()
        .values_list(Value(n), Value(name), "case")[: many + 1]
        for n in range(words)
        for name, (model, _) in _HEADS.items()
    ]
    return Statement.of(parts[0].union(*parts[1:], all=True))


def _within(source: str, *, begun: bool, over: bool) -> Q:
    """Heads of cases that may have a line in [start, end): begun before its end, and not over
    before its start."""
    found = Q(began__lt=Given("end")) if begun else Q()
    if not over:
        return found
    return found & (Q(at__gte=Given("start")) | Q(state__in=_OPEN if source == "provision" else ()))


def _in_heading(source: str, word: str | Given, *, head: str = "", case: str) -> Q:
    """Rows with the word in their heading; `head` and `case` lead from a row to these."""
    found = Q(**{f"{head}words__contains": word})
    for field in _HEADS[source][1]:
        found |= Q(**{f"{case}{field}__contains": word})
    return found

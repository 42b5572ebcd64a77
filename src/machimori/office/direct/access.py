# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see which acquisitions: the police those of their own station, the city all."""

from functools import cache
from typing import Any, Final

from django.db.models import F, QuerySet

from machimori.office.direct.history import File, file_of
from machimori.office.direct.models import Case, Fact
from machimori.office.people.acting import Acting
from machimori.office.people.history import asking_facts, with_facts
from machimori.office.police import access as police
from machimori.office.rules.access import rules_of
from machimori.office.shared.posts import Post
from machimori.office.shared.prepared import Among, Given, Statement

FETCHERS: Final[tuple[Post, ...]] = ("police_operator",)
"""Who fetches; whether under their rules, `acts.acquire_directly` says."""
COMPARERS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor")
"""Who compares what was fetched with what the station's own record says."""
READERS: Final[tuple[Post, ...]] = police.READERS
MOST: Final = 90
"""Acquisitions that a list of the first page has; the others are in the list of all."""


def cases(acting: Acting, *, states: tuple[str, ...] = ()) -> QuerySet[Case]:
    """The acquisitions that the acting person may see, the newest first; those in `states`."""
    found = _cases(acting.scheme)
    if not acting.holds(*police.CITY):
        found = found.filter(station__in=police.stations(acting))
    if states:
        found = found.filter(head__state__in=states)
    return found


def files(acting: Acting, *states: str) -> list[File]:
    """The oldest in these states with their facts, as many as the first page looks at; one query
    and the rules."""
    city = acting.holds(*police.CITY)
    given = {"scheme": acting.scheme.pk, "stations": [] if city else police.stations(acting)}
    return [
        File(case=case, facts=facts, rulebook=rules_of(acting))
        for case, facts in with_facts(Fact, _oldest(*states, city=city), given)
    ]


def find(acting: Acting, name: str) -> File | None:
    """One acquisition, if the acting person may see it."""
    found = cases(acting).filter(pk=name).first()
    return file_of(found) if found else None


def _cases(scheme: Any) -> QuerySet[Case]:
    found = Case.objects.filter(head__scheme=scheme).annotate(began=F("head__began"))
    return found.select_related("scheme", "numbered").order_by("-head__began", "-numbered__number")


@cache
def _oldest(*states: str, city: bool) -> Statement:
    """The oldest in these states, of all or of the `stations`."""
    rows = _cases(Given("scheme")).filter(head__state__in=states)
    if not city:
        rows = rows.filter(Among(F("station"), Given("stations")))
    return asking_facts(Fact, rows.reverse()[:MOST].values("pk"))

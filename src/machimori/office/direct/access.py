# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see which acquisitions: the police those of their own station, the city all."""

from typing import Final

from django.db.models import F, QuerySet

from machimori.office.direct.history import File, file_of
from machimori.office.direct.models import Case, Fact
from machimori.office.people.acting import Acting
from machimori.office.people.history import with_facts
from machimori.office.police import access as police
from machimori.office.rules.access import rules_of
from machimori.office.shared.posts import Post

FETCHERS: Final[tuple[Post, ...]] = ("police_operator",)
"""Who fetches; whether under their rules, `acts.acquire_directly` says."""
COMPARERS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor")
"""Who compares what was fetched with what the station's own record says."""
READERS: Final[tuple[Post, ...]] = police.READERS
MOST: Final = 90
"""Acquisitions that a list of the first page has; the others are in the list of all."""


def cases(acting: Acting, *, states: tuple[str, ...] = ()) -> QuerySet[Case]:
    """The acquisitions that the acting person may see, the newest first; those in `states`."""
    found = Case.objects.filter(head__scheme=acting.scheme).annotate(began=F("head__began"))
    if not acting.holds(*police.CITY):
        found = found.filter(station__in=police.stations(acting))
    if states:
        found = found.filter(head__state__in=states)
    return found.select_related("scheme", "numbered").order_by("-head__began", "-numbered__number")


def files(acting: Acting, *states: str) -> list[File]:
    """The oldest in these states with their facts, as many as the first page looks at; one query
    and the rules."""
    oldest = cases(acting, states=states).reverse()[:MOST].values("pk")
    return [
        File(case=case, facts=facts, rulebook=rules_of(acting))
        for case, facts in with_facts(Fact, oldest)
    ]


def find(acting: Acting, name: str) -> File | None:
    """One acquisition, if the acting person may see it."""
    found = cases(acting).filter(pk=name).first()
    return file_of(found) if found else None

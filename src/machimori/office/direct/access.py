# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see which acquisitions: the police those of their own station, the city all."""

from typing import Final

from django.db.models import OuterRef, QuerySet, Subquery

from machimori.office.direct.history import File, file_of, files_of
from machimori.office.direct.models import Case, Fact
from machimori.office.people.acting import Acting
from machimori.office.police import access as police
from machimori.office.rules.access import rules_of
from machimori.office.shared.posts import Post

FETCHERS: Final[tuple[Post, ...]] = ("police_operator",)
"""Who fetches; whether under their rules, `acts.acquire_directly` says."""
COMPARERS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor")
"""Who compares what was fetched with what the station's own record says."""
READERS: Final[tuple[Post, ...]] = police.READERS


def cases(acting: Acting, *, states: tuple[str, ...] = ()) -> QuerySet[Case]:
    """The acquisitions that the acting person may see, the newest first; those in `states`."""
    last = Fact.objects.filter(case=OuterRef("pk")).order_by("-serial")
    first = Fact.objects.filter(case=OuterRef("pk"), serial=1)
    found = Case.objects.filter(scheme=acting.scheme).annotate(
        now=Subquery(last.values("state")[:1]), began=Subquery(first.values("at")[:1])
    )
    if not acting.holds(*police.CITY):
        found = found.filter(station__in=police.stations(acting))
    if states:
        found = found.filter(now__in=states)
    return found.select_related("scheme", "numbered").order_by(
        "-numbered__series__fiscal_year", "-numbered__number"
    )


def files(acting: Acting, *states: str) -> list[File]:
    """Those in these states with their facts; two queries and the rules."""
    return files_of(list(cases(acting, states=states)), rules_of(acting))


def find(acting: Acting, name: str) -> File | None:
    """One acquisition, if the acting person may see it."""
    found = cases(acting).filter(pk=name).first()
    return file_of(found) if found else None

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see which cases; the only functions that hand them out."""

import datetime as dt
from typing import Any, Final

from django.db.models import Q, QuerySet

from machimori.kernel.instants import day_start, instant, local_day, micros
from machimori.office.deputies.access import standing_in
from machimori.office.people.acting import Acting
from machimori.office.provision.circulating import posts_of
from machimori.office.provision.history import File, file_of
from machimori.office.provision.models import Head
from machimori.office.rules.access import rules_of
from machimori.office.shared.posts import Post

CLERKS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor")
DESK: Final[tuple[Post, ...]] = (*CLERKS, "operator")
"""Who may take in under one rule or another; whether they may under theirs, `takes_in` says."""
ORDERED: Final = (
    "instructed",
    "reviewing",
    "extracting",
    "awaiting_check",
    "ready_for_handover",
    "provided",
)
"""States in which whoever takes footage out has work, or may have it again."""
READERS: Final[tuple[Post, ...]] = (*DESK, "auditor")


def takes_in(acting: Acting) -> bool:
    """Whether the scheme's rules let the acting person take in applications today."""
    rules = rules_of(acting).on(local_day(micros(acting.at)))
    return not acting.posts.isdisjoint(rules.names("acts.take_in") or ())


def cases(acting: Acting) -> QuerySet[Head]:
    """Every case that the acting person may see, the newest first: operators who do not take in
    see those in which an extraction was ordered and drafts that go round to them, deputies all for
    as long as they stand in."""
    found = of_scheme(acting.scheme)
    if not sees_all(acting):
        found = found.filter(Q(state__in=ORDERED) | _going_round(acting))
    return found.select_related("case__scheme", "case__numbered").order_by("-began", "case")


def of_scheme(scheme: Any) -> QuerySet[Head]:
    """Every case of the scheme: for those who see all."""
    return Head.objects.filter(scheme=scheme)


def sees_all(acting: Acting) -> bool:
    """Whether the acting person may see every case of the scheme."""
    sees = acting.holds(*CLERKS, "auditor") or standing_in(acting) is not None
    return sees or takes_in(acting)


def _going_round(acting: Acting) -> Q:
    """Cases under decision whose draft goes round to a post of the acting person's, by the rules of
    the day on which each began."""
    book, found = rules_of(acting), Q(pk__in=())
    days = [dt.date.min, *sorted({one.effective_from for one in book.adoptions})]
    for n, day in enumerate(days):
        if acting.posts.isdisjoint(posts_of(book.on(day))):
            continue
        within = Q(state="under_decision")
        if n > 0:
            within &= Q(began__gte=instant(day_start(day)))
        if n + 1 < len(days):
            within &= Q(began__lt=instant(day_start(days[n + 1])))
        found |= within
    return found


def find(acting: Acting, name: str) -> File | None:
    """One case with its facts, if the acting person may see it."""
    seen = cases(acting).filter(case=name).first()
    return file_of(seen.case) if seen else None

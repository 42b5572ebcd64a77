# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see which internal uses; the only functions that hand them out."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from django.db.models import QuerySet

from machimori.office.internal.history import File, file_of
from machimori.office.internal.models import Fact, Use
from machimori.office.internal.states import State
from machimori.office.people.acting import Acting
from machimori.office.people.history import asking_facts, with_facts
from machimori.office.rules.access import rules_of
from machimori.office.shared.posts import Post
from machimori.office.shared.prepared import Given, Statement

USERS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor", "operator", "viewer")
"""Who may use under one rule or another; whether they may under theirs, the rules say."""
READERS: Final[tuple[Post, ...]] = (*USERS, "auditor")


OPEN: Final[tuple[State, ...]] = ("drafted", "permitted", "in_use", "recorded")
"""States in which a use waits for somebody."""
MOST: Final = 90
"""Uses that the first page looks at; the others are in the list."""


def uses(acting: Acting) -> QuerySet[Use]:
    """Every use that the acting person may see, the newest first: those who decide and those who
    audit see all, others their own."""
    return _uses(acting.scheme, None if _sees_all(acting) else acting.person)


def in_states(acting: Acting, *states: State) -> Sequence[File]:
    """Those of them that are in one of these states, none of which is an end, the oldest first;
    fetched once a request."""
    if "internal.open" not in acting.memo:
        statement, rules = _open(sees_all=_sees_all(acting)), rules_of(acting)
        given = {"scheme": acting.scheme.pk, "person": acting.person.pk}
        acting.memo["internal.open"] = [
            File(use=use, facts=facts, rulebook=rules)
            for use, facts in with_facts(Fact, statement, given, by=True)
        ]
    files: Sequence[File] = acting.memo["internal.open"]
    return [file for file in files if file.state in states]


def find(acting: Acting, name: str) -> File | None:
    """One use with its facts, if the acting person may see it."""
    found = uses(acting).filter(pk=name).first()
    return file_of(found) if found else None


def _sees_all(acting: Acting) -> bool:
    return acting.holds("system_manager", "handling_supervisor", "auditor")


def _uses(scheme: Any, person: Any) -> QuerySet[Use]:
    """Those of the scheme; None: of everybody's."""
    found = Use.objects.filter(head__scheme=scheme).select_related("scheme", "numbered")
    if person is not None:
        found = found.filter(head__by=person)
    return found.order_by("-head__began", "-numbered__number")


@cache
def _open(*, sees_all: bool) -> Statement:
    """The oldest that wait for somebody, of all or of the `person`'s."""
    rows = _uses(Given("scheme"), None if sees_all else Given("person"))
    oldest = rows.filter(head__state__in=OPEN).reverse()[:MOST].values("pk")
    return asking_facts(Fact, oldest, by=True)

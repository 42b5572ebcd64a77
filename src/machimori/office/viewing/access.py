# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may open footage, and whose viewing it is."""

from typing import Any, Final

from django.db.models import QuerySet

from machimori.office.people.acting import Acting
from machimori.office.shared.posts import Post
from machimori.office.viewing.models import Print, Viewing
from machimori.office.viewing.subjects import Subject, subject_of

VIEWERS: Final[tuple[Post, ...]] = (
    "system_manager",
    "handling_supervisor",
    "operator",
    "viewer",
)
"""Who may view under one rule or another; whether they may under theirs, `acts.view` says."""
AUDITORS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor", "auditor")
"""Who reads who looked at what."""
KEEPERS: Final[tuple[Post, ...]] = (*AUDITORS, "operator", "viewer")
"""Who reads the register of prints; those who only print see their own."""


def own(acting: Acting, name: str) -> tuple[Viewing, Subject] | None:
    """The viewing of this name and what it is of, if it is the acting person's, not over, and may
    still be opened."""
    viewing = Viewing.objects.filter(pk=name, by=acting.person, until__gt=acting.at).first()
    subject = subject_of(viewing, acting) if viewing else None
    if viewing is None or subject is None or not subject.open:
        return None
    return viewing, subject


def prints(acting: Acting) -> QuerySet[Print]:
    """Every print that the acting person may see, the newest first."""
    found = of_person(acting.scheme, None if acting.holds(*AUDITORS) else acting.person)
    return found.select_related("numbered", "by", "checked__by", "end", "viewing").order_by("-pk")


def of_person(scheme: Any, person: Any) -> QuerySet[Print]:
    """The scheme's prints that this person made; None: all of them."""
    found = Print.objects.filter(scheme=scheme)
    return found if person is None else found.filter(by=person)

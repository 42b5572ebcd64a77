# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see which copies; the only functions that hand them out."""

from typing import Any, Final

from django.db.models import QuerySet

from machimori.office.handover.history import Followed, followed
from machimori.office.handover.models import Copy, Head
from machimori.office.people.acting import Acting
from machimori.office.provision import access as cases
from machimori.office.provision.history import File, file_of
from machimori.office.shared.posts import Post

DESK: Final[tuple[Post, ...]] = cases.DESK
READERS: Final[tuple[Post, ...]] = cases.READERS
CHECKERS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor")
"""Who may confirm completion under one rule or another; whether they may, the rules say."""


def copies(acting: Acting) -> QuerySet[Head]:
    """Every copy of the cases that the acting person may see, the newest first."""
    found = of_scheme(acting.scheme)
    if not cases.sees_all(acting):
        found = found.filter(case__in=cases.cases(acting).order_by().values("case"))
    return found.select_related("copy__case__scheme", "copy__case__numbered").order_by(
        "-began", "copy__extraction", "copy__part"
    )


def of_scheme(scheme: Any) -> QuerySet[Head]:
    """Every copy of the scheme: for those who see all cases."""
    return Head.objects.filter(scheme=scheme)


def find(acting: Acting, name: str) -> tuple[File, Followed] | None:
    """A copy with its case, if the acting person may see them."""
    row = Copy.objects.filter(pk=name).first()
    seen = row and cases.cases(acting).filter(case=row.case_id).first()
    if row is None or not seen:
        return None
    row.case = seen.case
    (copy,) = followed([row])
    return file_of(seen.case), copy

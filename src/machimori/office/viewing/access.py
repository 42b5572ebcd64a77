# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may open which case's footage, and whose viewing it is."""

from typing import Final

from machimori.office.people.acting import Acting
from machimori.office.provision.access import find
from machimori.office.provision.history import File
from machimori.office.shared.posts import Post
from machimori.office.viewing.models import Viewing

VIEWERS: Final[tuple[Post, ...]] = (
    "system_manager",
    "handling_supervisor",
    "operator",
    "viewer",
)
"""Who may view under one rule or another; whether they may under theirs, `acts.view` says."""
AUDITORS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor", "auditor")
"""Who reads who looked at what."""


def can_open(file: File) -> bool:
    """Whether the case has come to its instruction, and not beyond what it is for."""
    return file.state == "instructed"


def own(acting: Acting, name: str) -> Viewing | None:
    """The viewing of this name, if it is the acting person's, not over, and its case may still be
    opened."""
    viewing = Viewing.objects.filter(pk=name, by=acting.person, until__gt=acting.at).first()
    if viewing is None:
        return None
    file = find(acting, viewing.case_id)
    return viewing if file is not None and can_open(file) else None

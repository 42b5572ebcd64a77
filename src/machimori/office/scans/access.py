# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see which scans: whoever may see the case."""

from typing import Final

from machimori.office.people.acting import Acting
from machimori.office.scans.history import Paper, paper_of
from machimori.office.scans.models import Scan
from machimori.office.scans.owners import Subject, owner_of
from machimori.office.shared.posts import Post

ATTACHING: Final[tuple[Post, ...]] = (
    *("system_manager", "handling_supervisor", "operator"),
    *("police_image_manager", "police_operator"),
)
"""Who attaches under one rule or another; the case's own app says whether to this one."""
READERS: Final[tuple[Post, ...]] = (*ATTACHING, "auditor")


def subject(owner: str, about: str, acting: Acting) -> Subject | None:
    """The case, if the acting person may see it."""
    found = owner_of(owner)
    return found.find(about, acting) if found else None


def find(acting: Acting, name: str) -> tuple[Paper, Subject] | None:
    """A scan and its case, if the acting person may see that case."""
    scan = Scan.objects.filter(scheme=acting.scheme, pk=name).select_related("scheme").first()
    case = subject(scan.owner, scan.about, acting) if scan else None
    return (paper_of(scan), case) if scan and case else None

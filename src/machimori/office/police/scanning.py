# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scans of an extraction's papers: the station attaches its own, the city what it was brought."""

from typing import Any, Final

from django.urls import reverse

from machimori.office.people.acting import Acting
from machimori.office.police import access
from machimori.office.police.history import File
from machimori.office.scans import owners, showing
from machimori.office.scans.owners import Owner, Subject

OWNER: Final = "police"
_ATTACHING: Final = ("system_manager", "handling_supervisor", *access.POLICE)


def told(file: File, acting: Acting) -> dict[str, Any] | None:
    """What the page of an extraction shows of them."""
    may = acting.holds(*_ATTACHING)
    return showing.told(OWNER, file.extraction.pk, may_attach=may, acting=acting)


def _find(name: str, acting: Acting) -> Subject | None:
    file = access.find(acting, name)
    if file is None:
        return None
    back = reverse("police:extraction", args=[name])
    return Subject(
        title=str(file.order.data["reference"]), back=back, may_attach=acting.holds(*_ATTACHING)
    )


def install() -> None:
    """Called once, when the app is ready."""
    owners.register(OWNER, Owner(find=_find))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scans of a request's papers: who attaches them."""

from typing import Any, Final

from django.urls import reverse

from machimori.office.disclosure import access
from machimori.office.disclosure.history import File
from machimori.office.people.acting import Acting
from machimori.office.scans import owners, showing
from machimori.office.scans.owners import Owner, Subject

OWNER: Final = "disclosure"


def told(file: File, acting: Acting) -> dict[str, Any] | None:
    """What the page of a request shows of them."""
    may = acting.holds(*access.CLERKS)
    return showing.told(OWNER, file.case.pk, may_attach=may, acting=acting)


def _find(name: str, acting: Acting) -> Subject | None:
    file = access.find(acting, name)
    if file is None:
        return None
    back = reverse("disclosure:case", args=[name])
    return Subject(title=file.number, back=back, may_attach=acting.holds(*access.CLERKS))


def install() -> None:
    """Called once, when the app is ready."""
    owners.register(OWNER, Owner(find=_find))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scans of a case's papers: who attaches them."""

from typing import Any

from django.urls import reverse

from machimori.office.people.acting import Acting
from machimori.office.provision import access, sections
from machimori.office.provision.history import File
from machimori.office.provision.keeping import OWNER
from machimori.office.scans import actions, owners, showing
from machimori.office.scans.owners import Owner, Subject


def _may_attach(acting: Acting) -> bool:
    return acting.holds("system_manager") or access.takes_in(acting)


def _find(name: str, acting: Acting) -> Subject | None:
    file = access.find(acting, name)
    if file is None:
        return None
    back = reverse("provision:case", args=[name])
    return Subject(title=file.number, back=back, may_attach=_may_attach(acting))


def attach(file: File, data: bytes, paper: str, *, acting: Acting) -> str:
    """Attach this file, inside the action's transaction; the scan's name. Raises
    ActionRefusedError if the person does not attach here, or it is none of the four types."""
    subject = _find(file.case.pk, acting)
    assert subject is not None
    return actions.attach(OWNER, file.case.pk, subject, data, paper=paper, acting=acting).scan.pk


def _section(file: File, acting: Acting) -> dict[str, Any] | None:
    return showing.told(OWNER, file.case.pk, may_attach=_may_attach(acting), acting=acting)


def install() -> None:
    """Called once, when the app is ready."""
    owners.register(OWNER, Owner(find=_find))
    sections.register("scans", sections.Part("scans/section.html", _section))

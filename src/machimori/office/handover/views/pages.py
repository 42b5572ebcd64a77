# SPDX-License-Identifier: AGPL-3.0-or-later
"""What these pages have in common."""

from django.http import Http404

from machimori.office.handover import access
from machimori.office.handover.history import Followed
from machimori.office.people.acting import ActingRequest
from machimori.office.provision.history import File
from machimori.office.terminals.presence import Established, established


def copy_of(request: ActingRequest, name: str) -> tuple[File, Followed]:
    """The copy of this name with its case, if the acting person may see it. Raises Http404."""
    found = access.find(request.acting, name)
    if found is None:
        raise Http404
    return found


def place(request: ActingRequest) -> Established:
    """Where the acting person sits."""
    return established(request, acting=request.acting)

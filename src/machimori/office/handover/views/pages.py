# SPDX-License-Identifier: AGPL-3.0-or-later
"""What these pages have in common."""

from django.http import Http404, HttpResponse, HttpResponseRedirect

from machimori.office.handover import access
from machimori.office.handover.history import Followed
from machimori.office.handover.sections import next_step
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.provision.history import File
from machimori.office.provision.views.pages import to_case
from machimori.office.terminals.presence import Established, established


def copy_of(request: ActingRequest, name: str) -> tuple[File, Followed]:
    """The copy of this name with its case, if the acting person may see it. Raises Http404."""
    found = access.find(request.acting, name)
    if found is None:
        raise Http404
    return found


def to_next(file: File, acting: Acting) -> HttpResponse:
    """On to what comes next, where it is the acting person's; or to the case."""
    found = next_step(file, acting)
    return HttpResponseRedirect(found[1]) if found else to_case(file)


def place(request: ActingRequest) -> Established:
    """Where the acting person sits."""
    return established(request, acting=request.acting)

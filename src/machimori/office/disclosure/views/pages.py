# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the pages of disclosure have in common."""

from collections.abc import Iterable

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from machimori.office.cameras.access import plain_names
from machimori.office.disclosure import access
from machimori.office.disclosure.history import File
from machimori.office.people.acting import ActingRequest


def one(request: ActingRequest, name: str) -> File:
    """The case of this name, if the acting person may see it. Raises Http404."""
    found = access.find(request.acting, name)
    if found is None:
        raise Http404
    return found


def to_case(file: File) -> HttpResponse:
    """On to the case."""
    return HttpResponseRedirect(reverse("disclosure:case", args=[file.case.pk]))


def camera_names(file: File, names: Iterable[str]) -> list[str]:
    """What the register calls these cameras."""
    wanted = list(names)
    known = plain_names(file.case.scheme, wanted)
    return [known.get(name, name) for name in wanted]

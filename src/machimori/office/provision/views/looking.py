# SPDX-License-Identifier: AGPL-3.0-or-later
"""録画があるか調べる: for a talk at the counter, before anything is written down."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.provision import access, looking, searching
from machimori.office.provision.forms import WholeExtentForm
from machimori.office.provision.history import File
from machimori.office.provision.states import ENDED
from machimori.office.shared.posts import posts


@posts(*access.DESK)
def look(request: ActingRequest) -> HttpResponse:
    """Place and time, and what there is. The question is a line of 利用簿."""
    form = WholeExtentForm(request.POST or None, scheme=request.acting.scheme)
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        found = searching.search(form.extent(), acting=request.acting)
        context |= {"asked": True, "found": found}
    return render(request, "provision/look.html", context)


def told(file: File, acting: Acting) -> dict[str, Any] | None:
    """What there is of what a case asks for, for its page; None where nobody needs to know."""
    asked = file.application
    if file.state in ENDED or asked.start is None or asked.end is None or not asked.cameras:
        return None
    if file.state not in ("consultation", "received", "awaiting_correction", "under_decision"):
        return None
    if not looking.bearable(asked.cameras, asked.start, asked.end):
        return None
    found = looking.look(
        file.case.scheme, file.rules, asked.cameras, asked.start, asked.end, at=acting.at
    )
    return {"found": found}

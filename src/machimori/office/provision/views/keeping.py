# SPDX-License-Identifier: AGPL-3.0-or-later
"""保全 on the page of a case: drafting the hold, its renewal and its end."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from machimori.kernel.instants import local_day, micros
from machimori.office.custody.holding import RENEWED
from machimori.office.custody.models import Letter
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.provision import access, asking, keeping
from machimori.office.provision.history import File
from machimori.office.provision.states import ENDED
from machimori.office.provision.views.pages import one, to_case
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts


@posts(*access.DESK)
@require_POST
def hold(request: ActingRequest, name: str) -> HttpResponse:
    """消去を止める, or prolong it: on to the signature."""
    file = one(request, name)
    try:
        return to_letter(keeping.draft(file, acting=request.acting))
    except ActionRefusedError as error:
        return _refused(request, file, error)


@posts(*access.DESK)
@require_POST
def release(request: ActingRequest, name: str) -> HttpResponse:
    """保全を解く, when the case has ended: on to the signature."""
    file = one(request, name)
    try:
        return to_letter(keeping.draft_end(file, acting=request.acting))
    except ActionRefusedError as error:
        return _refused(request, file, error)


def after_intake(file: File, acting: Acting) -> HttpResponse:
    """Where taking in leads: to the hold's signature where the ground has one; to the draft where
    nothing is missing; or to the case."""
    if file.state != "received":
        return to_case(file)
    if keeping.places(file.rules, acting) and keeping.can_be_held(file, acting=acting):
        return to_letter(keeping.draft(file, acting=acting))
    if asking.missing(file.rules, file.application, acting=acting):
        return to_case(file)
    return HttpResponseRedirect(reverse("provision:draft", args=[file.case.pk]))


def to_letter(letter: Letter) -> HttpResponse:
    """On to the page that a key signs."""
    return HttpResponseRedirect(reverse("custody:letter", args=[letter.digest]))


def told(file: File, acting: Acting) -> dict[str, Any] | None:
    """What the page of a case shows; None while there is nothing that could be held."""
    if not keeping.located(file):
        return None
    kept, today = keeping.keeping(file), local_day(micros(acting.at))
    status, placed, ended = kept.status(today), kept.placed, file.state in ENDED
    places = keeping.places(file.rules, acting)
    reasons = () if status == "active" or ended else keeping.against(file, acting=acting)
    last_day = kept.last_day
    ending = last_day is not None and last_day - today <= RENEWED
    outgrown = placed is not None and keeping.outgrown(file, placed)
    return {
        "status": status,
        "ordinary": file.last_day,
        "last_day": last_day,
        "pending": kept.pending if places else None,
        "against": reasons if status != "active" and not ended else (),
        "may_place": places and not ended and not reasons and status != "active",
        "may_renew": places and not ended and status == "active" and (ending or outgrown),
        "outgrown": outgrown,
        "may_release": places and ended and status == "active",
        "may_draft": file.state == "received" and access.takes_in(acting),
    }


def _refused(request: ActingRequest, file: File, error: ActionRefusedError) -> HttpResponse:
    context = {"file": file, "refused": error, "title": file.number}
    return render(request, "provision/not_held.html", context, status=403)

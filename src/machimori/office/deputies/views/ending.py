# SPDX-License-Identifier: AGPL-3.0-or-later
"""委任を終える: when and why; then the signature of who gave it."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.office.deputies import access, ending
from machimori.office.deputies.forms import EndingForm
from machimori.office.deputies.models import Delegation
from machimori.office.deputies.views.signing import Act, options_of, signed, signed_in_demo
from machimori.office.people.acting import ActingRequest
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import posts

_STATE = "delegation.end"


@posts("system_manager")
def end(request: ActingRequest, number: int) -> HttpResponse:
    """When, and why. Nothing ends before the key has signed."""
    acting, found = request.acting, _one(request, number)
    try:
        ending.check(found, acting)
    except ActionRefusedError as error:
        return render(request, "deputies/end.html", {"refused": error}, status=403)
    form = EndingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        until, reason = form.until(acting.at), form.cleaned_data["reason"]
        try:
            envelope = ending.draft(found, until, acting=acting)
            request.session[_STATE] = {
                "delegation": found.pk,
                "envelope": canonical.b64(envelope.encode()),
                "reason": reason,
            }
            context = {
                "one": found,
                "until": until if form.cleaned_data["last"] else None,
                "reason": reason,
                "code": envelope.short_code(),
            }
            return render(request, "deputies/end_sign.html", context)
        except ActionRefusedError as error:
            refuse(form, error)
    return render(request, "deputies/end.html", {"form": form, "one": found})


@posts("system_manager")
@require_POST
def options(request: ActingRequest) -> HttpResponse:
    """What the browser asks the key."""
    return options_of(request, _drafted(request))


@posts("system_manager")
@require_POST
def sign(request: ActingRequest) -> HttpResponse:
    """What the key answered."""
    return signed(request, _drafted(request), _act(request))


@posts("system_manager")
@require_POST
def sign_demo(request: ActingRequest) -> HttpResponse:
    """In a demo."""
    return signed_in_demo(request, _drafted(request), _act(request), "deputies/end.html")


def _one(request: ActingRequest, number: int) -> Delegation:
    found = access.delegations(request.acting).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _act(request: ActingRequest) -> Act:
    def act(envelope: Envelope, response: Mapping[str, Any]) -> None:
        said = request.session[_STATE]
        found = _one(request, said["delegation"])
        ending.end(found, envelope, response, reason=said["reason"], acting=request.acting)
        del request.session[_STATE]

    return act


def _drafted(request: ActingRequest) -> Envelope | None:
    found = request.session.get(_STATE)
    return Envelope.decode(canonical.unb64(found["envelope"], where="end")) if found else None

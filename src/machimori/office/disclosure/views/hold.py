# SPDX-License-Identifier: AGPL-3.0-or-later
"""消去を止める: what an officer's key signs, so that the vault keeps what was asked for."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from machimori.kernel.instants import instant
from machimori.office.disclosure import access, holding
from machimori.office.disclosure.history import File
from machimori.office.disclosure.views.pages import camera_names, one, to_case
from machimori.office.people import demo_signing
from machimori.office.people.acting import ActingRequest
from machimori.office.people.views import signing
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.templatetags.office import minute
from machimori.vault.client.statements import Hold


@posts(*access.CLERKS)
@require_safe
def page(request: ActingRequest, name: str) -> HttpResponse:
    """The hold that waits for a signature."""
    return _page(request, one(request, name))


@posts(*access.CLERKS)
@require_POST
def options(request: ActingRequest, name: str) -> JsonResponse:
    """What the browser asks the key."""
    return signing.asked(request.acting.person, holding.pending(one(request, name)))


@posts(*access.CLERKS)
@require_POST
def sign(request: ActingRequest, name: str) -> JsonResponse:
    """What the key answered."""
    file = one(request, name)

    def act(response: Mapping[str, Any]) -> str:
        holding.sign(file, response, acting=request.acting)
        return reverse("disclosure:case", args=[file.case.pk])

    return signing.signed(request, act)


@posts(*access.CLERKS)
@require_POST
def sign_demo(request: ActingRequest, name: str) -> HttpResponse:
    """In a demo: the acting person's software key signs, through the same verification."""
    file, person = one(request, name), request.acting.person
    try:
        answer = demo_signing.answer(person, holding.pending(file))
        holding.sign(file, answer, acting=request.acting)
        return to_case(file)
    except ActionRefusedError as error:
        return _page(request, file, refused=error)


def _page(
    request: ActingRequest, file: File, *, refused: ActionRefusedError | None = None
) -> HttpResponse:
    statement = holding.pending(file)
    if statement is None:
        return to_case(file)
    hold = Hold.decode(statement)
    context = {
        "file": file,
        "refused": refused,
        "cameras": camera_names(file, hold.cameras),
        "interval": f"{minute(instant(hold.start))} ～ {minute(instant(hold.end))}",
        "last_day": dt.date.fromisoformat(hold.last_day),
        "code": statement.short_code(),
        "signed": [one.by.name for one in holding.signatures(file)],
        "needed": holding.signers_needed(file),
    }
    return render(request, "disclosure/hold.html", context, status=403 if refused else 200)

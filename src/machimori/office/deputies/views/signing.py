# SPDX-License-Identifier: AGPL-3.0-or-later
"""What both ceremonies have in common: the manager's key signs a statement that a page drafted."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t

from machimori.kernel.envelope import Envelope
from machimori.office.people import demo_signing
from machimori.office.people.acting import ActingRequest
from machimori.office.people.signing_in import keys
from machimori.office.shared.errors import ActionRefusedError

Act = Callable[[Envelope, Mapping[str, Any]], object]
"""Keeps the statement, given the browser's assertion over its digest."""


def options_of(request: ActingRequest, envelope: Envelope | None) -> HttpResponse:
    """What the browser asks the key: to sign the statement's digest."""
    if envelope is None:
        return JsonResponse({}, status=404)
    found, _ = keys().begin_signature(request.acting.person, envelope.digest())
    return JsonResponse(found)


def signed(request: ActingRequest, envelope: Envelope | None, act: Act) -> HttpResponse:
    """What the key answered. JSON both ways: where to go, or why not."""
    try:
        response = json.loads(request.body)
        if envelope is None or not isinstance(response, dict):
            raise ValueError("nothing was drafted")
        act(envelope, response)
        return JsonResponse({"location": reverse("deputies:list")})
    except ActionRefusedError as error:
        text = "。".join([error.heading, *(reason.text for reason in error.reasons)])
        return JsonResponse({"refused": text}, status=403)
    except ValueError:
        return JsonResponse({"refused": _t("もう一度はじめからお願いします。")}, status=400)


def signed_in_demo(
    request: ActingRequest, envelope: Envelope | None, act: Act, template: str
) -> HttpResponse:
    """In a demo: the acting person's software key signs."""
    try:
        response = demo_signing.answer(request.acting.person, envelope)
        assert envelope is not None
        act(envelope, response)
    except ActionRefusedError as error:
        return render(request, template, {"refused": error}, status=403)
    return HttpResponseRedirect(reverse("deputies:list"))

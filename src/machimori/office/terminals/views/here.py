# SPDX-License-Identifier: AGPL-3.0-or-later
"""この端末: prove by the terminal's key that the browser is at it."""

import json

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.people.signing_in import keys
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.terminals import access, actions, demo, presence
from machimori.office.terminals.forms import place_name

_STATE = "terminal_here"


@posts(*access.USERS)
@require_safe
def page(request: ActingRequest) -> HttpResponse:
    """Which terminal this is, or how to say it."""
    return _page(request)


@posts(*access.USERS)
@require_POST
def options(request: ActingRequest) -> HttpResponse:
    """What the browser asks the terminal's key."""
    asked, state = keys().begin_presence(_credentials(request))
    request.session[_STATE] = state
    return JsonResponse(asked)


@posts(*access.USERS)
@require_POST
def arrive(request: ActingRequest) -> HttpResponse:
    """What the key answered."""
    state = request.session.pop(_STATE, None)
    try:
        response = json.loads(request.body)
        if state is None or not isinstance(response, dict):
            raise ValueError("no ceremony was begun")
        found = actions.arrive(state, response, address=_address(request), acting=request.acting)
        answer = JsonResponse({"location": reverse("terminals:here")})
        presence.remember(answer, found, request.acting.at)
        return answer
    except ActionRefusedError as error:
        text = "。".join([error.heading, *(reason.text for reason in error.reasons)])
        return JsonResponse({"refused": text}, status=403)
    except ValueError:
        return JsonResponse({"refused": _t("もう一度キーのボタンを押してください。")}, status=400)


@posts(*access.USERS)
@require_POST
def arrive_demo(request: ActingRequest) -> HttpResponse:
    """In a demo: the software key of the terminal that was chosen answers."""
    acting = request.acting
    try:
        wanted = request.POST.get("terminal", "")
        asked, state = keys().begin_presence(_credentials(request))
        response = demo.answer(wanted, asked, acting=acting)
        found = actions.arrive(state, response, address=_address(request), acting=acting)
    except ActionRefusedError as error:
        return _page(request, refused=error)
    answer = HttpResponseRedirect(reverse("terminals:here"))
    presence.remember(answer, found, acting.at)
    return answer


def _credentials(request: ActingRequest) -> list[bytes]:
    found = access.keys_of(access.terminals(request.acting.scheme))
    return [bytes(key.credential_id) for key in found.values()]


def _address(request: ActingRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _page(request: ActingRequest, *, refused: ActionRefusedError | None = None) -> HttpResponse:
    acting = request.acting
    one = presence.here(request, acting=acting)
    context = {
        "one": one,
        "place": place_name(acting, one.place) if one else "",
        "demo_terminals": demo.terminals(acting),
        "refused": refused,
    }
    return render(request, "terminals/here.html", context, status=403 if refused else 200)

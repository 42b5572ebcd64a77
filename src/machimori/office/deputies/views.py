# SPDX-License-Identifier: AGPL-3.0-or-later
"""代決者: the list, and delegating with the manager's key."""

import json

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.office.deputies import access, actions
from machimori.office.deputies.forms import DelegationForm
from machimori.office.deputies.models import Delegation
from machimori.office.people import demo_signing
from machimori.office.people.acting import ActingRequest
from machimori.office.people.signing_in import keys
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Listing
from machimori.office.shared.templatetags.office import day, last_day

_STATE = "delegation"


@posts("system_manager", "handling_supervisor", "auditor")
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every delegation of the scheme."""
    found = Listing[Delegation](
        name=_t("代決者"),
        columns=(_t("代決者"), _t("委任した人"), _t("始まり"), _t("終わり"), _t("委任した日")),
        cells=lambda one: (
            one.deputy.name,
            one.officer.name,
            day(one.valid_from),
            last_day(one.valid_until),
            day(one.at),
        ),
        search=("deputy__name", "officer__name"),
    )
    context = {"may_delegate": request.acting.holds("system_manager")}
    return found.respond(request, access.delegations(request.acting), "deputies/list.html", context)


@posts("system_manager")
def new(request: ActingRequest) -> HttpResponse:
    """Whom, from when to when; then the signature."""
    acting = request.acting
    try:
        access.check_delegates(acting)
    except ActionRefusedError as error:
        return render(request, "deputies/new.html", {"refused": error}, status=403)
    form = DelegationForm(request.POST or None, acting=acting)
    if request.method == "POST" and form.is_valid():
        first, until = form.interval()
        try:
            envelope = actions.draft(
                form.cleaned_data["deputy"], valid_from=first, valid_until=until, acting=acting
            )
            request.session[_STATE] = canonical.b64(envelope.encode())
            context = {
                "deputy": form.cleaned_data["deputy"],
                "first": first,
                "until": until,
                "code": envelope.short_code(),
            }
            return render(request, "deputies/sign.html", context)
        except ActionRefusedError as error:
            refuse(form, error)
    return render(request, "deputies/new.html", {"form": form})


@posts("system_manager")
@require_POST
def options(request: ActingRequest) -> HttpResponse:
    """What the browser asks the key: to sign the statement's digest."""
    envelope = _drafted(request)
    if envelope is None:
        return JsonResponse({}, status=404)
    found, _ = keys().begin_signature(request.acting.person, envelope.digest())
    return JsonResponse(found)


@posts("system_manager")
@require_POST
def sign(request: ActingRequest) -> HttpResponse:
    """What the key answered. JSON both ways: where to go, or why not."""
    envelope = _drafted(request)
    try:
        response = json.loads(request.body)
        if envelope is None or not isinstance(response, dict):
            raise ValueError("no delegation was drafted")
        actions.delegate(envelope, response, acting=request.acting)
        return JsonResponse({"location": reverse("deputies:list")})
    except ActionRefusedError as error:
        text = "。".join([error.heading, *(reason.text for reason in error.reasons)])
        return JsonResponse({"refused": text}, status=403)
    except ValueError:
        return JsonResponse({"refused": _t("もう一度はじめからお願いします。")}, status=400)


@posts("system_manager")
@require_POST
def sign_demo(request: ActingRequest) -> HttpResponse:
    """In a demo: the acting person's software key signs."""
    envelope, acting = _drafted(request), request.acting
    try:
        response = demo_signing.answer(acting.person, envelope)
        assert envelope is not None
        actions.delegate(envelope, response, acting=acting)
    except ActionRefusedError as error:
        return render(request, "deputies/new.html", {"refused": error}, status=403)
    return HttpResponseRedirect(reverse("deputies:list"))


def _drafted(request: ActingRequest) -> Envelope | None:
    found = request.session.get(_STATE)
    return Envelope.decode(canonical.unb64(found, where="delegation")) if found else None

# SPDX-License-Identifier: AGPL-3.0-or-later
"""後閲: the page on which the manager reads what a deputy decided, and signs it while it opens."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from machimori.office.people import demo_signing
from machimori.office.people.acting import ActingRequest
from machimori.office.people.views import signing
from machimori.office.provision import endorsing as actions
from machimori.office.provision.decision_forms import ReviewForm
from machimori.office.provision.history import File
from machimori.office.provision.views.cases import told
from machimori.office.provision.views.deciding import of_draft
from machimori.office.provision.views.pages import form_page, one, to_case
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts


@posts("system_manager")
def review(request: ActingRequest, name: str) -> HttpResponse:
    """後閲する: with the key while the approval still opens something, else by having read it."""
    file, acting = one(request, name), request.acting
    if actions.asked_for(file, acting) == "sign" and request.method != "POST":
        return _sign_page(request, file)
    form = ReviewForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: actions.review(file, note=form.cleaned_data["note"], acting=acting),
        title=_t("後閲する"),
        button=_t("後閲した"),
        file=file,
        text=_t("代決の内容を確かめて、後閲を記録してください。"),
        more=told(request, file) | {"title": _t("後閲する"), "with_application": True},
    )


@posts("system_manager")
@require_POST
def options(request: ActingRequest, name: str) -> HttpResponse:
    """What the browser asks the key: to sign the digest of what the deputy signed."""
    return signing.asked(request.acting.person, one(request, name).statement)


@posts("system_manager")
@require_POST
def sign(request: ActingRequest, name: str) -> HttpResponse:
    """What the key answered. JSON both ways: where to go, or why not."""
    file = one(request, name)

    def act(response: Mapping[str, Any]) -> str:
        actions.endorse(file, response, acting=request.acting)
        return reverse("provision:case", args=[file.case.pk])

    return signing.signed(request, act)


@posts("system_manager")
@require_POST
def sign_demo(request: ActingRequest, name: str) -> HttpResponse:
    """In a demo: the acting person's software key signs, through the same verification."""
    file, person = one(request, name), request.acting.person
    try:
        answer = demo_signing.answer(person, file.statement)
        return to_case(actions.endorse(file, answer, acting=request.acting))
    except ActionRefusedError as error:
        if file.statement is None:
            return HttpResponseRedirect(reverse("provision:case", args=[file.case.pk]))
        return _sign_page(request, file, refused=error)


def _sign_page(
    request: ActingRequest, file: File, *, refused: ActionRefusedError | None = None
) -> HttpResponse:
    more = {
        "form": ReviewForm(),
        "refused": refused,
        "deputised": [one for one in file.signatures if one.kind == "deputised"],
        "opens_no_longer": actions.opens_no_longer(file, request.acting),
    }
    context = told(request, file) | of_draft(file) | more
    return render(
        request, "provision/endorse.html", context, status=403 if refused is not None else 200
    )

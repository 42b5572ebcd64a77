# SPDX-License-Identifier: AGPL-3.0-or-later
"""自分のキーとパスワード: register, report a loss, change the password; 確認コード."""

import json

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.office.people import actions, second, signing_in
from machimori.office.people.acting import ActingRequest, begin, password_rule_of
from machimori.office.people.forms import KeyLabelForm, NewPasswordForm, SecondForm
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import signed_in

_STATE = "register"
_CODES = "codes"


@signed_in
@require_safe
def page(request: ActingRequest) -> HttpResponse:
    """One's keys, those that were lost too."""
    return _page(request)


@signed_in
@require_POST
def options(request: ActingRequest) -> HttpResponse:
    """What the browser asks a new key."""
    asked, state = signing_in.keys().begin_registration(request.acting.person)
    request.session[_STATE] = state
    return JsonResponse(asked)


@signed_in
@require_POST
def register(request: ActingRequest) -> HttpResponse:
    """What the new key answered."""
    state = request.session.pop(_STATE, None)
    try:
        sent = json.loads(request.body)
        if state is None or not isinstance(sent, dict):
            raise ValueError("no ceremony was begun")
        form = KeyLabelForm(sent)
        label = form.cleaned_data["label"] if form.is_valid() else ""
        key = signing_in.keys().complete_registration(state, sent["response"])
        actions.register_key(key, label=label, acting=request.acting)
        return JsonResponse({"location": reverse("people:keys")})
    except ActionRefusedError as error:
        return JsonResponse({"refused": error.heading}, status=403)
    except (ValueError, KeyError):
        return JsonResponse({"refused": _t("もう一度はじめからお願いします。")}, status=400)


@signed_in
@require_POST
def lost(request: ActingRequest, keyid: str) -> HttpResponse:
    """One's own key is lost: it is refused from now on, and so is every session."""
    credential = get_object_or_404(request.acting.person.credentials, keyid=keyid)
    try:
        actions.revoke_key(credential, acting=request.acting)
    except ActionRefusedError as error:
        return _page(request, refused=error)
    return HttpResponseRedirect(reverse("people:keys"))


@signed_in
def password(request: ActingRequest) -> HttpResponse:
    """Set or change one's own password."""
    acting = request.acting
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_password(form.cleaned_data["password"], acting=acting)
            begin(request, acting.person, acting.scheme, acting.at)
            return HttpResponseRedirect(reverse("people:today"))
        except ActionRefusedError as error:
            refuse(form, error)
    return render(request, "people/password.html", {"form": form})


@signed_in
def codes(request: ActingRequest) -> HttpResponse:
    """Register for 確認コード. The secret waits in the session until a code of it was typed."""
    acting, form = request.acting, SecondForm(request.POST or None)
    if acting.person.second is not None:
        return HttpResponseRedirect(reverse("people:keys"))
    if _CODES not in request.session:
        request.session[_CODES] = second.new_secret(acting.person).hex()
    secret = bytes.fromhex(request.session[_CODES])
    if request.method == "POST" and form.is_valid():
        try:
            second.register(secret, form.cleaned_data["code"], acting=acting)
            del request.session[_CODES]
            return HttpResponseRedirect(reverse("people:keys"))
        except ActionRefusedError as error:
            refuse(form, error)
    context = {
        "form": form,
        "letters": second.letters(acting.person, secret),
        "picture": second.picture(acting.person, secret),
    }
    return render(request, "people/codes.html", context, status=403 if form.errors else 200)


@signed_in
@require_POST
def no_codes(request: ActingRequest) -> HttpResponse:
    """Sign in without 確認コード from now on."""
    second.end(acting=request.acting)
    return HttpResponseRedirect(reverse("people:keys"))


def _page(request: ActingRequest, *, refused: ActionRefusedError | None = None) -> HttpResponse:
    context = {
        "keys": request.acting.person.credentials.order_by("-registered_at"),
        "form": KeyLabelForm(),
        "passwords": password_rule_of(request.acting.person, request.acting.at).allowed,
        "person": request.acting.person,
        "refused": refused,
    }
    return render(request, "people/keys.html", context, status=403 if refused else 200)

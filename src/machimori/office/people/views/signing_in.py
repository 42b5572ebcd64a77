# SPDX-License-Identifier: AGPL-3.0-or-later
"""サインイン and 人の交替."""

import json
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.kernel.ids import OfficerId
from machimori.office.people import signing_in
from machimori.office.people.acting import ActingRequest, begin, current, limited, now, schemes_of
from machimori.office.people.forms import CodeForm, PasswordForm
from machimori.office.people.models import Appointment, Person, Scheme
from machimori.office.people.rules import password_rule
from machimori.office.people.softkey import SoftwareKey
from machimori.office.shared.config import config
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import public, signed_in

_STATE = "sign_in"
_NOT_KEPT = ("people:today", "people:keys", "people:password")
"""Pages to which the next person is not led: the first, and those of the last one's own access."""


@public
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The key first; password and registration code below."""
    return _page(request)


@public
@require_POST
def key_options(request: HttpRequest) -> HttpResponse:
    """What the browser asks a key."""
    options, state = signing_in.keys().begin_sign_in()
    request.session[_STATE] = state
    return JsonResponse(options)


@public
@require_POST
def key(request: HttpRequest) -> HttpResponse:
    """What the key answered. JSON both ways: where to go, or why not."""
    state = request.session.pop(_STATE, None)
    try:
        response = json.loads(request.body)
        if state is None or not isinstance(response, dict):
            raise ValueError("no ceremony was begun")
        person = signing_in.by_key(state, response, address=_address(request), at=now())
        return JsonResponse({"location": _enter(request, person)})
    except ActionRefusedError as error:
        text = "。".join([error.heading, *(reason.text for reason in error.reasons)])
        return JsonResponse({"refused": text}, status=403)
    except ValueError:
        return JsonResponse({"refused": _t("もう一度キーのボタンを押してください。")}, status=400)


@public
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """Number and password."""
    form = PasswordForm(request.POST)
    if form.is_valid():
        at = now()
        try:
            person = signing_in.by_password(
                form.cleaned_data["login"],
                form.cleaned_data["password"],
                form.cleaned_data.get("code", ""),
                address=_address(request),
                at=at,
            )
            if signing_in.must_change(person, at):
                limited(request, person, at)
                return HttpResponseRedirect(reverse("people:password"))
            return HttpResponseRedirect(_enter(request, person))
        except ActionRefusedError as error:
            refuse(form, error)
    return _page(request, password_form=form, status=403)


@public
def code(request: HttpRequest) -> HttpResponse:
    """A registration code: leads to one's own keys and nowhere else."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        at = now()
        try:
            person = signing_in.by_code(
                form.cleaned_data["login"],
                form.cleaned_data["code"],
                address=_address(request),
                at=at,
            )
            limited(request, person, at)
            return HttpResponseRedirect(reverse("people:keys"))
        except ActionRefusedError as error:
            refuse(form, error)
    return render(request, "people/code.html", {"form": form}, status=403 if form.errors else 200)


@public
@require_POST
def demo(request: HttpRequest) -> HttpResponse:
    """In a demo: the software key of the person who was chosen answers."""
    office = config()
    person = Person.objects.filter(officer=request.POST.get("officer", "")).first()
    if not office.demo or person is None:
        return _page(request, status=404)
    try:
        answering = SoftwareKey.load(
            office.demo_keys, OfficerId(person.officer), origin=office.origin, host=office.host
        )
        options, state = signing_in.keys().begin_sign_in()
        found = signing_in.by_key(
            state, answering.sign_in(options), address=_address(request), at=now()
        )
        return HttpResponseRedirect(_enter(request, found))
    except OSError:
        return _page(request, refused=_no_key(), status=403)
    except ActionRefusedError as error:
        return _page(request, refused=error, status=403)


@signed_in
@require_POST
def change_person(request: ActingRequest) -> HttpResponse:
    """人の交替: this session ends; the next person touches their key and is at the same page."""
    request.session.flush()
    page = _safe(request.POST.get("next", ""))
    address = reverse("people:sign_in")
    if page not in map(reverse, _NOT_KEPT):
        address += "?" + urlencode({"next": page})
    return HttpResponseRedirect(address)


@signed_in
@require_POST
def change_scheme(request: ActingRequest) -> HttpResponse:
    """Work in another scheme in which the person holds a post."""
    wanted = request.POST.get("scheme", "")
    if any(scheme.pk == wanted for scheme in schemes_of(request.acting.person, request.acting.at)):
        request.session["scheme"] = wanted
    return HttpResponseRedirect(reverse("people:today"))


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """日本語 / English."""
    wanted = request.POST.get("language", "")
    response = HttpResponseRedirect(_safe(request.POST.get("next", "")))
    if check_for_language(wanted):
        response.set_cookie(
            "django_language", wanted, secure=config().tls, httponly=True, samesite="Strict"
        )
    return response


def _enter(request: HttpRequest, person: Person) -> str:
    at = now()
    schemes = schemes_of(person, at)
    if not schemes:
        raise ActionRefusedError(
            _t("いまの任命がありません"),
            Reason(text=_t("任命の始まる日を、管理責任者に確かめてください。")),
        )
    wanted = _safe(request.POST.get("next") or request.GET.get("next") or "")
    begin(request, person, schemes[0], at)
    return wanted


def _safe(address: str) -> str:
    """An address of ours, or the first page: nobody is sent elsewhere."""
    ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if ours and address.startswith("/") else reverse("people:today")


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _no_key() -> ActionRefusedError:
    return ActionRefusedError(
        _t("この人のデモ用のキーがありません"), Reason(text=_t("ほかの人を選んでください。"))
    )


def _page(
    request: HttpRequest,
    *,
    password_form: PasswordForm | None = None,
    refused: ActionRefusedError | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "next": _safe(request.POST.get("next") or request.GET.get("next") or ""),
        "password_form": (password_form or PasswordForm()) if _passwords() else None,
        "changing": bool(request.GET.get("next")),
        "refused": refused,
    }
    if config().demo:
        context["demo_people"] = _demo_people()
    return render(request, "people/sign_in.html", context, status=status)


def _passwords() -> bool:
    """Whether any scheme here asks for number and password."""
    return password_rule(Scheme.objects.all()).allowed


def _demo_people() -> list[tuple[Scheme, list[Appointment]]]:
    """Who can be chosen in a demo, scheme by scheme."""
    held = (
        Appointment.objects.filter(current(now()), person__credentials__software_demo=True)
        .select_related("person", "scheme")
        .order_by("scheme__name", "id")
    )
    return [(scheme, list(found)) for scheme, found in groupby(held, lambda one: one.scheme)]

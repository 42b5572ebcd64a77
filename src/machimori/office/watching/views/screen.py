# SPDX-License-Identifier: AGPL-3.0-or-later
"""監視: the screen of a shift, its pictures, a notice, the end."""

import json
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.office.cameras.access import cameras
from machimori.office.people.acting import ActingRequest
from machimori.office.people.forms import PasswordForm
from machimori.office.people.models import Scheme
from machimori.office.people.rules import password_rule
from machimori.office.shared.config import config
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.terminals.forms import place_name
from machimori.office.terminals.presence import here
from machimori.office.watching import access, asking, shifts
from machimori.office.watching.forms import NoticeForm
from machimori.office.watching.history import File
from machimori.office.watching.pictures import pictures as parts

_LONGEST = 100_000
"""Characters of what a browser says that it has of each camera."""


@posts(*access.WATCHERS)
@require_safe
def page(request: ActingRequest) -> HttpResponse:
    """The pictures, if this person watches here; else how to begin, or why not."""
    return show(request)


@posts(*access.WATCHERS)
@require_POST
def begin(request: ActingRequest) -> HttpResponse:
    """監視を始める."""
    acting = request.acting
    try:
        shifts.begin(here(request, acting=acting), acting=acting)
    except ActionRefusedError as error:
        return show(request, refused=error)
    return HttpResponseRedirect(reverse("watching:page"))


@posts(*access.WATCHERS)
@require_safe
def pictures(request: ActingRequest, name: str) -> HttpResponseBase:
    """What has come since `?after={camera: number}`. Each time everything is asked anew: person,
    post, list, terminal, place, the rules, the turn's hours."""
    file, acting = one(request, name), request.acting
    try:
        shifts.check_watches(file, here(request, acting=acting), acting)
    except ActionRefusedError as error:
        return HttpResponse(_told(error), status=403, content_type="text/plain; charset=utf-8")
    return StreamingHttpResponse(
        parts(file, _after(request)), content_type="application/octet-stream"
    )


@posts(*access.WATCHERS)
def notice(request: ActingRequest, name: str) -> HttpResponse:
    """通報を記録する; the picture goes on in its own window meanwhile."""
    file, acting = one(request, name), request.acting
    form = NoticeForm(request.POST or None, cameras=names(file))
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            shifts.notice(file, here(request, acting=acting), acting=acting, **form.cleaned_data)
        except ActionRefusedError as error:
            refused = error
        else:
            return HttpResponseRedirect(reverse("watching:page"))
    context = {
        "form": form,
        "refused": refused,
        "title": _t("通報を記録する"),
        "button": _t("この通報を記録する"),
        "back": reverse("watching:page"),
    }
    return render(request, "provision/form.html", context)


@posts(*access.WATCHERS)
@require_POST
def end(request: ActingRequest, name: str) -> HttpResponse:
    """監視を終える."""
    try:
        shifts.end(one(request, name), acting=request.acting)
    except ActionRefusedError as error:
        return show(request, refused=error)
    return HttpResponseRedirect(reverse("watching:page"))


def one(request: ActingRequest, name: str) -> File:
    """The shift of this name. Raises Http404."""
    found = access.find(request.acting, name)
    if found is None:
        raise Http404
    return found


def show(request: ActingRequest, *, refused: ActionRefusedError | None = None) -> HttpResponse:
    """The page, whatever there is to see."""
    acting = request.acting
    terminal = here(request, acting=acting)
    file = access.at_terminal(terminal) if terminal is not None else None
    why = None
    try:
        asking.ask(terminal, acting=acting)
    except ActionRefusedError as error:
        why = error
    watches = file is not None and file.watcher == acting.person and why is None
    context: dict[str, Any] = {
        "refused": refused or why,
        "file": file,
        "watches": watches,
        "may": why is None,
        "terminal": terminal,
        "place": place_name(acting, terminal.place) if terminal is not None else "",
        "form": NoticeForm(cameras=names(file)) if watches and file else None,
        "password_form": PasswordForm(prefix="next") if _passwords(acting.scheme) else None,
    }
    if watches and file is not None:
        context["cameras"] = json.dumps(
            [{"id": key, "name": text} for key, text in names(file).items()], ensure_ascii=False
        )
    status = 403 if refused or why else 200
    return render(request, "watching/page.html", context | {"demo": config().demo}, status=status)


def names(file: File | None) -> dict[str, str]:
    """What the register calls the cameras of a shift."""
    if file is None:
        return {}
    wanted = file.turn.data["cameras"]
    known = {
        str(row.camera_id): row.name for row in cameras(file.shift.scheme).filter(camera__in=wanted)
    }
    return {name: known.get(name, name) for name in wanted}


def _passwords(scheme: Scheme) -> bool:
    return password_rule([scheme]).allowed


def _after(request: ActingRequest) -> dict[str, int]:
    """What the browser says that it has. Raises Http404 if it is no object of numbers."""
    text = request.GET.get("after", "{}")
    try:
        found = json.loads(text) if len(text) <= _LONGEST else None
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(type(one) is int for one in found.values()):
        raise Http404
    return found


def _told(error: ActionRefusedError) -> str:
    return "。".join([error.heading, *(reason.text for reason in error.reasons)])

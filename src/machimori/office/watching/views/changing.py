# SPDX-License-Identifier: AGPL-3.0-or-later
"""交替: the next person touches their key or types number and password; the picture stays.

The browser's session becomes the next person's, and the shift's turn with it, in one answer. If the
next person may not watch, nothing changes and the one before goes on.
"""

import json

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from machimori.office.people import signing_in
from machimori.office.people.acting import Acting, ActingRequest, acting_in, begin, now
from machimori.office.people.forms import PasswordForm
from machimori.office.people.models import Person
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.posts import posts
from machimori.office.terminals.presence import here
from machimori.office.watching import access, shifts
from machimori.office.watching.history import File
from machimori.office.watching.views.screen import one, show

_STATE = "watch_next"


@posts(*access.WATCHERS)
@require_POST
def change(request: ActingRequest, name: str) -> HttpResponse:
    """交替する, by who has signed in already."""
    acting = request.acting
    try:
        shifts.change(one(request, name), here(request, acting=acting), acting=acting)
    except ActionRefusedError as error:
        return show(request, refused=error)
    return HttpResponseRedirect(reverse("watching:page"))


@posts(*access.WATCHERS)
@require_POST
def options(request: ActingRequest, name: str) -> HttpResponse:
    """What the browser asks the next person's key."""
    one(request, name)
    asked, state = signing_in.keys().begin_sign_in()
    request.session[_STATE] = state
    return JsonResponse(asked)


@posts(*access.WATCHERS)
@require_POST
def by_key(request: ActingRequest, name: str) -> HttpResponse:
    """What the next person's key answered. JSON both ways: who watches now, or why not."""
    file = one(request, name)
    state = request.session.pop(_STATE, None)
    try:
        response = json.loads(request.body)
        if state is None or not isinstance(response, dict):
            raise ValueError("no ceremony was begun")
        person = signing_in.by_key(state, response, address=_address(request), at=now())
        return _taken(request, file, person)
    except ActionRefusedError as error:
        return _refused(error)
    except ValueError:
        return JsonResponse({"refused": _t("もう一度キーのボタンを押してください。")}, status=400)


@posts(*access.WATCHERS)
@require_POST
def by_password(request: ActingRequest, name: str) -> HttpResponse:
    """Number and password of the next person."""
    file, form = one(request, name), PasswordForm(request.POST, prefix="next")
    try:
        if not form.is_valid():
            raise ActionRefusedError(
                _t("交替できませんでした"), Reason(text=_t("番号とパスワードを入れてください。"))
            )
        at = now()
        person = signing_in.by_password(
            form.cleaned_data["login"],
            form.cleaned_data["password"],
            form.cleaned_data.get("code", ""),
            address=_address(request),
            at=at,
        )
        if signing_in.must_change(person, at):
            raise ActionRefusedError(
                _t("パスワードの期限が過ぎています"),
                Reason(text=_t("サインインの画面で、新しいパスワードにしてください。")),
            )
        return _taken(request, file, person)
    except ActionRefusedError as error:
        return _refused(error)


def _taken(request: ActingRequest, file: File, person: Person) -> HttpResponse:
    """The next person watches. Raises ActionRefusedError, and then nothing has changed."""
    at = now()
    following: Acting = acting_in(person, file.shift.scheme, at)
    if not following.holds(*access.WATCHERS):
        raise ActionRefusedError(
            _t("交替できませんでした"),
            Reason(text=_t("この制度で監視できる職の人ではありません。")),
        )
    made = shifts.change(file, here(request, acting=following), acting=following)
    begin(request, person, file.shift.scheme, at)
    return JsonResponse({"watcher": made.watcher.name, "until": made.until.isoformat()})


def _refused(error: ActionRefusedError) -> HttpResponse:
    text = "。".join([error.heading, *(reason.text for reason in error.reasons)])
    return JsonResponse({"refused": text}, status=403)


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))

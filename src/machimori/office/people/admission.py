# SPDX-License-Identifier: AGPL-3.0-or-later
"""The outer door: no view runs that did not declare whom it admits, or for anybody else."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from machimori.office.people.acting import Acting
from machimori.office.shared.errors import ActionError
from machimori.office.shared.posts import LABELS, POSTS, admission


class AdmissionMiddleware:
    """Enforces `shared/posts.py` before the view is called."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """None lets the view run. Raises ActionError if the view declares nothing."""
        declared = admission(view)
        if declared is None:
            raise ActionError(
                "this view does not say who may enter",
                where=f"{view.__module__}.{getattr(view, '__name__', '')}",
                remedy="decorate it (office/shared/posts.py)",
            )
        acting: Acting | None = getattr(request, "acting", None)
        if declared.admits(acting.posts if acting else None):
            return None
        if acting is None:
            return _to_sign_in(request)
        wanted = [LABELS[post] for post in POSTS if post in declared.posts]
        return render(request, "shared/not_admitted.html", {"wanted": wanted}, status=403)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    address = reverse("people:sign_in")
    if request.method == "GET" and request.path != "/":
        address += "?" + urlencode({"next": request.path})
    if request.headers.get("HX-Request"):
        # A part of a page cannot become the sign-in page; htmx goes there as a whole.
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)

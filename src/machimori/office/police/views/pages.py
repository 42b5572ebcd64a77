# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the pages of an extraction have in common."""

from collections.abc import Callable

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from machimori.office.people.acting import ActingRequest
from machimori.office.police import access
from machimori.office.police.history import File
from machimori.office.shared.errors import ActionRefusedError


def one(request: ActingRequest, name: str) -> File:
    """The extraction of this name, if the acting person may see it. Raises Http404."""
    found = access.find(request.acting, name)
    if found is None:
        raise Http404
    return found


def form_page(
    request: ActingRequest,
    form: forms.Form,
    act: Callable[[], str],
    *,
    title: str,
    button: str,
    back: str,
    text: str = "",
) -> HttpResponse:
    """A page with one form and one main button; `act` is what the button does, and says where to
    go."""
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            return HttpResponseRedirect(act())
        except ActionRefusedError as error:
            refused = error
    context = {
        "form": form,
        "title": title,
        "button": button,
        "text": text,
        "refused": refused,
        "back": back,
    }
    return render(request, "provision/form.html", context)

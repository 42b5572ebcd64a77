# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the pages of a case have in common: finding it, and a page with one form."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from machimori.office.people.acting import ActingRequest
from machimori.office.provision import access
from machimori.office.provision.history import File
from machimori.office.shared.errors import ActionRefusedError


def one(request: ActingRequest, name: str) -> File:
    """The case of this name, if the acting person may see it. Raises Http404."""
    found = access.find(request.acting, name)
    if found is None:
        raise Http404
    return found


def to_case(file: File) -> HttpResponse:
    """On to the case."""
    return HttpResponseRedirect(reverse("provision:case", args=[file.case.pk]))


def form_page(
    request: ActingRequest,
    form: forms.Form,
    act: Callable[[], File],
    *,
    title: str,
    button: str,
    file: File | None = None,
    text: str = "",
    more: dict[str, Any] | None = None,
    template: str = "provision/form.html",
    onward: Callable[[File], HttpResponse] = to_case,
) -> HttpResponse:
    """A page with one form and one main button; `act` is what the button does, and `onward` where
    one goes then."""
    refused = None
    if form.is_bound and form.is_valid():
        try:
            return onward(act())
        except ActionRefusedError as error:
            refused = error
    back = reverse("provision:case", args=[file.case.pk]) if file else reverse("provision:cases")
    context = {
        "form": form,
        "title": title,
        "button": button,
        "file": file,
        "text": text,
        "refused": refused,
        "back": back,
    }
    return render(request, template, context | (more or {}))

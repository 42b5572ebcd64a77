# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the pages of an internal use have in common."""

from collections.abc import Callable

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from machimori.office.internal import access
from machimori.office.internal.history import File
from machimori.office.people.acting import ActingRequest
from machimori.office.shared.errors import ActionRefusedError


def one(request: ActingRequest, name: str) -> File:
    """The use of this name, if the acting person may see it. Raises Http404."""
    found = access.find(request.acting, name)
    if found is None:
        raise Http404
    return found


def address(file: File) -> str:
    """Of the use's page."""
    return reverse("internal:use", args=[file.use.pk])


def form_page(
    request: ActingRequest,
    form: forms.Form,
    act: Callable[[], File],
    *,
    title: str,
    button: str,
    file: File | None = None,
    text: str = "",
) -> HttpResponse:
    """A page with one form and one main button; `act` is what the button does."""
    refused = None
    if form.is_bound and form.is_valid():
        try:
            return HttpResponseRedirect(address(act()))
        except ActionRefusedError as error:
            refused = error
    context = {
        "form": form,
        "title": title,
        "button": button,
        "file": file,
        "text": text,
        "refused": refused,
        "back": address(file) if file else reverse("internal:uses"),
    }
    return render(request, "provision/form.html", context)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the pages of oversight have in common: a page with one form and one main button."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from machimori.office.people.acting import ActingRequest
from machimori.office.shared.errors import ActionRefusedError


def form_page(
    request: ActingRequest,
    form: forms.Form,
    act: Callable[[], str],
    *,
    title: str,
    button: str,
    back: str,
    text: str = "",
    more: dict[str, Any] | None = None,
    template: str = "oversight/form.html",
) -> HttpResponse:
    """`act` is what the button does; it says where to go."""
    refused = None
    if form.is_bound and form.is_valid():
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
    return render(request, template, context | (more or {}))

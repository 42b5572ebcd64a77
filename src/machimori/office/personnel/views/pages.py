# SPDX-License-Identifier: AGPL-3.0-or-later
"""The two pages of which most of personnel is made: a form, and a list."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from machimori.office.shared.errors import ActionRefusedError


def form_page(
    request: HttpRequest,
    form: forms.Form,
    *,
    heading: str,
    text: str,
    button: str,
    back: str,
    refused: ActionRefusedError | None = None,
    **more: Any,
) -> HttpResponse:
    """A page with one form. A refusal is shown above it."""
    context = {"form": form, "heading": heading, "text": text, "button": button, "back": back}
    return render(
        request,
        "personnel/form.html",
        context | {"refused": refused} | more,
        status=403 if refused else 200,
    )

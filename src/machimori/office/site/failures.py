# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person sees when a page cannot be shown: what it means, and what to do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request had a form that no page of ours sends."""
    return render(request, "failures/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: refused by the page's own rules."""
    return render(request, "failures/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: not there, or not for this person; the two are not told apart."""
    return render(request, "failures/404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """500: a defect. Nothing was half done, because actions are transactions."""
    return render(request, "failures/500.html", status=500)


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was too old, or came from elsewhere."""
    return render(request, "failures/csrf.html", status=403)

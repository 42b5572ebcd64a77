# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the pages of an extraction have in common."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t

from machimori.office.handover import progress
from machimori.office.handover.progress import Making
from machimori.office.people.acting import ActingRequest
from machimori.office.police import access
from machimori.office.police.history import File
from machimori.office.police.models import Extraction
from machimori.office.police.taking import PACKAGE
from machimori.office.provision.periods import choices, period
from machimori.office.shared.errors import ActionRefusedError


def one(request: ActingRequest, name: str) -> File:
    """The extraction of this name, if the acting person may see it. Raises Http404."""
    found = access.find(request.acting, name)
    if found is None:
        raise Http404
    return found


def making(file: File) -> dict[str, Any]:
    """How far the package is, for the progress' template: `making` is None if none is made."""
    last = file.facts[-1]
    found: Making | None = None
    if last.kind == "failed":
        found = progress.failed(str(last.data["reason"]))
    elif last.kind == "begun":
        found = progress.running(PACKAGE, file.extraction.pk)
    elif last.kind == "extracted":
        found = progress.done(_t("取出し分ができました。端末に保存してください。"))
    args = [file.extraction.pk]
    return {
        "making": found,
        "poll": reverse("police:progress", args=args),
        "next": reverse("police:extraction", args=args),
    }


def of_period(
    request: ActingRequest, rows: QuerySet[Extraction]
) -> tuple[QuerySet[Extraction], dict[str, Any]]:
    """The rows of the 年度 and month that were asked for, and what `shared/period.html` shows."""
    year, month = request.GET.get("year", ""), request.GET.get("month", "")
    since = rows.order_by("head__began").values_list("head__began", flat=True).first()
    asked = {f"head__{name}": value for name, value in period(year, month).items()}
    return rows.filter(**asked), choices(year, month, since=since, at=request.acting.at)


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
    template: str = "provision/form.html",
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
    return render(request, template, (more or {}) | context)

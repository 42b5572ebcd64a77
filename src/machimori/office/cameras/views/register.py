# SPDX-License-Identifier: AGPL-3.0-or-later
"""カメラ: the list, one camera with its history, registering, 訂正, Excel取込み."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.cameras import access, actions, condition, importing
from machimori.office.cameras.forms import CorrectForm, ImportForm, RegisterForm
from machimori.office.cameras.models import STATUSES, Description
from machimori.office.cameras.places import publication
from machimori.office.people.acting import ActingRequest
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.pages import today
from machimori.office.shared.posts import posts
from machimori.office.shared.recorders import recorders
from machimori.office.shared.sheets import MAX_FILE
from machimori.office.shared.tables import Cell, Listing

_DAYS: Final = 14


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every camera of the scheme, as it is now."""
    found = Listing[Description](
        name=_t("カメラ"),
        columns=(*importing.columns().values(), _t("最後の画像"), _t("きのうの録画")),
        cells=_cells,
        load=_seen,
        search=("camera__id", "name", "place", "retention_class"),
    )
    context = {
        "publication": publication(request.acting.scheme, today()),
        "may_write": request.acting.holds(*access.WRITERS),
    }
    return found.respond(
        request, access.cameras(request.acting.scheme), "cameras/register.html", context
    )


def _seen(rows: Sequence[Description]) -> list[condition.Seen]:
    """Each row with how the recorder finds it now, and how yesterday went."""
    health = recorders().cameras()
    yesterday = access.day_of(rows, today() - dt.timedelta(days=1))
    return [
        condition.Seen(row=row, health=health.get(row.camera_id), day=yesterday.get(row.camera_id))
        for row in rows
    ]


def _cells(seen: condition.Seen) -> tuple[str | Cell, ...]:
    row = seen.row
    return (
        Cell(text=row.camera_id, href=reverse("cameras:camera", args=[row.camera_id])),
        row.name,
        row.place,
        row.retention_class,
        _t("できる") if row.identifies else _t("できない"),
        str(STATUSES[row.status]),
        condition.last_picture(seen),
        condition.of_day(seen.day),
    )


@posts(*access.READERS)
@require_safe
def camera(request: ActingRequest, name: str) -> HttpResponse:
    """One camera: what holds, and everything that was said before."""
    rows = list(access.history(request.acting.scheme, name))
    if not rows:
        raise Http404
    registered = rows[0].camera
    days = list(access.days(registered, _DAYS))
    context = {
        "connection": access.connection(registered),
        "may_connect": request.acting.holds(*access.CONNECTORS),
        "health": recorders().cameras().get(registered.camera_id),
        "days": [condition.Day.of(day) for day in days],
        "now": rows[0],
        "rows": rows,
        "publication": publication(request.acting.scheme, today()),
        "may_write": request.acting.holds(*access.WRITERS),
    }
    return render(request, "cameras/camera.html", context)


@posts(*access.WRITERS)
def new(request: ActingRequest) -> HttpResponse:
    """Register one camera."""
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.register(form.camera_id(), form.particulars(), acting=request.acting)
            return HttpResponseRedirect(reverse("cameras:camera", args=[made.camera_id]))
        except ActionRefusedError as error:
            refuse(form, error)
    return render(request, "cameras/new.html", {"form": form})


@posts(*access.WRITERS)
def correct(request: ActingRequest, name: str) -> HttpResponse:
    """訂正 of one camera."""
    row = access.history(request.acting.scheme, name).first()
    if row is None:
        raise Http404
    initial = CorrectForm.initial_of(actions.particulars(row)) | {"number": row.number}
    form = CorrectForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        seen = access.history(request.acting.scheme, name).filter(
            number=form.cleaned_data["number"]
        )
        try:
            actions.correct(
                seen.first() or row,
                form.particulars(),
                reason=form.cleaned_data["reason"],
                acting=request.acting,
            )
            return HttpResponseRedirect(reverse("cameras:camera", args=[name]))
        except ActionRefusedError as error:
            refuse(form, error)
    return render(request, "cameras/correct.html", {"form": form, "row": row})


@posts(*access.WRITERS)
def take_in(request: ActingRequest) -> HttpResponse:
    """Register the cameras of an Excel file."""
    form = ImportForm(request.POST or None, request.FILES or None)
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            found = importing.read(form.cleaned_data["file"].read(MAX_FILE + 1))
            actions.register_all(found, acting=request.acting)
            return HttpResponseRedirect(reverse("cameras:register"))
        except ActionRefusedError as error:
            refused = error
    context = {"form": form, "refused": refused, "columns": importing.columns().values()}
    return render(request, "cameras/import.html", context)

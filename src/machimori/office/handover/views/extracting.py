# SPDX-License-Identifier: AGPL-3.0-or-later
"""取出しと媒体: the part, how far its packages are, and one medium after another."""

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.handover import access, extracting, packages, writing
from machimori.office.handover.forms import BeginForm, MediumForm, OnMediaForm
from machimori.office.handover.history import Followed
from machimori.office.handover.packing import part_name
from machimori.office.handover.sections import making, polled
from machimori.office.handover.views.pages import copy_of, place, to_next
from machimori.office.handover.working import base_of
from machimori.office.people.acting import ActingRequest
from machimori.office.provision.forms import ExtentForm
from machimori.office.provision.history import File
from machimori.office.provision.orders import chosen, ordered, to_take_out
from machimori.office.provision.views.cases import chosen_lines
from machimori.office.provision.views.pages import form_page, one, to_case
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.ranges import ranged
from machimori.policy.wareki import parse_case_number


@posts(*access.DESK)
def begin(request: ActingRequest, name: str) -> HttpResponse:
    """取り出す."""
    file, acting = one(request, name), request.acting
    if chosen(file):
        return _begin_chosen(request, file)
    whole = ordered(file)
    shown = ExtentForm.initial_of(whole.cameras, whole.start, whole.end) if whole else {}
    form = BeginForm(
        request.POST or None,
        scheme=acting.scheme,
        only=whole.cameras if whole else (),
        initial=shown,
    )
    return form_page(
        request,
        form,
        lambda: extracting.begin(
            file,
            form.extent(),
            kind=form.cleaned_data["kind"],
            gigabytes=form.cleaned_data["gigabytes"],
            place=place(request),
            acting=acting,
        ),
        title=_t("取り出す"),
        button=_t("この範囲を取り出す"),
        file=file,
        text=_t("指示の範囲の中で、必要な範囲だけを選んでください。"),
    )


def _begin_chosen(request: ActingRequest, file: File) -> HttpResponse:
    """The same where the part needed was chosen on the time line: it is not typed again."""
    whole = to_take_out(file)
    assert whole is not None
    form = OnMediaForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: extracting.begin(
            file, whole, **form.cleaned_data, place=place(request), acting=request.acting
        ),
        title=_t("取り出す"),
        button=_t("選んだ範囲を取り出す"),
        file=file,
        text=_t("画像を確かめて選んだ、次の範囲だけを取り出します。"),
        more={"lines": chosen_lines(file)},
    )


@posts(*access.READERS)
@require_safe
def progress(request: ActingRequest, name: str) -> HttpResponse:
    """How far the packages are: the part of the case's page that asks again by itself."""
    file = one(request, name)
    return render(request, "handover/progress.html", polled(file, making(file), request.acting))


@posts(*access.DESK)
def medium(request: ActingRequest, name: str) -> HttpResponse:
    """媒体に書いて確かめる: a package to fetch, its fingerprint, and the medium."""
    (file, copy), acting = copy_of(request, name), request.acting
    begun = file.latest("extraction_begun")
    assert begun is not None
    form = MediumForm(
        request.POST or None,
        initial={"kind": begun.data["medium"], "number": _number(file, copy)},
    )
    return form_page(
        request,
        form,
        lambda: writing.note_medium(file, copy, form.medium, place=place(request), acting=acting),
        title=_t("媒体に書いて確かめる"),
        button=_t("読み返しまで済んだ媒体を記録する"),
        file=file,
        onward=lambda made: to_next(made, acting) if made.state == "extracting" else to_case(made),
        template="handover/medium.html",
        more={"copy": copy.copy, "name": _file_name(file, copy)},
    )


@posts(*access.DESK)
def package(request: ActingRequest, name: str) -> HttpResponseBase:
    """証拠一式を端末に取り出す: the file itself. On record before it leaves (POST); what broke off
    goes on where it stopped (GET with `Range`, RFC 9110, 14)."""
    file, copy = copy_of(request, name)
    where = place(request)
    try:
        if request.method == "POST":
            copy = writing.fetch(file, copy, place=where, acting=request.acting)
        else:
            writing.check_goes_on(file, copy, place=where, acting=request.acting)
    except ActionRefusedError as error:
        context = {"file": file, "refused": error, "title": _t("媒体に書いて確かめる")}
        return render(request, "handover/refused.html", context, status=403)
    found = packages.find(part_name(base_of(file), copy.copy.part))
    if found is None:
        raise Http404
    return ranged(request, found.open(), tag=found.digest, name=_file_name(file, copy))


def _file_name(file: File, copy: Followed) -> str:
    return f"{file.case.pk}-{copy.copy.part}.zip"


def _number(file: File, copy: Followed) -> str:
    """A medium number to begin with: year, case, part."""
    if not file.number:
        return ""
    known = parse_case_number(file.number)
    return f"{known.fiscal_year}-{known.number}-{copy.copy.part}"

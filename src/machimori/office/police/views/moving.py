# SPDX-License-Identifier: AGPL-3.0-or-later
"""What moves an extraction on: taking out, fetching, saving, the request, the verdict, erasure."""

from django import forms
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.police import access, ordering, reviewing, taking
from machimori.office.police.forms import (
    ErasureForm,
    NoteForm,
    RequestForm,
    SavedForm,
    VerdictForm,
    WithdrawForm,
)
from machimori.office.police.history import File
from machimori.office.police.views.pages import form_page, making, one
from machimori.office.police.views.telling import told
from machimori.office.shared.posts import posts
from machimori.office.shared.ranges import ranged
from machimori.office.terminals.presence import here


def _address(file: File) -> str:
    return reverse("police:extraction", args=[file.extraction.pk])


@posts("police_operator")
def extract(request: ActingRequest, name: str) -> HttpResponse:
    """取り出す."""
    file, acting = one(request, name), request.acting
    terminal = here(request, acting=acting)
    return form_page(
        request,
        forms.Form(request.POST),
        lambda: _address(taking.extract(file, terminal=terminal, acting=acting)),
        title=_t("命令の範囲を取り出す"),
        button=_t("取り出す"),
        back=_address(file),
        text=_t("範囲が長いと、数分かかります。画面を閉じても続きます。"),
    )


@posts(*access.READERS)
@require_safe
def progress(request: ActingRequest, name: str) -> HttpResponse:
    """How far the package is: the part of the page that asks again by itself."""
    return render(request, "handover/progress.html", making(one(request, name)))


@posts(*access.POLICE)
@require_safe
def download(request: ActingRequest, name: str) -> HttpResponseBase:
    """The package; what broke off goes on where it stopped (RFC 9110, 14)."""
    file = one(request, name)
    found = taking.package_of(file) if file.state == "extracted" else None
    if found is None:
        raise Http404
    return ranged(request, found.open(), tag=found.digest, name=f"{file.extraction.pk}.zip")


@posts(*access.POLICE)
def saved(request: ActingRequest, name: str) -> HttpResponse:
    """保存した."""
    file, acting = one(request, name), request.acting
    form = SavedForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: _address(taking.save(file, **form.cleaned_data, acting=acting)),
        title=_t("保存したことを記録する"),
        button=_t("端末に保存したと記録する"),
        back=_address(file),
        text=_t("記録すると、市の側に置いた取出し分は消えます。"),
    )


@posts("police_image_manager")
def request_form(request: ActingRequest, name: str) -> HttpResponse:
    """申請書を出す."""
    file, acting = one(request, name), request.acting
    form = RequestForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: _address(reviewing.file_request(file, **form.cleaned_data, acting=acting)),
        title=_t("申請書を出す"),
        button=_t("この申請書を出す"),
        back=_address(file),
    )


@posts("system_manager")
def judge(request: ActingRequest, name: str) -> HttpResponse:
    """判定する: what was ordered, taken out and applied for stands above the verdict."""
    file, acting = one(request, name), request.acting
    form = VerdictForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: _address(
            reviewing.judge(
                file,
                form.cleaned_data["verdict"],
                remarks=form.cleaned_data["remarks"],
                acting=acting,
            )
        ),
        title=_t("申請書を読んで判定する"),
        button=_t("この判定にする"),
        back=_address(file),
        more=told(file, acting),
        template="police/verdict.html",
    )


@posts(*access.POLICE)
def erased(request: ActingRequest, name: str) -> HttpResponse:
    """消去した."""
    file, acting = one(request, name), request.acting
    form = ErasureForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: _address(reviewing.report_erasure(file, **form.cleaned_data, acting=acting)),
        title=_t("消去したことを記録する"),
        button=_t("消去したと記録する"),
        back=_address(file),
    )


@posts("system_manager")
def confirm(request: ActingRequest, name: str) -> HttpResponse:
    """消去を確認した."""
    file, acting = one(request, name), request.acting
    form = NoteForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: _address(reviewing.confirm_erasure(file, **form.cleaned_data, acting=acting)),
        title=_t("消去を確認して完結にする"),
        button=_t("消去を確認した"),
        back=_address(file),
    )


@posts(*access.POLICE)
def withdraw(request: ActingRequest, name: str) -> HttpResponse:
    """取りやめる."""
    file, acting = one(request, name), request.acting
    form = WithdrawForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: _address(ordering.withdraw(file, **form.cleaned_data, acting=acting)),
        title=_t("取りやめる"),
        button=_t("この命令を取りやめる"),
        back=_address(file),
    )

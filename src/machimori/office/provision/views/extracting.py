# SPDX-License-Identifier: AGPL-3.0-or-later
"""取出しと媒体, 完了確認, 引渡し, 複製の終わり."""

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from machimori.kernel.instants import local_day, micros
from machimori.office.people.acting import ActingRequest
from machimori.office.provision import access, extracting, packages
from machimori.office.provision import handing_over as actions
from machimori.office.provision.extraction_forms import (
    BeginForm,
    CheckForm,
    HandOverForm,
    MediumForm,
    RejectForm,
    SettleForm,
)
from machimori.office.provision.forms import ExtentForm
from machimori.office.provision.orders import ordered
from machimori.office.provision.views.cases import told
from machimori.office.provision.views.pages import form_page, one, to_case
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.terminals.presence import Established, established


def _place(request: ActingRequest) -> Established:
    """Where the acting person sits."""
    return established(request, acting=request.acting)


@posts(*access.DESK)
def begin(request: ActingRequest, name: str) -> HttpResponse:
    """取り出す."""
    file, acting = one(request, name), request.acting
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
        lambda: extracting.begin(file, form.extent(), place=_place(request), acting=acting),
        title=_t("取り出す"),
        button=_t("この範囲を取り出す"),
        file=file,
        text=_t("指示の範囲の中で、必要な範囲だけを選んでください。"),
    )


@posts(*access.DESK)
def medium(request: ActingRequest, name: str) -> HttpResponse:
    """媒体に書いて確かめる: the package to fetch, its fingerprint, and the medium."""
    file, acting = one(request, name), request.acting
    form = MediumForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: extracting.note_medium(
            file,
            **form.cleaned_data,
            place=_place(request),
            acting=acting,
        ),
        title=_t("媒体に書いて確かめる"),
        button=_t("読み返しまで済んだ媒体を記録する"),
        file=file,
        more={"package": file.latest("extracted"), "name": packages.path_of(file).name}
        if file.latest("extraction_begun")
        else None,
    )


@posts(*access.DESK)
@require_POST
def package(request: ActingRequest, name: str) -> HttpResponseBase:
    """証拠一式を端末に取り出す: the file itself; on record before it leaves."""
    file = one(request, name)
    try:
        extracting.fetch(file, place=_place(request), acting=request.acting)
    except ActionRefusedError as error:
        context = told(request, file) | {"refused": error}
        return render(request, "provision/case.html", context, status=403)
    path = packages.path_of(file)
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


@posts("system_manager")
def check(request: ActingRequest, name: str) -> HttpResponse:
    """できた複製を確かめる."""
    file, acting = one(request, name), request.acting
    form = CheckForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: actions.check(file, note=form.cleaned_data["note"], acting=acting),
        title=_t("できた複製を確かめる"),
        button=_t("指示のとおりで、読めることを確認した"),
        file=file,
        more={"written": file.latest("written"), "ordered": file.latest("ordered")},
    )


@posts("system_manager")
def reject(request: ActingRequest, name: str) -> HttpResponse:
    """やり直しを求める."""
    file, acting = one(request, name), request.acting
    form = RejectForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: actions.reject(file, reason=form.cleaned_data["reason"], acting=acting),
        title=_t("やり直しを求める"),
        button=_t("取出しのやり直しを求める"),
        file=file,
    )


@posts(*access.DESK)
def hand_over(request: ActingRequest, name: str) -> HttpResponse:
    """受け取る方を確認する."""
    file, acting = one(request, name), request.acting
    application = file.application
    shown = {
        "body": application.body,
        "name": application.name,
        "identity_by": acting.person.name,
        "due": actions.due_day(file, local_day(micros(acting.at))),
    }
    form = HandOverForm(request.POST or None, initial=shown)
    return form_page(
        request,
        form,
        lambda: actions.hand_over(
            file,
            form.recipient,
            due=form.cleaned_data["due"],
            conditions=form.cleaned_data["conditions"],
            acting=acting,
        ),
        title=_t("受け取る方を確認してください"),
        button=_t("引渡しを記録する"),
        file=file,
        text=_t(
            "身分証の種類、所属、氏名だけを記録します。写しは取りません。個人番号は記録しません。"
        ),
    )


@posts(*access.DESK)
def settle(request: ActingRequest, name: str) -> HttpResponse:
    """複製の終わりを記録する."""
    file, acting = one(request, name), request.acting
    form = SettleForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: actions.settle(file, **form.cleaned_data, acting=acting),
        title=_t("複製の終わりを記録する"),
        button=_t("複製の終わりを記録する"),
        file=file,
    )


@posts(*access.DESK)
@require_POST
def complete(request: ActingRequest, name: str) -> HttpResponse:
    """完結にする."""
    file = one(request, name)
    try:
        return to_case(actions.complete(file, acting=request.acting))
    except ActionRefusedError as error:
        context = told(request, file) | {"refused": error}
        return render(request, "provision/case.html", context, status=403)

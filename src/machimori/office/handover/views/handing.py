# SPDX-License-Identifier: AGPL-3.0-or-later
"""完了確認, 引渡し, 完結."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from machimori.kernel.instants import local_day, micros
from machimori.office.cameras.access import plain_names
from machimori.office.handover import access, checking, ending, handing_over
from machimori.office.handover.forms import CheckForm, HandOverForm, RejectForm
from machimori.office.handover.history import copies_of, current
from machimori.office.handover.views.pages import to_next
from machimori.office.people.acting import ActingRequest
from machimori.office.provision.drafting import Extent
from machimori.office.provision.history import File
from machimori.office.provision.orders import ordered, part_of
from machimori.office.provision.views.pages import form_page, one, to_case
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.templatetags.office import minute


@posts(*access.CHECKERS)
def check(request: ActingRequest, name: str) -> HttpResponse:
    """できた複製を確かめる: what was ordered beside what was made."""
    file, acting = one(request, name), request.acting
    form = CheckForm(request.POST or None)
    begun, whole = file.latest("extraction_begun"), ordered(file)
    return form_page(
        request,
        form,
        lambda: checking.check(file, note=form.cleaned_data["note"], acting=acting),
        title=_t("できた複製を確かめる"),
        button=_t("指示のとおりで、読めることを確認した"),
        file=file,
        template="handover/check.html",
        onward=lambda made: to_next(made, acting),
        more={
            "copies": current(file, copies_of(file)),
            "ordered": _said(file, whole) if whole else "",
            "part": _said(file, part_of(begun)) if begun else "",
        },
    )


@posts(*access.CHECKERS)
def reject(request: ActingRequest, name: str) -> HttpResponse:
    """やり直しを求める."""
    file, acting = one(request, name), request.acting
    form = RejectForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: checking.reject(file, reason=form.cleaned_data["reason"], acting=acting),
        title=_t("やり直しを求める"),
        button=_t("取出しのやり直しを求める"),
        file=file,
        text=_t("いまの媒体は引き渡せなくなります。廃棄して、廃棄したことを記録してください。"),
    )


@posts(*access.DESK)
def hand_over(request: ActingRequest, name: str) -> HttpResponse:
    """受け取る方を確認する."""
    file, acting = one(request, name), request.acting
    application = file.application
    shown = {
        "body": application.body,
        "name": application.name,
        "identity_means": application.identity_means,
        "identity_by": acting.person.name,
        "conditions": "\n".join(file.conditions),
        "due": handing_over.due_day(file, local_day(micros(acting.at))),
    }
    form = HandOverForm(request.POST or None, initial=shown)
    return form_page(
        request,
        form,
        lambda: handing_over.hand_over(
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
        template="handover/hand_over.html",
        more={"copies": current(file, copies_of(file))},
    )


@posts(*access.DESK)
@require_POST
def complete(request: ActingRequest, name: str) -> HttpResponse:
    """完結にする."""
    file = one(request, name)
    try:
        return to_case(ending.complete(file, acting=request.acting))
    except ActionRefusedError as error:
        context = {"file": file, "refused": error, "title": _t("完結にする")}
        return render(request, "handover/refused.html", context, status=403)


def _said(file: File, extent: Extent) -> str:
    """Cameras by their names, and the interval."""
    known = plain_names(file.case.scheme, extent.cameras)
    names = "、".join(known.get(name, name) for name in extent.cameras)
    return f"{names}　{minute(extent.start)} ～ {minute(extent.end)}"

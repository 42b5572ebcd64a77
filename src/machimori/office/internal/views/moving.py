# SPDX-License-Identifier: AGPL-3.0-or-later
"""許可, 不許可, 取下げ, the result and 完結 of an internal use."""

from typing import Final

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST

from machimori.office.internal import access, drafting, ending, prints
from machimori.office.internal.forms import ReasonForm, ResultForm
from machimori.office.internal.views.pages import address, form_page, one
from machimori.office.internal.views.uses import page
from machimori.office.people import demo_signing
from machimori.office.people.acting import ActingRequest
from machimori.office.people.views import signing
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import Post, posts

_PERMIT: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor")
"""Who may permit under one rule or another; whether they may under theirs, the rules say."""


@posts(*_PERMIT)
def attendance(request: ActingRequest, name: str) -> HttpResponse:
    """立会いを認める: the reason."""
    file, acting = one(request, name), request.acting
    form = ReasonForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: drafting.permit_attendance(file, **form.cleaned_data, acting=acting),
        title=_t("立会いを認める"),
        button=_t("この理由で認める"),
        file=file,
        text=_t("立会人：%(who)s") % {"who": "、".join(file.attendees)},
    )


@posts(*_PERMIT)
@require_POST
def options(request: ActingRequest, name: str) -> HttpResponse:
    """What the browser asks the key."""
    return signing.asked(request.acting.person, one(request, name).statement)


@posts(*_PERMIT)
@require_POST
def sign(request: ActingRequest, name: str) -> HttpResponse:
    """What the key answered."""
    file, acting = one(request, name), request.acting
    return signing.signed(
        request, lambda response: address(drafting.permit(file, response, acting=acting))
    )


@posts(*_PERMIT)
@require_POST
def sign_demo(request: ActingRequest, name: str) -> HttpResponse:
    """In a demo: the person's software key signs, through the same verification."""
    file, acting = one(request, name), request.acting
    try:
        response = demo_signing.answer(acting.person, file.statement)
        file = drafting.permit(file, response, acting=acting)
    except ActionRefusedError as error:
        return page(request, file, error)
    return HttpResponseRedirect(address(file))


@posts(*_PERMIT)
def refuse(request: ActingRequest, name: str) -> HttpResponse:
    """許可しない."""
    file, acting = one(request, name), request.acting
    form = ReasonForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: drafting.refuse(file, **form.cleaned_data, acting=acting),
        title=_t("許可しない"),
        button=_t("許可しないで終える"),
        file=file,
    )


@posts(*access.USERS)
def withdraw(request: ActingRequest, name: str) -> HttpResponse:
    """取り下げる."""
    file, acting = one(request, name), request.acting
    form = ReasonForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: drafting.withdraw(file, **form.cleaned_data, acting=acting),
        title=_t("取り下げる"),
        button=_t("取り下げて終える"),
        file=file,
    )


@posts(*access.USERS)
def result(request: ActingRequest, name: str) -> HttpResponse:
    """利用の結果を記録する."""
    file, acting = one(request, name), request.acting
    form = ResultForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: ending.record_result(file, **form.cleaned_data, acting=acting),
        title=_t("利用の結果を記録する"),
        button=_t("記録して利用を終える"),
        file=file,
        text=_t("記録すると、画像は開けなくなります。"),
    )


@posts(*access.USERS)
@require_POST
def close(request: ActingRequest, name: str) -> HttpResponse:
    """完結にする."""
    file, acting = one(request, name), request.acting
    try:
        file = ending.close(file, prints_out=prints.out(file.use.pk), acting=acting)
    except ActionRefusedError as error:
        return page(request, file, error)
    return HttpResponseRedirect(address(file))

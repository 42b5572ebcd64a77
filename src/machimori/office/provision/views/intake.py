# SPDX-License-Identifier: AGPL-3.0-or-later
"""相談・受付, 補正 and documents that follow."""

from typing import Any, TypeVar

from django.http import HttpResponse
from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.people.acting import ActingRequest
from machimori.office.provision import access, actions, asking
from machimori.office.provision.application import Application
from machimori.office.provision.application_form import AmendForm, ApplicationForm
from machimori.office.provision.forms import CorrectionForm, DocumentForm
from machimori.office.provision.history import File
from machimori.office.provision.views import keeping
from machimori.office.provision.views.pages import form_page, one
from machimori.office.rules.access import in_force
from machimori.office.shared.posts import posts
from machimori.policy.profile import Profile

_CONSULT = "consult"
_FIELDS = "fields"
"""Pressed, or sent by the page itself, when another ground is chosen: show its fields."""
_PAGE = "provision/intake.html"
_Form = TypeVar("_Form", bound=ApplicationForm)


@posts(*access.DESK)
def new(request: ActingRequest) -> HttpResponse:
    """A request by telephone, at the counter or by post: a consultation, or an application."""
    acting = request.acting
    rules = in_force(acting.scheme, local_day(micros(acting.at)))
    form = _filled(ApplicationForm, request, rules, {"identity_by": acting.person.name})

    def act() -> File:
        if _CONSULT in request.POST:
            return actions.consult(form.application(), acting=acting)
        return actions.take_in(None, form.application(), acting=acting)

    return form_page(
        request,
        form,
        act,
        title=_t("相談・受付"),
        button=_t("この内容で受け付ける"),
        text=_t(
            "分かっていることだけで受け付けられます。足りないものは、受け付けたあとに示します。"
        ),
        more={"second": _CONSULT, "second_text": _t("相談として記録する")},
        template=_PAGE,
        onward=lambda made: keeping.after_intake(made, acting),
    )


@posts(*access.DESK)
def take_in(request: ActingRequest, name: str) -> HttpResponse:
    """A consultation becomes an application: nothing is typed twice."""
    file, acting = one(request, name), request.acting
    known = file.application
    form = _filled(ApplicationForm, request, file.rules, ApplicationForm.initial_from(known), known)
    return form_page(
        request,
        form,
        lambda: actions.take_in(file, form.application(), acting=acting),
        title=_t("受け付ける"),
        button=_t("この内容で受け付ける"),
        file=file,
        template=_PAGE,
        onward=lambda made: keeping.after_intake(made, acting),
    )


@posts(*access.DESK)
def amend(request: ActingRequest, name: str) -> HttpResponse:
    """What the applicant completed, or what was entered wrongly."""
    file, acting = one(request, name), request.acting
    known = file.application
    form = _filled(AmendForm, request, file.rules, AmendForm.initial_from(known), known)
    return form_page(
        request,
        form,
        lambda: actions.amend(
            file, form.application(), reason=form.cleaned_data["why"], acting=acting
        ),
        title=_t("申請の内容を直す"),
        button=_t("この内容に直す"),
        file=file,
        text=_t("直す前の内容も残ります。"),
        template=_PAGE,
        more={"missing": asking.missing(file.rules, file.application, acting=acting)},
    )


@posts(*access.DESK)
def ask_correction(request: ActingRequest, name: str) -> HttpResponse:
    """Ask the applicant to complete what is missing."""
    file, acting = one(request, name), request.acting
    back = file.sent_back
    initial = {"note": back.data["reason"]} if back else {}
    missing = asking.missing(file.rules, file.application, acting=acting)
    listed = back is not None and not missing
    form = CorrectionForm(request.POST or None, initial=initial, listed=listed)
    return form_page(
        request,
        form,
        lambda: actions.ask_correction(
            file, due=form.cleaned_data["due"], note=form.cleaned_data["note"], acting=acting
        ),
        title=_t("補正をお願いする"),
        button=_t("補正をお願いする"),
        file=file,
        text=_t("お願いすると、申請者に渡す「補正のお願い」を案件のページから印刷できます。"),
        more={"missing": missing},
    )


@posts(*access.DESK)
def document(request: ActingRequest, name: str) -> HttpResponse:
    """The document that was promised has come."""
    file, acting = one(request, name), request.acting
    form = DocumentForm(request.POST or None, ground=file.ground)
    return form_page(
        request,
        form,
        lambda: actions.note_document(file, **form.cleaned_data, acting=acting),
        title=_t("原本を受け取る"),
        button=_t("受け取ったことを記録する"),
        file=file,
    )


def _filled(
    kind: type[_Form],
    request: ActingRequest,
    rules: Profile,
    initial: dict[str, Any],
    known: Application | None = None,
) -> _Form:
    """The form as it was sent; unchecked and with other fields, if another ground was chosen."""
    shown = kind.initial_typed(request.POST) if _FIELDS in request.POST else initial
    sent = None if _FIELDS in request.POST else request.POST or None
    return kind(sent, scheme=request.acting.scheme, rules=rules, initial=shown, known=known)

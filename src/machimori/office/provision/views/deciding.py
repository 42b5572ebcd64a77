# SPDX-License-Identifier: AGPL-3.0-or-later
"""起案, 決裁 and 指示."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.kernel.instants import instant
from machimori.office.deputies.access import standing_in
from machimori.office.people import demo_signing
from machimori.office.people.acting import ActingRequest
from machimori.office.people.views import signing
from machimori.office.provision import access, asking
from machimori.office.provision import deciding as actions
from machimori.office.provision.decision_forms import (
    DraftForm,
    InstructForm,
    NarrowForm,
    RefuseForm,
    SendBackForm,
)
from machimori.office.provision.drafting import Extent, extent_of
from machimori.office.provision.forms import ExtentForm, words
from machimori.office.provision.history import File, check_state
from machimori.office.provision.views.cases import told
from machimori.office.provision.views.pages import form_page, one
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.vault.client.statements import Authorisation


@posts(*access.DESK)
def draft(request: ActingRequest, name: str) -> HttpResponse:
    """起案する."""
    file, acting = one(request, name), request.acting
    form = DraftForm(request.POST or None, ground=file.ground)
    return form_page(
        request,
        form,
        lambda: actions.submit(
            file,
            checks=form.cleaned_data["checks"],
            note=form.cleaned_data["note"],
            conditions=form.cleaned_data["conditions"].splitlines(),
            return_by=form.cleaned_data["return_by"],
            acting=acting,
        ),
        title=_t("起案する"),
        button=_t("決裁に回す"),
        file=file,
        more=told(request, file) | {"title": _t("起案する"), "with_application": True},
    )


@posts(*access.DESK)
@require_safe
def decide(request: ActingRequest, name: str) -> HttpResponse:
    """The draft, what speaks against it, and the signature."""
    file = one(request, name)
    return _decide_page(request, file)


@posts(*access.DESK)
@require_POST
def options(request: ActingRequest, name: str) -> HttpResponse:
    """What the browser asks the key: to sign the statement's digest."""
    file = one(request, name)
    return signing.asked(request.acting.person, file.statement)


@posts(*access.DESK)
@require_POST
def sign(request: ActingRequest, name: str) -> HttpResponse:
    """What the key answered. JSON both ways: where to go, or why not."""
    file = one(request, name)

    def act(response: Mapping[str, Any]) -> str:
        return _after_signing(actions.sign(file, response, acting=request.acting), request)

    return signing.signed(request, act)


@posts(*access.DESK)
@require_POST
def sign_demo(request: ActingRequest, name: str) -> HttpResponse:
    """In a demo: the acting person's software key signs, through the same verification."""
    file, person = one(request, name), request.acting.person
    try:
        answer = demo_signing.answer(person, file.statement)
        return HttpResponseRedirect(
            _after_signing(actions.sign(file, answer, acting=request.acting), request)
        )
    except ActionRefusedError as error:
        return _decide_page(request, file, refused=error)


@posts(*access.DESK)
def narrow(request: ActingRequest, name: str) -> HttpResponse:
    """一部承認の案にする."""
    file, acting = one(request, name), request.acting
    whole = _granted(file)
    form = NarrowForm(
        request.POST or None,
        scheme=acting.scheme,
        only=whole.cameras if whole else (),
        initial=_shown(whole),
    )
    return form_page(
        request,
        form,
        lambda: actions.narrow(
            file, form.extent(), reason=form.cleaned_data["reason"], acting=acting
        ),
        title=_t("一部承認の案にする"),
        button=_t("この範囲の案にする"),
        file=file,
        text=_t("そのあと、この範囲だけに署名します。"),
    )


@posts(*access.DESK)
def send_back(request: ActingRequest, name: str) -> HttpResponse:
    """差し戻す."""
    file, acting = one(request, name), request.acting
    form = SendBackForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: actions.send_back(file, reason=form.cleaned_data["reason"], acting=acting),
        title=_t("差し戻す"),
        button=_t("差し戻す"),
        file=file,
    )


@posts(*access.DESK)
def refuse(request: ActingRequest, name: str) -> HttpResponse:
    """不承認にする."""
    file, acting = one(request, name), request.acting
    rules = file.rules
    cited = [reason.clause for reason in asking.missing(rules, file.application, acting=acting)]
    cited += [rules.answer("provision.closed").clause, file.ground.clause if file.ground else ""]
    form = RefuseForm(request.POST or None, clauses=dict.fromkeys(filter(None, cited)))
    return form_page(
        request,
        form,
        lambda: actions.refuse(file, **form.cleaned_data, acting=acting),
        title=_t("不承認にする"),
        button=_t("不承認にする"),
        file=file,
    )


@posts(*access.DESK)
def instruct(request: ActingRequest, name: str) -> HttpResponse:
    """取出しを指示する."""
    file, acting = one(request, name), request.acting
    whole = _granted(file)
    form = InstructForm(
        request.POST or None,
        scheme=acting.scheme,
        only=whole.cameras if whole else (),
        initial=_shown(whole),
    )
    return form_page(
        request,
        form,
        lambda: actions.instruct(
            file, form.extent(), note=form.cleaned_data["note"], acting=acting
        ),
        title=_t("取出しを指示する"),
        button=_t("この範囲の取出しを指示する"),
        file=file,
        text=_t("承認の範囲の中で、必要な範囲だけを指示してください。"),
        more={"lines": [(_t("承認の条件"), one) for one in file.conditions]},
    )


def _decide_page(
    request: ActingRequest, file: File, *, refused: ActionRefusedError | None = None
) -> HttpResponse:
    try:
        check_state(file, "signed")
    except ActionRefusedError:
        return HttpResponseRedirect(reverse("provision:case", args=[file.case.pk]))
    acting = request.acting
    found = actions.weigh(file, acting=acting)
    against = [reason for reason in found.reasons if reason.code != "signers"]
    more = {
        "refused": refused,
        "against": asking.shown(against),
        "waits": bool(actions.not_circulated(found)),
        "needed": actions.signers_needed(file),
        "signed": [one.by.name for one in file.signatures if one.by],
        "signed_already": any(one.by_id == acting.person.pk for one in file.signatures),
        "instead": None if acting.holds("system_manager") else standing_in(acting),
    }
    context = told(request, file) | of_draft(file) | more
    return render(
        request, "provision/decide.html", context, status=403 if refused is not None else 200
    )


def of_draft(file: File) -> dict[str, object]:
    """What whoever reads a draft is shown of it (`provision/draft.html`)."""
    statement = file.statement
    assert statement is not None
    return {
        "code": statement.short_code(),
        "draft": file.latest("drafted"),
        "checks": [text for _, text in words("grounds.*.checks", file.checks)],
        "narrowing": file.latest_draft,
        "until": instant(Authorisation.decode(statement).valid_to),
    }


def _after_signing(file: File, request: ActingRequest) -> str:
    """Where the last signature leads: whoever instructs goes on to the instruction."""
    instructs = file.state == "approved" and request.acting.holds("system_manager")
    return reverse(f"provision:{'instruct' if instructs else 'case'}", args=[file.case.pk])


def _granted(file: File) -> Extent | None:
    return extent_of(Authorisation.decode(file.statement)) if file.statement else None


def _shown(extent: Extent | None) -> dict[str, Any]:
    return ExtentForm.initial_of(extent.cameras, extent.start, extent.end) if extent else {}

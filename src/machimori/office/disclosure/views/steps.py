# SPDX-License-Identifier: AGPL-3.0-or-later
"""Receipt, and every further step of a case: a page with one form and one main button each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.disclosure import access, doing, holding, intake, judging
from machimori.office.disclosure import forms as asking
from machimori.office.disclosure import judging_forms as typed
from machimori.office.disclosure.history import File, day_of
from machimori.office.disclosure.letters import BLANK
from machimori.office.disclosure.views.pages import one
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts

_Do = Callable[..., File]


@dataclass(frozen=True, kw_only=True)
class Move:
    """A step as a page: `form` is what is typed, `do` what the button does with it."""

    title: Promise
    button: Promise
    form: Callable[..., forms.Form] = asking.NothingForm
    do: _Do
    text: Promise | str = ""
    with_file: bool = False
    """Whether the form's choices come from the case."""


def _cleaned(action: _Do, file: File, form: forms.Form, acting: Acting) -> File:
    return action(file, **form.cleaned_data, acting=acting)


def _amend(file: File, form: asking.AmendForm, acting: Acting) -> File:
    return intake.amend(file, form.asked(), reason=form.cleaned_data["why"], acting=acting)


def _correct(file: File, form: asking.CorrectedForm, acting: Acting) -> File:
    return intake.correct(file, form.asked(), on=form.cleaned_data["arrived"], acting=acting)


def _decide(file: File, form: typed.DecisionForm, acting: Acting) -> File:
    return judging.decide(file, form.decided(), acting=acting)


MOVES: Final[dict[str, Move]] = {
    "amend": Move(
        title=_("請求の内容を直す"),
        button=_("この内容に直す"),
        form=asking.AmendForm,
        do=_amend,
        text=_("直す前の内容も残ります。"),
    ),
    "correction": Move(
        title=_("補正をお願いする"),
        button=_("補正をお願いする"),
        form=asking.CorrectionForm,
        do=partial(_cleaned, intake.ask_correction),
        text=_("届くまでの日数は、決定の期限に入りません（個情法83条1項）。"),
    ),
    "corrected": Move(
        title=_("補正を受け取る"),
        button=_("補正を受け取る"),
        form=asking.CorrectedForm,
        do=_correct,
    ),
    "accept": Move(
        title=_("請求書を確かめる"),
        button=_("確かめて検索に進む"),
        do=partial(_cleaned, intake.accept),
    ),
    "renew": Move(
        title=_("保全を延ばす"),
        button=_("保全を延ばす案を作る"),
        do=partial(_cleaned, holding.renew),
        text=_("そのあと、キーで署名します。"),
    ),
    "found": Move(
        title=_("探した結果を記録する"),
        button=_("この結果を記録する"),
        form=typed.FoundForm,
        do=partial(_cleaned, judging.note_found),
    ),
    "opinion": Move(
        title=_("第三者に意見を照会する"),
        button=_("照会したことを記録する"),
        form=typed.OpinionForm,
        do=partial(_cleaned, judging.ask_opinion),
        text=_(
            "反対の意見が出ても決定はできますが、開示まで2週間以上を置きます（個情法86条3項）。"
        ),
    ),
    "answer": Move(
        title=_("意見書を受け取る"),
        button=_("意見書を受け取る"),
        form=typed.AnswerForm,
        do=partial(_cleaned, judging.file_opinion),
        with_file=True,
    ),
    "extend": Move(
        title=_("期限を延長する"),
        button=_("期限を延長する"),
        form=typed.ExtendForm,
        do=partial(_cleaned, judging.extend),
        text=_("延長は一度だけで、理由を請求者に知らせます（個情法83条2項）。"),
    ),
    "transfer": Move(
        title=_("ほかの機関に移送する"),
        button=_("移送したことを記録する"),
        form=typed.TransferForm,
        do=partial(_cleaned, judging.transfer),
        text=_("移送先と先に話し合い、請求者に知らせます（個情法85条1項）。"),
    ),
    "withdraw": Move(
        title=_("取下げを記録する"),
        button=_("取下げを記録する"),
        form=typed.WithdrawForm,
        do=partial(_cleaned, judging.withdraw),
    ),
    "decide": Move(
        title=_("決定する"),
        button=_("この内容で決定する"),
        form=typed.DecisionForm,
        do=_decide,
        text=_("決定には、利用目的と方法（開示）か、理由（開示しない部分）が要ります。"),
    ),
    "notify": Move(
        title=_("決定を通知する"),
        button=_("通知したことを記録する"),
        form=asking.NumberedForm,
        do=partial(_cleaned, judging.notify),
        text=_("この日から、方法の申出の30日と、審査請求の3か月を数えます。"),
    ),
    "told": Move(
        title=_("反対した第三者に知らせる"),
        button=_("知らせたことを記録する"),
        form=typed.ToldForm,
        do=partial(_cleaned, doing.tell_third_party),
    ),
    "manner": Move(
        title=_("方法の申出を受け取る"),
        button=_("申出を受け取る"),
        form=typed.MannerForm,
        do=partial(_cleaned, doing.choose_manner),
        with_file=True,
    ),
    "disclose": Move(
        title=_("開示する"),
        button=_("開示したことを記録する"),
        form=typed.DiscloseForm,
        do=partial(_cleaned, doing.disclose),
        text=_("受け取る方を確かめてください。身分証の種類だけを記録します。"),
    ),
    "appeal": Move(
        title=_("審査請求を記録する"),
        button=_("審査請求を記録する"),
        form=typed.AppealForm,
        do=partial(_cleaned, doing.note_appeal),
        text=_("裁決まで完結できません。保全もそれまで延ばします。"),
    ),
    "consult": Move(
        title=_("審査会に諮問する"),
        button=_("諮問したことを記録する"),
        form=typed.BoardForm,
        do=partial(_cleaned, doing.consult_board),
    ),
    "ruling": Move(
        title=_("裁決を記録する"),
        button=_("裁決を記録する"),
        form=typed.RulingForm,
        do=partial(_cleaned, doing.note_ruling),
        text=_("認容のときは、検索・特定に戻って決定をやり直します。"),
    ),
    "close": Move(
        title=_("完結する"),
        button=_("完結する"),
        form=typed.CloseForm,
        do=partial(_cleaned, doing.close),
    ),
}


@posts(*access.CLERKS)
def new(request: ActingRequest) -> HttpResponse:
    """受付: a request has come."""
    acting = request.acting
    form = asking.AskedForm(
        request.POST or None,
        scheme=acting.scheme,
        initial={"received": day_of(acting), "identity_by": acting.person.name},
    )
    context = {
        "title": _t("開示請求を受け付ける"),
        "button": _t("この内容で受け付ける"),
        "text": _t("分かっていることだけで受け付けられます。期限は収受日から数えます。"),
        "own_request": True,
        "blanks": [(blank.KIND, blank.TITLE) for blank in BLANK],
        "back": reverse("disclosure:cases"),
    }
    return _answer(request, form, lambda: intake.take_in(form.asked(), acting=acting), context)


@posts(*access.CLERKS)
def step(request: ActingRequest, name: str, what: str) -> HttpResponse:
    """One further step. Raises Http404 if there is none of this name."""
    move = MOVES.get(what)
    if move is None:
        raise Http404
    file, acting = one(request, name), request.acting
    form = _form(move, request, file)
    context = {
        "title": move.title,
        "button": move.button,
        "text": move.text,
        "file": file,
        "lacking": intake.lacking(file.asked) if what in ("correction", "accept") else (),
        "back": reverse("disclosure:case", args=[file.case.pk]),
    }
    return _answer(request, form, lambda: move.do(file, form, acting), context)


def _form(move: Move, request: ActingRequest, file: File) -> forms.Form:
    data = request.POST if request.method == "POST" else None
    if move.form in (asking.AmendForm, asking.CorrectedForm):
        return move.form(
            data,
            scheme=file.case.scheme,
            initial=asking.AskedForm.initial_from(file.asked),
        )
    initial = {"on": day_of(request.acting), "identity_by": request.acting.person.name}
    more = {"file": file} if move.with_file else {}
    return move.form(data, initial=initial, **more)


def _answer(
    request: ActingRequest, form: forms.Form, act: Callable[[], File], context: dict[str, Any]
) -> HttpResponse:
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            return HttpResponseRedirect(_next(act()))
        except ActionRefusedError as error:
            refused = error
    return render(request, "disclosure/form.html", context | {"form": form, "refused": refused})


def _next(file: File) -> str:
    """To the signature that the step left to be made, or to the case."""
    route = "hold" if file.facts[-1].kind == "hold_drafted" else "case"
    return reverse(f"disclosure:{route}", args=[file.case.pk])

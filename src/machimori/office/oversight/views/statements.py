# SPDX-License-Identifier: AGPL-3.0-or-later
"""保存履歴: the list of months, one month of a terminal, returning, confirming, the paper."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from machimori.office.cameras.access import cameras
from machimori.office.oversight import access, months, statements
from machimori.office.oversight.forms import ConfirmForm, ReasonForm, ReturnForm
from machimori.office.oversight.paper import statement_paper
from machimori.office.oversight.statements import Saving, Statement
from machimori.office.oversight.states import STEPS
from machimori.office.oversight.views.pages import form_page
from machimori.office.people.acting import ActingRequest
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.posts import posts
from machimori.office.shared.printing import answer, masthead
from machimori.office.shared.tables import Cell, ValueListing
from machimori.office.shared.templatetags.office import day

ASKED = _("報告待ち")


def state_of(statement: Statement) -> str:
    """Its state in words."""
    return statement.file.text if statement.file else str(ASKED)


def address_of(statement: Statement, route: str = "statement") -> str:
    """The page of a statement, or of what is done with it."""
    return reverse(f"oversight:{route}", args=[statement.month, statement.terminal.pk])


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every month of every lent terminal."""
    on = today(request.acting)

    def cells(one: Statement) -> tuple[str | Cell, ...]:
        late = one.overdue(on)
        return (
            Cell(text=months.named(one.month), href=address_of(one)),
            one.terminal.lent_to,
            one.terminal.number,
            day(one.due),
            Cell(text=_t("期限を過ぎています"), mark="open") if late else state_of(one),
        )

    found = ValueListing[Statement](
        name=_t("保存履歴"),
        columns=(_t("月"), _t("警察署"), _t("端末"), _t("報告の期限"), _t("状態")),
        cells=cells,
    )
    rows = statements.statements(request.acting)
    return found.respond(request, rows, "oversight/statements.html", {})


@posts(*access.READERS)
@require_safe
def statement(request: ActingRequest, month: str, number: int) -> HttpResponse:
    """What was saved and is kept, and what was said about it."""
    one, listed = _one(request, month, number)
    acting, on = request.acting, today(request.acting)
    state, names = one.state, _names(request, listed)
    context = {
        "one": one,
        "month": months.named(one.month),
        "state": state_of(one),
        "late": one.overdue(on),
        "savings": [
            (
                saving,
                saving.overdue(on),
                _request(saving),
                "、".join(names.get(one, one) for one in saving.extraction.extent.cameras),
            )
            for saving in listed
        ],
        "log": [
            (fact, STEPS[fact.kind].text, fact.data)  # type: ignore[index]  # the database's kinds
            for fact in reversed(one.file.facts if one.file else ())
        ],
        "main": (
            (address_of(one, "statement_return"), _t("内容を確かめて報告する"))
            if acting.holds("police_image_manager") and state in ("asked", "sent_back")
            else (address_of(one, "statement_confirm"), _t("報告を確認する"))
            if acting.holds("system_manager") and state == "returned"
            else None
        ),
        "may_send_back": acting.holds("system_manager") and state == "returned",
    }
    return render(request, "oversight/statement.html", context)


@posts("police_image_manager")
def give_back(request: ActingRequest, month: str, number: int) -> HttpResponse:
    """報告する."""
    one, listed = _one(request, month, number)
    # A form without a word is sent too: most months have nothing to add.
    form = ReturnForm(request.POST if request.method == "POST" else None)
    return form_page(
        request,
        form,
        lambda: _done(one, statements.give_back(one, **form.cleaned_data, acting=request.acting)),
        title=_t("保存履歴を報告する"),
        button=_t("この内容で報告する"),
        back=address_of(one),
        text=(
            _t("%(month)sに端末%(number)sで保存した画像は、%(n)s件です。")
            if listed
            else _t("%(month)sに端末%(number)sで保存した画像はありません。「なし」と報告します。")
        )
        % {"month": months.named(one.month), "number": one.terminal.number, "n": len(listed)},
    )


@posts("system_manager")
def confirm(request: ActingRequest, month: str, number: int) -> HttpResponse:
    """確認する."""
    one, _listed = _one(request, month, number)
    form = ConfirmForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: _done(one, statements.confirm(one, **form.cleaned_data, acting=request.acting)),
        title=_t("保存履歴を確認する"),
        button=_t("確認したと記録する"),
        back=address_of(one),
    )


@posts("system_manager")
def send_back(request: ActingRequest, month: str, number: int) -> HttpResponse:
    """差し戻す."""
    one, _listed = _one(request, month, number)
    form = ReasonForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: _done(one, statements.send_back(one, **form.cleaned_data, acting=request.acting)),
        title=_t("保存履歴を差し戻す"),
        button=_t("差し戻す"),
        back=address_of(one),
    )


@posts(*access.READERS)
@require_safe
def paper(request: ActingRequest, month: str, number: int) -> HttpResponse:
    """保存履歴 as PDF."""
    one, listed = _one(request, month, number)
    on = today(request.acting)
    form = statement_paper(one, listed, _names(request, listed))
    head = masthead(rules_of(request.acting).on(on), form.KIND)
    title = head.title or form.TITLE
    return answer(form, head, on=on, name=f"{title} {months.named(one.month)}")


def _one(request: ActingRequest, month: str, number: int) -> tuple[Statement, list[Saving]]:
    """The statement with its lines, as of its return or of now. Raises Http404."""
    found = statements.find(request.acting, month, number)
    if found is None:
        raise Http404
    returned = found.file.latest("statement_returned") if found.file else None
    at = returned.at if returned and found.state != "sent_back" else request.acting.at
    return found, statements.savings(found, acting=request.acting, at=at)


def _names(request: ActingRequest, listed: list[Saving]) -> dict[str, str]:
    wanted = {camera for one in listed for camera in one.extraction.extent.cameras}
    rows = cameras(request.acting.scheme).filter(camera__in=wanted) if wanted else ()
    return {row.camera_id: f"{row.name}（{row.camera_id}）" for row in rows}


def _request(saving: Saving) -> str:
    due = saving.extraction.due
    if saving.filed is None:
        return _t("未提出（期限 %(day)s）") % {"day": day(due)} if due else _t("未提出")
    late = due is not None and saving.filed.at > due
    return _t("%(number)s（期限のあと）") % {"number": saving.document} if late else saving.document


def _done(one: Statement, _file: object) -> str:
    return address_of(one)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""一括の異動: the form to fill in, what its lines would do, and what was done."""

import datetime as dt

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.personnel import access, sheet, transferring
from machimori.office.personnel.forms import DecisionForm, TransferForm
from machimori.office.personnel.models import Transfer
from machimori.office.personnel.views.pages import form_page
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.sheets import MAX_FILE, numbered
from machimori.office.shared.tables import Cell, Listing, xlsx_file
from machimori.office.shared.templatetags.office import day, minute

_STATE = "transfer"


@posts(*access.CITY)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every transfer."""
    found = Listing[Transfer](
        name=_t("一括の異動"),
        columns=(_t("異動の日"), _t("決裁番号"), _t("入れた日時"), _t("入れた人")),
        cells=lambda one: (
            Cell(text=day(one.on), href=reverse("personnel:transfer", args=[one.pk])),
            one.decision or Cell(text=_t("まだ"), mark="open"),
            minute(one.at),
            one.by.name,
        ),
        search=("decision", "by__name"),
    )
    context = {"writes": request.acting.holds("system_manager")}
    return found.respond(
        request, access.transfers(request.acting), "personnel/transfers.html", context
    )


@posts("system_manager")
@require_safe
def form_file(request: ActingRequest) -> HttpResponse:
    """The Excel form, with everybody who holds a post now."""
    titles = tuple(sheet.columns().values())
    return xlsx_file(_t("異動の様式"), titles, sheet.filled(request.acting))


@posts("system_manager")
def new(request: ActingRequest) -> HttpResponse:
    """Upload the filled form; then what its lines would do."""
    acting, refused = request.acting, None
    form = TransferForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        on, decision = form.cleaned_data["on"], form.cleaned_data["decision"]
        try:
            transferring.check_day(on, acting=acting)
            rows = numbered(form.cleaned_data["file"].read(MAX_FILE + 1), sheet.columns())
            lines = sheet.check(rows, on, acting=acting)
            kept = [(line.number, dict(rows)[line.number]) for line in lines]
            request.session[_STATE] = [kept, on.isoformat(), decision]
            context = {"lines": lines, "on": on, "decision": decision}
            return render(request, "personnel/transfer_preview.html", context)
        except ActionRefusedError as error:
            refused = error
    return form_page(
        request,
        form,
        heading=_t("一括の異動を入れる"),
        text=_t(
            "様式には、いま任命されている人が入っています。終わる人の「異動」に「終わり」と書き、"
            "来る人の行を足して「任命」と書いてください。異動のない人の行は、そのままでかまいません。"
            "1行でも間違いがあれば、何も変わりません。"
        ),
        button=_t("内容を確かめる"),
        back=reverse("personnel:transfers"),
        refused=refused,
        template_href=reverse("personnel:transfer_form"),
    )


@posts("system_manager")
@require_POST
def confirm(request: ActingRequest) -> HttpResponse:
    """Make the changes that the page before has shown."""
    found = request.session.pop(_STATE, None)
    if found is None:
        return HttpResponseRedirect(reverse("personnel:transfer_new"))
    rows, on, decision = found
    try:
        made = transferring.transfer(
            rows, dt.date.fromisoformat(on), decision, acting=request.acting
        )
    except ActionRefusedError as error:
        return render(request, "personnel/transfer_preview.html", {"refused": error}, status=403)
    return HttpResponseRedirect(reverse("personnel:transfer", args=[made.pk]))


@posts(*access.CITY)
def one(request: ActingRequest, number: int) -> HttpResponse:
    """What a transfer did; its 決裁番号, once there is one."""
    acting = request.acting
    found = get_object_or_404(access.transfers(acting), pk=number)
    form = DecisionForm(request.POST or None)
    writes, refused = acting.holds("system_manager"), None
    if request.method == "POST" and writes and form.is_valid():
        try:
            transferring.note_decision(found, form.cleaned_data["decision"], acting=acting)
            return HttpResponseRedirect(reverse("personnel:transfer", args=[found.pk]))
        except ActionRefusedError as error:
            refused = error
    moves = found.moves.select_related("appointment__person").order_by("begins", "pk")
    context = {"one": found, "form": form, "writes": writes, "moves": moves}
    context["refused"] = refused
    status = 403 if refused else 200
    return render(request, "personnel/transfer.html", context, status=status)

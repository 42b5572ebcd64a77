# SPDX-License-Identifier: AGPL-3.0-or-later
"""端末簿: the list, one terminal with its log, registering, its key."""

import json

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.people.signing_in import keys
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day
from machimori.office.terminals import access, actions, demo
from machimori.office.terminals.forms import CustodyForm, TerminalForm, place_name
from machimori.office.terminals.models import CUSTODY, Terminal

_STATE = "terminal_key"


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every terminal of the scheme."""
    acting = request.acting

    def cells(line: access.Line) -> tuple[str | Cell, ...]:
        row, last = line.terminal, line.last
        return (
            Cell(text=row.number, href=reverse("terminals:terminal", args=[row.pk])),
            row.serial,
            place_name(acting, row.place),
            row.storage,
            row.lent_to,
            _t("ある") if line.key else _t("ない"),
            f"{CUSTODY[last.kind]}　{day(last.at)}" if last else "",
        )

    found = Listing[Terminal](
        name=_t("端末簿"),
        columns=(
            _t("番号"),
            _t("製造番号"),
            _t("場所"),
            _t("保管するところ"),
            _t("貸与した警察署"),
            _t("端末のキー"),
            _t("最後の記録"),
        ),
        cells=cells,
        search=("number", "serial", "storage", "lent_to"),
        load=access.lines,
    )
    context = {"may_write": acting.holds(*access.KEEPERS)}
    return found.respond(
        request, access.terminals(acting.scheme), "terminals/register.html", context
    )


@posts(*access.KEEPERS)
def new(request: ActingRequest) -> HttpResponse:
    """Register a terminal."""
    form = TerminalForm(request.POST or None, acting=request.acting)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.register(form.particulars(), acting=request.acting)
            return HttpResponseRedirect(reverse("terminals:terminal", args=[made.pk]))
        except ActionRefusedError as error:
            refuse(form, error)
    return render(request, "terminals/new.html", {"form": form})


@posts(*access.READERS)
def terminal(request: ActingRequest, number: int) -> HttpResponse:
    """One terminal, and a line for the log of its storage."""
    one, acting = _one(request, number), request.acting
    form = CustodyForm(request.POST or None, acting=acting)
    if request.method == "POST" and form.is_valid():
        try:
            actions.note(one, form.cleaned_data["kind"], form.cleaned_data["note"], acting=acting)
            return HttpResponseRedirect(reverse("terminals:terminal", args=[one.pk]))
        except ActionRefusedError as error:
            refuse(form, error)
    return _page(request, one, form)


@posts(*access.KEEPERS)
@require_POST
def key_options(request: ActingRequest, number: int) -> HttpResponse:
    """What the browser asks the terminal's new key."""
    one = _one(request, number)
    asked, state = keys().begin_device(f"terminal-{one.pk}")
    request.session[_STATE] = state
    return JsonResponse(asked)


@posts(*access.KEEPERS)
@require_POST
def key(request: ActingRequest, number: int) -> HttpResponse:
    """What the new key answered."""
    one, state = _one(request, number), request.session.pop(_STATE, None)
    try:
        sent = json.loads(request.body)
        if state is None or not isinstance(sent, dict):
            raise ValueError("no ceremony was begun")
        made = keys().complete_registration(state, sent["response"])
        actions.register_key(one, made, acting=request.acting)
        return JsonResponse({"location": reverse("terminals:terminal", args=[one.pk])})
    except ActionRefusedError as error:
        return JsonResponse({"refused": error.heading}, status=403)
    except (ValueError, KeyError):
        return JsonResponse({"refused": _t("もう一度はじめからお願いします。")}, status=400)


@posts(*access.KEEPERS)
@require_POST
def key_demo(request: ActingRequest, number: int) -> HttpResponse:
    """In a demo: a software key."""
    one = _one(request, number)
    try:
        demo.give_key(one, acting=request.acting)
    except ActionRefusedError as error:
        form = CustodyForm(acting=request.acting)
        return _page(request, one, form, refused=error)
    return HttpResponseRedirect(reverse("terminals:terminal", args=[one.pk]))


def _one(request: ActingRequest, number: int) -> Terminal:
    return get_object_or_404(access.terminals(request.acting.scheme), pk=number)


def _page(
    request: ActingRequest,
    one: Terminal,
    form: CustodyForm,
    *,
    refused: ActionRefusedError | None = None,
) -> HttpResponse:
    acting = request.acting
    context = {
        "one": one,
        "place": place_name(acting, one.place),
        "key": access.key_of(one),
        "withdrawn": access.withdrawn(one),
        "log": access.custody(one),
        "form": form,
        "keeps": acting.holds(*access.KEEPERS),
        "writes": acting.holds(*access.CUSTODIANS),
        "refused": refused,
    }
    return render(request, "terminals/terminal.html", context, status=403 if refused else 200)

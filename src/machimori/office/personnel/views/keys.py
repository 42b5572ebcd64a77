# SPDX-License-Identifier: AGPL-3.0-or-later
"""鍵簿: the list, a new key, one key with its history."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.people.access import appointments
from machimori.office.people.acting import ActingRequest
from machimori.office.personnel import access, key_correcting, keys
from machimori.office.personnel.forms import KeyCorrectionForm, KeyEventForm, KeyForm
from machimori.office.personnel.models import Key
from machimori.office.personnel.views.pages import form_page
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day


@posts(*keys.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every key, and who has it."""
    found = Listing[Key](
        name=_t("鍵簿"),
        columns=(_t("番号"), _t("種類"), _t("場所"), _t("持っている人"), _t("最後の記録")),
        cells=_cells,
        search=("number", "place"),
        load=keys.lines,
    )
    context = {"writes": request.acting.holds(*keys.KEEPERS)}
    return found.respond(request, access.keys(request.acting), "personnel/keys.html", context)


def _cells(line: keys.Line) -> tuple[str | Cell, ...]:
    last = line.last
    said = f"{last.text}　{day(last.now.on)}" if last else ""
    return (
        Cell(text=line.key.number, href=reverse("personnel:key", args=[line.key.pk])),
        str(line.key.get_kind_display()),
        line.key.place,
        line.holder.name if line.holder else "",
        Cell(text=said, mark="open") if last and last.kind == "lost" else said,
    )


@posts(*keys.KEEPERS)
def new(request: ActingRequest) -> HttpResponse:
    """Enter a key."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = keys.register(**form.cleaned_data, acting=request.acting)
            return HttpResponseRedirect(reverse("personnel:key", args=[made.pk]))
        except ActionRefusedError as error:
            refuse(form, error)
    return form_page(
        request,
        form,
        heading=_t("鍵を登録する"),
        text=_t("鍵そのものに番号の札を付けてください。"),
        button=_t("この鍵を登録する"),
        back=reverse("personnel:keys"),
    )


@posts(*keys.READERS)
def one(request: ActingRequest, number: int) -> HttpResponse:
    """One key: its history, and what happens to it now."""
    acting = request.acting
    found = get_object_or_404(access.keys(acting), pk=number)
    (line,) = keys.lines([found])
    holders = access.serving(acting).order_by("kana", "pk")
    form = KeyEventForm(request.POST or None, holders=holders, possible=line.possible)
    if request.method == "POST" and form.is_valid():
        try:
            keys.note(found, **form.cleaned_data, acting=acting)
            return HttpResponseRedirect(reverse("personnel:key", args=[found.pk]))
        except ActionRefusedError as error:
            refuse(form, error)
    revoke = None
    if line.last and line.last.kind == "lost" and found.kind == "fido2" and line.last.holder:
        live = line.last.holder.credentials.filter(revoked_at__isnull=True).exists()
        revoke = appointments(acting).filter(person=line.last.holder).last() if live else None
    context = {
        "one": found,
        "line": line,
        "history": line.history[::-1],
        "form": form,
        "writes": acting.holds(*keys.KEEPERS) and bool(line.possible),
        "corrects": acting.holds(*keys.KEEPERS),
        "revoke": revoke if acting.holds("system_manager") else None,
    }
    return render(request, "personnel/key.html", context)


@posts(*keys.KEEPERS)
def correct(request: ActingRequest, number: int, event: int) -> HttpResponse:
    """訂正 of one line of a key's history."""
    acting = request.acting
    found = get_object_or_404(access.keys(acting), pk=number)
    wrong = get_object_or_404(found.events.prefetch_related("corrections"), pk=event)
    now, back = wrong.now, reverse("personnel:key", args=[found.pk])
    form = KeyCorrectionForm(
        request.POST or None,
        holders=access.persons(acting),
        initial={
            "kind": now.kind,
            "holder": now.holder_id if now.kind == "issued" else None,
            "on": now.on,
            "witness": now.witness,
            "text": now.note,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            key_correcting.correct(wrong, **form.cleaned_data, acting=acting)
            return HttpResponseRedirect(back)
        except ActionRefusedError as error:
            refuse(form, error)
    return form_page(
        request,
        form,
        heading=_t("鍵 %(number)sの記録を訂正する") % {"number": found.number},
        text=_t("前の記録も、訂正した人、日時、理由とともに残り、見られます。"),
        button=_t("訂正する"),
        back=back,
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""静止画の印刷 and 印画簿: the pages of prints."""

from typing import Final

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.evidence.selection import Sealed
from machimori.evidence.stills import Still, still
from machimori.kernel.instants import Micros, local_day, micros
from machimori.office.cameras.access import names
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import Post, posts
from machimori.office.shared.printing import press, saved
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day, second
from machimori.office.terminals.presence import established
from machimori.office.viewing import access, actions, printing
from machimori.office.viewing.forms import FATES, EndPrintForm, StillForm
from machimori.office.viewing.models import Print, Viewing
from machimori.office.viewing.reel import Reel
from machimori.office.viewing.still_paper import sheet_of
from machimori.office.viewing.views import address, mine, sealed_of

CHECKERS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor")
"""Who confirms that a print was made as instructed."""


@posts(*access.VIEWERS)
@require_POST
def print_still(request: ActingRequest, name: str) -> HttpResponse:
    """静止画を印刷する: the picture that one camera shows now, as a PDF that is kept nowhere."""
    viewing, subject, reel = mine(request, name)
    acting = request.acting
    called = names(subject.scheme, reel.cameras)
    form = StillForm(request.POST, cameras=called)
    context = {"form": form, "name": name, "title": subject.title}
    if not form.is_valid():
        return render(request, "viewing/still.html", context, status=400)
    camera, since = form.cleaned_data["camera"], form.cleaned_data["at"]
    try:
        where = established(request, acting=acting)
        printing.check_may_print(subject, where=where, acting=acting)
        sealed, found = _picture(viewing, reel, camera, Micros(reel.start + since), request)
        made = printing.make_print(
            viewing,
            camera,
            found,
            reason=form.cleaned_data["reason"],
            due=form.cleaned_data["due"],
            acting=acting,
        )
    except ActionRefusedError as error:
        return render(request, "viewing/still.html", context | {"refused": error}, status=403)
    bound = sealed.skeleton.sealed.header.clock_bound
    sheet = sheet_of(made, found, camera=called[camera], clock_bound=bound)
    pdf = press().pdf(sheet, on=local_day(micros(acting.at))).pdf
    return saved(pdf, made.numbered.text.replace(" ", "_"))


def _picture(
    viewing: Viewing, reel: Reel, camera: str, at: Micros, request: ActingRequest
) -> tuple[Sealed, Still]:
    """The picture of a camera at an instant. Raises Http404 where there is none."""
    for piece in reel.pieces:
        if piece.camera == camera and piece.start <= at <= piece.end:
            sealed = sealed_of(viewing, reel, piece)
            found = still(sealed, piece.keys, at=at)
            if found is not None:
                actions.watch(viewing, piece, acting=request.acting)
                return sealed, found
    raise Http404


@posts(*access.KEEPERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """印画簿: every print, by when it ends, and how it ended."""
    found = Listing[Print](
        name=_t("印画簿"),
        columns=(
            _t("印画番号"),
            _t("案件"),
            _t("カメラ"),
            _t("画像の時刻"),
            _t("印刷した人"),
            _t("印刷した時"),
            _t("何に使うか"),
            _t("期限"),
            _t("確認"),
            _t("どうなったか"),
        ),
        cells=_cells,
        search=("numbered__text", "viewing__title", "camera", "by__name"),
    )
    return found.respond(request, access.prints(request.acting), "viewing/prints.html", {})


def _cells(row: Print) -> tuple[str | Cell, ...]:
    check, end = getattr(row, "checked", None), getattr(row, "end", None)
    fate = f"{dict(FATES)[end.fate]}（{day(end.on)}）{end.witness}" if end else ""
    return (
        Cell(text=row.numbered.text, href=reverse("viewing:print", args=[row.pk])),
        Cell(text=row.viewing.title, href=address(row.viewing)),
        row.camera,
        second(row.shown),
        row.by.name,
        second(row.at),
        row.reason,
        day(row.due),
        check.by.name if check else "",
        fate,
    )


@posts(*access.KEEPERS)
def one_print(request: ActingRequest, number: int) -> HttpResponse:
    """One print: who made it of what, whether it was checked, and its end."""
    made = access.prints(request.acting).filter(pk=number).first()
    if made is None:
        raise Http404
    acting, refused = request.acting, None
    form = EndPrintForm(request.POST or None)
    if form.is_bound and form.is_valid() and not acting.holds("auditor"):
        try:
            printing.end_print(made, **form.cleaned_data, acting=acting)
        except ActionRefusedError as error:
            refused = error
        else:
            return HttpResponseRedirect(reverse("viewing:prints"))
    return render(request, "viewing/print.html", _told(made, form, acting, refused))


@posts(*CHECKERS)
@require_POST
def check(request: ActingRequest, number: int) -> HttpResponse:
    """確かめた."""
    made = access.prints(request.acting).filter(pk=number).first()
    if made is None:
        raise Http404
    try:
        printing.check_print(made, acting=request.acting)
    except ActionRefusedError as error:
        context = _told(made, EndPrintForm(), request.acting, error)
        return render(request, "viewing/print.html", context, status=403)
    return HttpResponseRedirect(reverse("viewing:print", args=[made.pk]))


def _told(
    made: Print, form: EndPrintForm, acting: Acting, refused: ActionRefusedError | None
) -> dict[str, object]:
    end, checked = getattr(made, "end", None), getattr(made, "checked", None)
    checks = acting.holds(*CHECKERS) and made.by_id != acting.person.pk
    return {
        "print": made,
        "number": made.numbered.text,
        "subject": address(made.viewing),
        "checked": checked,
        "may_check": checks and checked is None,
        "may_end": end is None and not acting.holds("auditor"),
        "end": end,
        "fate": dict(FATES)[end.fate] if end else "",
        "form": form,
        "refused": refused,
    }

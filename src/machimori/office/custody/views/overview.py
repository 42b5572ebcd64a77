# SPDX-License-Identifier: AGPL-3.0-or-later
"""保管庫に届けるもの: in what office and vault differ, and every statement's history."""

from collections import Counter
from collections.abc import Sequence

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.office.custody import access, delivering
from machimori.office.custody.differences import differences
from machimori.office.custody.models import Letter
from machimori.office.custody.owners import titles_of
from machimori.office.custody.words import KINDS, why_refused
from machimori.office.people.acting import ActingRequest
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import minute


@posts(*access.READERS)
@require_safe
def page(request: ActingRequest) -> HttpResponse:
    """Everything that the vault does not have as the office has it."""
    return _page(request)


@posts("system_manager")
@require_POST
def draft(request: ActingRequest) -> HttpResponse:
    """Draft what was chosen, and go on to the first signature."""
    try:
        made = delivering.draft(request.POST.getlist("what"), acting=request.acting)
    except ActionRefusedError as error:
        return _page(request, refused=error)
    if not made:
        return HttpResponseRedirect(reverse("custody:overview"))
    return HttpResponseRedirect(reverse("custody:letter", args=[made[0].digest]))


@posts("system_manager", "auditor")
@require_safe
def history(request: ActingRequest) -> HttpResponse:
    """Every statement of the scheme: who signed, and what the vault said."""
    found = Listing[Letter](
        name=_t("保管庫に届けた記録"),
        columns=(_t("日時"), _t("何を"), _t("対象"), _t("署名した人"), _t("保管庫の返事")),
        cells=_cells,
        search=("about", "kind"),
        load=_titled,
    )
    context = {"may_overview": request.acting.holds("system_manager")}
    rows = (
        Letter.objects.filter(scheme=request.acting.scheme)
        .select_related("scheme")
        .prefetch_related("signatures__by", "answers")
        .order_by("-pk")
    )
    return found.respond(request, rows, "custody/history.html", context)


def _titled(found: Sequence[Letter]) -> list[tuple[Letter, str]]:
    return list(zip(found, titles_of(found), strict=True))


def _cells(row: tuple[Letter, str]) -> tuple[str | Cell, ...]:
    letter, title = row
    return (
        minute(letter.at),
        str(KINDS[letter.kind]),
        title or letter.about,
        "、".join(one.name for one in letter.signed_by),
        _state(letter),
    )


def _state(letter: Letter) -> str:
    if letter.taken:
        return _t("受け取りました")
    if letter.refused:
        return why_refused(letter.refused)
    return _t("まだ届けていません") if letter.complete else _t("署名を待っています")


def _page(request: ActingRequest, *, refused: ActionRefusedError | None = None) -> HttpResponse:
    acting = request.acting
    standing = delivering.standing()
    found = differences(standing, acting) if standing is not None else []
    names = acting.holds("system_manager")
    context = {
        "refused": refused,
        "answers": standing is not None,
        "differences": (
            [(str(KINDS[one.kind]), one, f"{one.kind}/{one.about}") for one in found]
            if names
            else []
        ),
        "counts": [(str(KINDS[kind]), n) for kind, n in Counter(one.kind for one in found).items()],
        "names": names,
        "to_sign": sum(one.make is not None for one in found),
        "may_sign": delivering.may_sign(standing, acting),
        "waiting": [
            (str(KINDS[one.kind]), one, why_refused(one.refused) if one.refused else "")
            for one in (delivering.open_letters(acting) if names else ())
        ],
        "quorum": standing.quorum if standing is not None else 0,
    }
    return render(request, "custody/overview.html", context, status=403 if refused else 200)

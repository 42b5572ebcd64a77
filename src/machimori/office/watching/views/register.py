# SPDX-License-Identifier: AGPL-3.0-or-later
"""監視の記録: who watched which cameras where, from when to when, and whom they told."""

from functools import partial

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.provision.periods import choices, period
from machimori.office.shared.addresses import address_of
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import minute
from machimori.office.terminals.forms import place_name
from machimori.office.watching import access
from machimori.office.watching.history import File, files_of
from machimori.office.watching.models import Fact, Shift
from machimori.office.watching.states import STATES, STEPS
from machimori.office.watching.views.screen import names, one


class _Listing(Listing[Shift]):
    """Finds shifts by who watched, too: not joined, because of thousands each has several facts."""

    def find(self, rows: QuerySet[Shift], words: str) -> QuerySet[Shift]:
        """The shifts in which every word is found."""
        for word in words.split():
            acted = Fact.objects.filter(by__name__icontains=word)
            at = Q(terminal__number__icontains=word)
            rows = rows.filter(at | Q(pk__in=acted.values("case")))
        return rows


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every shift of the scheme, the newest first."""
    acting = request.acting
    found = _Listing(
        name=_t("監視の記録"),
        columns=(
            _t("始まり"),
            _t("終わり"),
            _t("場所"),
            _t("端末"),
            _t("見た人"),
            _t("カメラの数"),
            _t("通報"),
        ),
        cells=partial(_cells, place=partial(place_name, acting)),
        search=("terminal__number",),
        load=files_of,
    )
    year, month = request.GET.get("year", ""), request.GET.get("month", "")
    rows = access.shifts(acting)
    since = rows.reverse().values_list("facts__at", flat=True).first()
    context = choices(year, month, since=since, at=acting.at)
    rows = rows.filter(**period(year, month))
    return found.respond(request, rows, "watching/shifts.html", context)


@posts(*access.READERS)
@require_safe
def shift(request: ActingRequest, name: str) -> HttpResponse:
    """One shift: its turns and its notices."""
    file = one(request, name)
    context = {
        "file": file,
        "state": STATES[file.state],
        "place": place_name(request.acting, file.shift.place),
        "cameras": "、".join(names(file).values()),
        "turns": file.turns,
        "facts": [(fact, STEPS[fact.kind][0]) for fact in file.facts[::-1]],  # type: ignore[index]  # the database holds kinds alone
        "may_end": file.state == "on" and request.acting.holds("system_manager"),
    }
    return render(request, "watching/shift.html", context)


def _cells(file: File, *, place: partial[str]) -> tuple[str | Cell, ...]:
    notices = sum(1 for one in file.facts if one.kind == "noticed")
    return (
        Cell(text=minute(file.facts[0].at), href=address_of("watching:shift", file.shift.pk)),
        minute(file.facts[-1].at) if file.state == "over" else str(STATES["on"]),
        place(file.shift.place),
        file.shift.terminal.number,
        "、".join(dict.fromkeys(fact.by.name for fact, _ in file.turns)),
        str(len(file.turn.data["cameras"])),
        str(notices) if notices else "",
    )

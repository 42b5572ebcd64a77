# SPDX-License-Identifier: AGPL-3.0-or-later
"""閲覧の履歴: who looked at what, a line for each piece that was put on a screen."""

from typing import Final

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.people.models import Person
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import post, second
from machimori.office.viewing import access
from machimori.office.viewing.models import Viewing, Watched
from machimori.office.viewing.views import address

_MANY: Final = 1000
"""Viewings: rows of so many are found by their keys."""


class _Listing(Listing[Watched]):
    """Finds by whose viewing it was, too: not joined, because a viewing showed several pieces."""

    def find(self, rows: QuerySet[Watched], words: str) -> QuerySet[Watched]:
        """What was watched in which every word is found."""
        for word in words.split():
            people = Person.objects.filter(name__icontains=word)
            whose = Viewing.objects.filter(Q(by__in=people) | Q(title__icontains=word))
            few = list(whose.values_list("pk", flat=True)[: _MANY + 1])
            found = Q(viewing__in=few if len(few) <= _MANY else whose)
            # An id has no other letters than these, and none that is large.
            if word.isascii():
                found |= Q(camera__contains=word.lower())
            rows = rows.filter(found)
        return rows


@posts(*access.AUDITORS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Who looked at what: person, post, camera, interval, attendees."""
    found = _Listing(
        name=_t("閲覧の履歴"),
        columns=(
            _t("見た日時"),
            _t("案件"),
            _t("見た人"),
            _t("職"),
            _t("カメラ"),
            _t("映像の始まり"),
            _t("映像の終わり"),
            _t("立会人"),
        ),
        cells=_cells,
        search=("camera", "viewing__by__name", "viewing__title"),
    )
    rows = Watched.objects.filter(scheme=request.acting.scheme).select_related("viewing__by")
    return found.respond(request, rows.order_by("-at", "-pk"), "viewing/listing.html", {})


def _cells(row: Watched) -> tuple[str | Cell, ...]:
    viewing = row.viewing
    return (
        second(row.at),
        Cell(text=viewing.title, href=address(viewing)),
        viewing.by.name,
        "・".join(map(post, viewing.posts.split())),
        row.camera,
        second(row.start),
        second(row.end),
        viewing.attendees,
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What of the police's side goes to the next holder of a post: extractions, lent terminals."""

from collections.abc import Sequence

from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.paper.forms.people import HandoverItem, OpenCase
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person
from machimori.office.police import access
from machimori.office.police.states import STATES, UNFILED
from machimori.office.shared.posts import Post
from machimori.office.terminals.access import terminals


def open_cases(acting: Acting, post: Post) -> Sequence[OpenCase]:
    """The extractions that are not completed: the police's posts have them, and the city's."""
    if post not in access.READERS:
        return []
    return [
        OpenCase(
            number=file.order.data["reference"],
            state=str(STATES[file.state]),
            subject=file.extraction.station,
            next_deadline=(
                local_day(micros(file.due)) if file.due and file.state in UNFILED else None
            ),
            held_until=None,
        )
        for file in access.open_files(acting)
    ]


def lent(acting: Acting, post: Post, holder: Person) -> Sequence[HandoverItem]:
    """The terminals that were lent to the holder's station."""
    station = access.station_of(holder, acting)
    if post not in access.POLICE or not station:
        return []
    return [
        HandoverItem(kind=_t("専用パソコン"), number=one.number, place=one.storage)
        for one in terminals(acting.scheme).filter(lent_to=station)
    ]

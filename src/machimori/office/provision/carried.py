# SPDX-License-Identifier: AGPL-3.0-or-later
"""What of provision goes to the next holder of a post: the cases that move, and copies outside."""

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.paper.forms.people import HandoverItem, OpenCase
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person
from machimori.office.provision import access
from machimori.office.provision.history import File, files_of
from machimori.office.provision.states import ENDED, STATES
from machimori.office.rules.access import rules_of
from machimori.office.shared.posts import Post


def open_cases(acting: Acting, post: Post) -> Sequence[OpenCase]:
    """The cases that have not ended, the one whose footage is erased first first."""
    return [
        OpenCase(
            number=file.number or str(STATES["consultation"]),
            state=str(STATES[file.state]),
            subject=file.application.case or file.application.purpose,
            next_deadline=_deadline(file),
            held_until=None,
        )
        for file in _open(acting, post)
    ]


def copies(acting: Acting, post: Post, _holder: Person) -> Sequence[HandoverItem]:
    """Copies that were handed over and whose end is not on record."""
    return [
        HandoverItem(
            kind=_t("渡した複製"), number=file.number, place=file.application.body or _t("申出人")
        )
        for file in _open(acting, post)
        if file.copy_out
    ]


def _open(acting: Acting, post: Post) -> Sequence[File]:
    if post not in access.READERS:
        return []
    name = "provision.carried"
    if name not in acting.memo:
        heads = access.cases(acting).exclude(state__in=[*ENDED, "closed"]).order_by("start", "case")
        acting.memo[name] = files_of(list(heads), rules_of(acting))
    found: Sequence[File] = acting.memo[name]
    return found


def _deadline(file: File) -> dt.date | None:
    """The day that comes first: of the correction, of the copy, or of the erasure."""
    days = [
        dt.date.fromisoformat(fact.data["due"])
        for fact in (file.latest("correction_asked"), file.latest("handed_over"))
        if fact is not None and fact.state == file.state and "due" in fact.data
    ]
    began = local_day(micros(file.facts[0].at))
    if file.last_day is not None and file.last_day >= began and not file.copy_out:
        days.append(file.last_day)
    return min(days, default=None)

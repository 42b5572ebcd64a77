# SPDX-License-Identifier: AGPL-3.0-or-later
"""Appointments that hold now or later, with what the first page asks of each: keys and pledge.

Several lists of one page are about them, so they are fetched once a request, all of the scheme; as
many as people work there.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q

from machimori.office.people.acting import Acting
from machimori.office.people.models import Appointment, Person
from machimori.office.personnel import access
from machimori.office.shared.instances import Query
from machimori.office.shared.posts import Post
from machimori.office.shared.prepared import Given

WARNED: Final = dt.timedelta(days=30)
"""So long before its end an appointment is named."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """An appointment that is not over."""

    appointment: Appointment
    keys: int
    """The person's, that are not revoked."""
    pledged: bool
    """Whether the person's pledge is on record."""

    @property
    def person(self) -> Person:
        return self.appointment.person

    def holds(self, at: dt.datetime) -> bool:
        """Whether it holds at this instant."""
        one = self.appointment
        return one.valid_from <= at and (one.valid_until is None or at < one.valid_until)


def terms(acting: Acting) -> Sequence[Term]:
    """Every one of the scheme, whoever may see it; fetched once a request."""
    if "personnel.terms" not in acting.memo:
        rows = _asking().ask({"scheme": acting.scheme.pk, "at": acting.at})
        acting.memo["personnel.terms"] = [
            Term(appointment=one, keys=one.keys, pledged=one.pledged) for one in rows
        ]
    found: Sequence[Term] = acting.memo["personnel.terms"]
    return found


@cache
def _asking() -> Query:
    scheme = Given("scheme")
    live = Q(person__credentials__revoked_at__isnull=True)
    signed = access.standing_in_scheme(scheme).filter(person=OuterRef("person"))
    rows = Appointment.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=Given("at")), scheme=scheme
    ).annotate(keys=Count("person__credentials", filter=live), pledged=Exists(signed))
    ordered = rows.order_by("valid_from", "person__kana", "pk")
    return Query.of(ordered, "person", told=("keys", "pledged"))


def seen(acting: Acting) -> Sequence[Term]:
    """Those that the acting person may see: the police see their own posts."""
    if acting.holds(*access.CITY):
        return terms(acting)
    own: tuple[Post, ...] = ("police_image_manager", "police_operator")
    return [one for one in terms(acting) if one.appointment.post in own]


def unpledged(acting: Acting) -> Sequence[Appointment]:
    """Those of them whose posts ask for a pledge, and whose holders have not signed."""
    posts = access.pledged_posts(access.rules_today(acting))
    found = [one for one in seen(acting) if not one.pledged]
    return [one.appointment for one in found if one.appointment.post in posts]

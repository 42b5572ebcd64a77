# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which posts people held when they did something, for lines whose fact does not say."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import NamedTuple

from machimori.office.oversight.uses import Use
from machimori.office.people.models import Appointment, Scheme
from machimori.office.shared.posts import POSTS


class Held(NamedTuple):
    """A post that somebody held, and what they are called."""

    person: int
    post: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None
    login: str
    name: str
    kana: str


def held(scheme: Scheme, people: Collection[int | None] | None = None) -> list[Held]:
    """Every post that there ever was here, or those of these people; one query."""
    found = Appointment.objects.filter(scheme=scheme)
    if people is not None:
        found = found.filter(person__in=people)
    told = ("person__login", "person__name", "person__kana")
    rows = found.values_list("person", "post", "valid_from", "valid_until", *told)
    return [Held(*row) for row in rows]


def posts_then(
    scheme: Scheme, uses: Iterable[Use], known: Iterable[Held] | None = None
) -> dict[str, tuple[str, ...]]:
    """By `Use.name` the posts that the person held at that instant, in the pages' order; one
    query, or none where all that were held in the scheme are `known`."""
    lines = [use for use in uses if use.person is not None]
    theirs: dict[int | None, list[Held]] = {use.person: [] for use in lines}
    if known is None and theirs:
        known = held(scheme, theirs)
    for one in known or ():
        if one.person in theirs:
            theirs[one.person].append(one)
    return {
        use.name: tuple(
            post
            for post in POSTS
            if any(one.post == post and _holds(one, use) for one in theirs[use.person])
        )
        for use in lines
    }


def _holds(one: Held, use: Use) -> bool:
    return one.valid_from <= use.at and (one.valid_until is None or use.at < one.valid_until)

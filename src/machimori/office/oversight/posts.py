# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which posts people held when they did something, for lines whose fact does not say."""

from collections.abc import Iterable

from machimori.office.oversight.uses import Use
from machimori.office.people.models import Appointment, Scheme
from machimori.office.shared.posts import POSTS


def posts_then(
    scheme: Scheme, uses: Iterable[Use], known: Iterable[Appointment] | None = None
) -> dict[str, tuple[str, ...]]:
    """By `Use.name` the posts that the person held at that instant, in the pages' order; one
    query, or none where every appointment of the scheme is `known`."""
    lines = [use for use in uses if use.person is not None]
    held: dict[int, list[Appointment]] = {}
    people = {use.person for use in lines}
    if known is None and people:
        known = Appointment.objects.filter(scheme=scheme, person__in=people)
    for one in known or ():
        held.setdefault(one.person_id, []).append(one)
    return {
        use.name: tuple(
            post
            for post in POSTS
            if any(one.post == post and _holds(one, use) for one in held.get(use.person or 0, ()))
        )
        for use in lines
    }


def _holds(one: Appointment, use: Use) -> bool:
    return one.valid_from <= use.at and (one.valid_until is None or use.at < one.valid_until)

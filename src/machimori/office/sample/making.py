# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's office, filled: schemes and people first, then weeks of acts in the order of time."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

from django.db import connections

from machimori.kernel.clock import ManualClock
from machimori.kernel.ids import OfficerId
from machimori.kernel.instants import Micros
from machimori.office.people.keys import officer_key
from machimori.office.people.models import Person
from machimori.office.rules.access import in_force
from machimori.office.sample import disclosure, police, provision
from machimori.office.sample.desk import SampleDesk
from machimori.office.sample.diary import Days, Story, tell
from machimori.office.sample.people import found
from machimori.office.sample.towns import Town
from machimori.office.shared.posts import Post
from machimori.policy.profile import Profile
from machimori.vault.client.statements import Appointment
from machimori.vault.client.testing import EVER, FAR

OPENED = provision.OPENED
"""Days ago on which the schemes of a demo began."""
SIGNERS: dict[Post, str] = {
    "system_manager": "system-manager",
    "police_image_manager": "police-image-manager",
}
"""Whose signatures the vault is to know, and what it calls their posts."""


def found_all(towns: Sequence[Town], *, clock: ManualClock, days: Days) -> tuple[SampleDesk, ...]:
    """Every scheme with its people, rules and cameras, today by `clock`. Raises OfficeConfigError
    outside a demo."""
    return tuple(
        found(town, number, clock=clock, days=days) for number, town in enumerate(towns, 1)
    )


def rules_of(desk: SampleDesk, on: dt.date) -> Profile:
    """What the scheme has decided."""
    return in_force(desk.cast.scheme, on)


def appointments(desk: SampleDesk) -> Iterator[Appointment]:
    """What the vault must know of the people who sign."""
    for post, name in SIGNERS.items():
        if (person := desk.people.get(post)) is not None:
            yield _appointment(person, name)


def fill(
    desks: Sequence[SampleDesk],
    *,
    clock: ManualClock,
    nights: Story,
    arrive: Callable[[Micros], None],
) -> int:
    """Let the weeks pass: everything that was done in them; how many acts.

    `nights` is what the vault does every night; `arrive` sets its clock. The first scheme has a
    case in every state, the others what they do differently.
    """

    def at(now: Micros) -> None:
        clock.set(now)
        arrive(now)

    stories = [nights]
    for number, desk in enumerate(desks):
        stories += provision.stories(desk, every=number == 0)
        stories += disclosure.stories(desk, clock, every=number == 0)
        if rules_of(desk, desk.days.today).flag("emergency.allowed"):
            stories += police.stories(desk)
    return tell(stories, arrive=at)


def close() -> None:
    """Leave the database."""
    connections.close_all()


def _appointment(person: Person, post: str) -> Appointment:
    return Appointment(
        officer=OfficerId(person.officer),
        keys=tuple(officer_key(one) for one in person.credentials.all()),
        posts=(post,),
        valid_from=EVER,
        valid_until=FAR,
    )

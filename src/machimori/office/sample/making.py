# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's office, filled: schemes and people first, then weeks of acts in the order of time."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

from django.db import connections

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import Micros
from machimori.office.custody.differences import differences
from machimori.office.rules.access import in_force
from machimori.office.sample import (
    complaints,
    direct,
    disclosure,
    internal,
    police,
    provision,
    watching,
)
from machimori.office.sample.desk import SampleDesk
from machimori.office.sample.diary import Days, Story, tell
from machimori.office.sample.people import found
from machimori.office.sample.towns import Town
from machimori.policy.profile import Profile
from machimori.vault.client.standing import Standing
from machimori.vault.client.statements import Statement

OPENED = provision.OPENED
"""Days ago on which the schemes of a demo began."""


def found_all(towns: Sequence[Town], *, clock: ManualClock, days: Days) -> tuple[SampleDesk, ...]:
    """Every scheme with its people, rules and cameras, today by `clock`. Raises OfficeConfigError
    outside a demo."""
    return tuple(
        found(town, number, clock=clock, days=days) for number, town in enumerate(towns, 1)
    )


def rules_of(desk: SampleDesk, on: dt.date) -> Profile:
    """What the scheme has decided."""
    return in_force(desk.cast.scheme, on)


def lacking(desk: SampleDesk, standing: Standing) -> Iterator[Statement]:
    """What 保管庫に届けるもの would have signed: people, rules, cameras, agreement, live view."""
    for one in differences(standing, desk.cast.acting(desk.manager)):
        if one.make is not None:
            yield one.make()


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
        if not desk.town.starts:
            continue
        every = number == 0
        stories += provision.stories(desk, every=every)
        stories += disclosure.stories(desk, clock, every=every)
        stories += internal.stories(desk)
        stories += watching.stories(desk)
        stories += complaints.stories(desk)
        if desk.town.station:
            station = police.station_of(desk)
            stories += police.stories(desk, station)
            stories += direct.stories(desk, station)
    return tell(stories, arrive=at)


def close() -> None:
    """Leave the database."""
    connections.close_all()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who could sign a decision, and from when on nobody could: the warning 30 days before.

Somebody can sign while they are 管理責任者, or stand in for one by a delegation, and have a key
that was not revoked. Appointments and delegations begin and end on known instants, so that a time
without a signer begins now or at one of their ends.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from machimori.office.deputies.access import latest
from machimori.office.deputies.models import Delegation
from machimori.office.people.acting import Acting
from machimori.office.people.models import Appointment, Person
from machimori.office.personnel.terms import WARNED, terms


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """Who can sign in the next 30 days. `keys` counts each person's keys, by their row."""

    at: dt.datetime
    managers: Sequence[Appointment]
    delegations: Sequence[Delegation]
    """Of two between the same persons only the later."""
    keys: dict[int, int]

    def signers(self, at: dt.datetime) -> list[Person]:
        """Those who could sign at this instant, managers first."""
        managing = [one.person for one in self.managers if _holds(one, at)]
        deputies = [
            one.deputy
            for one in self.delegations
            if _holds(one, at) and any(one.officer_id == person.pk for person in managing)
        ]
        return [one for one in (*managing, *deputies) if self.keys.get(one.pk)]

    def nobody_from(self) -> dt.datetime | None:
        """The first instant of the next 30 days at which nobody could sign; None if there is
        always somebody."""
        terms: list[Appointment | Delegation] = [*self.managers, *self.delegations]
        ends = {end for end in map(_end, terms) if end is not None}
        asked = sorted({self.at} | {end for end in ends if self.at < end <= self.at + WARNED})
        return next((one for one in asked if not self.signers(one)), None)

    def keyless(self) -> list[Person]:
        """Managers now, or within 30 days, who have no key."""
        return self._with(0)

    def single(self) -> list[Person]:
        """Managers who have one key only: lost, it would leave them without."""
        return self._with(1)

    def _with(self, keys: int) -> list[Person]:
        found = {
            one.person
            for one in self.managers
            if one.valid_until is None or one.valid_until > self.at
        }
        return sorted(
            (one for one in found if self.keys.get(one.pk, 0) == keys), key=lambda one: one.pk
        )


def outlook(acting: Acting) -> Outlook:
    """The next 30 days of the acting person's scheme."""
    soon = acting.at + WARNED
    managers = [
        one
        for one in terms(acting)
        if one.appointment.post == "system_manager" and one.appointment.valid_from <= soon
    ]
    counted = {one.person.pk: one.keys for one in managers}
    deputies = latest(acting)
    for row in deputies:
        counted.setdefault(row.delegation.deputy_id, row.keys)
    return Outlook(
        at=acting.at,
        managers=[one.appointment for one in managers],
        delegations=[row.delegation for row in deputies],
        keys=counted,
    )


def _holds(one: Appointment | Delegation, at: dt.datetime) -> bool:
    end = _end(one)
    return one.valid_from <= at and (end is None or at < end)


def _end(one: Appointment | Delegation) -> dt.datetime | None:
    return one.until if isinstance(one, Delegation) else one.valid_until

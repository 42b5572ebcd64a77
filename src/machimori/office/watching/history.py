# SPDX-License-Identifier: AGPL-3.0-or-later
"""A shift as its facts tell it, and the one function that adds a fact."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import Micros, instant
from machimori.office.people.acting import Acting
from machimori.office.people.facts import append
from machimori.office.people.history import History, facts_of, next_serial
from machimori.office.people.models import Person
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.watching.models import Fact, Shift
from machimori.office.watching.states import STEPS, Kind, State


@dataclass(frozen=True, kw_only=True)
class File(History[Fact, Kind, State]):
    """Everything about a shift. `facts` has at least one, the oldest first."""

    shift: Shift

    @property
    def turn(self) -> Fact:
        """The last time that somebody took over."""
        return next(one for one in reversed(self.facts) if one.kind in ("begun", "changed"))

    @property
    def watcher(self) -> Person:
        """Who watches, or watched last."""
        return self.turn.by

    @property
    def grant(self) -> Envelope:
        """The vault's leave for this turn, which recorders ask to see."""
        return Envelope.decode(self.turn.data["grant"].encode())

    @property
    def until(self) -> dt.datetime:
        """When the picture ends unless somebody takes over before."""
        return instant(Micros(self.turn.data["until"]))

    @property
    def turns(self) -> list[tuple[Fact, dt.datetime | None]]:
        """Who watched from when to when; None: still."""
        taken = [one for one in self.facts if one.kind in ("begun", "changed")]
        over = self.facts[-1].at if self.state == "over" else None
        return list(zip(taken, [*(one.at for one in taken[1:]), over], strict=True))


def file_of(shift: Shift) -> File:
    """The shift with all its facts."""
    return File(shift=shift, facts=tuple(shift.facts.select_related("by").order_by("serial")))


def files_of(shifts: Sequence[Shift]) -> list[File]:
    """These shifts with their facts; one query."""
    facts = facts_of(Fact, [one.pk for one in shifts])
    return [File(shift=one, facts=facts[one.pk]) for one in shifts]


def check_on(file: File) -> None:
    """Raise ActionRefusedError if the shift is over."""
    if file.state != "on":
        raise ActionRefusedError(
            _t("この監視は終わっています"), Reason(text=_t("もう一度、監視を始めてください。"))
        )


def add(
    shift: Shift, before: File | None, kind: Kind, data: Mapping[str, Json], *, acting: Acting
) -> File:
    """Add a fact after `before` with its ledger entry, inside the action's transaction.

    Raises ActionRefusedError if the shift is over, or somebody else has added a fact meanwhile.
    """
    if before is not None:
        check_on(before)
    made = append(
        Fact,
        case=shift,
        scheme=shift.scheme,
        serial=next_serial(before),
        kind=kind,
        state=STEPS[kind][1],
        data=data,
        entry="watch.step",
        at=acting.at,
        by=acting.person,
    )
    if before is None:
        return File(shift=shift, facts=(made,))
    return before.and_then(made)

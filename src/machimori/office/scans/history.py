# SPDX-License-Identifier: AGPL-3.0-or-later
"""A scan as its facts tell it, and the one function that adds a fact."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.office.people.facts import append
from machimori.office.people.history import History, check_step, facts_of, next_serial, next_state
from machimori.office.people.models import Person
from machimori.office.scans.models import Fact, Scan
from machimori.office.scans.states import STATES, STEPS, Kind, State


@dataclass(frozen=True, kw_only=True)
class Paper(History[Fact, Kind, State]):
    """A scan with its facts."""

    scan: Scan

    @property
    def digest(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        digest: str = self.facts[0].data["sha256"]
        return digest


def of_case(owner: str, about: str) -> list[Paper]:
    """The scans of this case, the newest first, with those that were erased; two queries."""
    rows = list(Scan.objects.filter(owner=owner, about=about).select_related("scheme"))
    facts = facts_of(Fact, [row.pk for row in rows])
    found = [Paper(scan=row, facts=facts[row.pk]) for row in rows]
    return sorted(found, key=lambda one: one.facts[0].at, reverse=True)


def paper_of(scan: Scan) -> Paper:
    """This scan with its facts."""
    return Paper(scan=scan, facts=tuple(scan.facts.select_related("by").order_by("serial")))


def add(
    scan: Scan,
    before: Paper | None,
    kind: Kind,
    data: Mapping[str, Json],
    *,
    at: dt.datetime,
    by: Person | None,
) -> Paper:
    """Add a fact with its ledger entry, inside the action's transaction. The entry commits to
    `data`, which holds the file's SHA-256. Raises ActionRefusedError."""
    said = _t("この書類は「%(state)s」です。")
    check_step(before, STEPS[kind].after, STATES, said=said)
    made = append(
        Fact,
        case=scan,
        scheme=scan.scheme,
        serial=next_serial(before),
        kind=kind,
        state=next_state(before, STEPS[kind]),
        data=data,
        entry="scan.step",
        at=at,
        by=by,
        subject={"case": scan.about, "scan": scan.pk},
    )
    return before.and_then(made) if before else Paper(scan=scan, facts=(made,))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""A copy as its facts tell it, and the one function that adds a fact."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.office.handover.models import Copy, Fact
from machimori.office.handover.states import OPEN, STATES, STEPS, Kind, State
from machimori.office.people.facts import append
from machimori.office.people.history import History, check_step, next_serial, next_state
from machimori.office.people.models import Person
from machimori.office.provision.history import File


@dataclass(frozen=True, kw_only=True)
class Followed(History[Fact, Kind, State]):
    """A copy with its facts, of which there is at least one, the oldest first."""

    copy: Copy

    @property
    def text(self) -> str:
        return str(STATES[self.state])

    @property
    def number(self) -> str:
        """媒体番号; empty before it was written."""
        written = self.latest("written")
        return str(written.data["number"]) if written else ""

    @property
    def due(self) -> dt.date | None:
        """The last day of 返却・消去, as it was last extended."""
        fact = self.latest("handed_over", "extended")
        return dt.date.fromisoformat(fact.data["due"]) if fact else None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has it, or is about to."""
        return self.state in OPEN


def copies_of(file: File) -> tuple[Followed, ...]:
    """Every copy that was made for the case, the oldest extraction first; two queries."""
    return followed(Copy.objects.filter(case=file.case).order_by("extraction", "part"))


def copies_seen(file: File) -> tuple[Followed, ...]:
    """The same, fetched once for this File: for pages and papers, which change nothing."""
    if "copies_seen" not in file.seen:
        file.seen["copies_seen"] = copies_of(file)
    found: tuple[Followed, ...] = file.seen["copies_seen"]
    return found


def current(file: File, copies: Iterable[Followed]) -> tuple[Followed, ...]:
    """Those of the case's last extraction."""
    begun = file.latest("extraction_begun")
    serial = begun.serial if begun else 0
    return tuple(one for one in copies if one.copy.extraction == serial)


def followed(rows: Iterable[Copy]) -> tuple[Followed, ...]:
    """These copies with their facts; one query."""
    found: dict[str, tuple[Copy, list[Fact]]] = {row.pk: (row, []) for row in rows}
    facts = Fact.objects.filter(case__in=list(found)).select_related("by").order_by("serial")
    for fact in facts:
        found[fact.case_id][1].append(fact)
    return tuple(Followed(copy=copy, facts=tuple(facts)) for copy, facts in found.values())


def check_copy(copy: Followed, kind: Kind) -> None:
    """Raise ActionRefusedError if a fact of this kind cannot follow now."""
    check_step(copy, STEPS[kind].after, STATES, said=_t("この複製は「%(state)s」です。"))


def add(
    copy: Copy,
    before: Followed | None,
    kind: Kind,
    data: Mapping[str, Json],
    *,
    at: dt.datetime,
    by: Person | None,
) -> Followed:
    """Add a fact after `before` with its ledger entry, inside the action's transaction.

    Raises ActionRefusedError if the state does not allow it, or somebody else has added a fact
    since `before` was read.
    """
    if before is not None:
        check_copy(before, kind)
    made = append(
        Fact,
        case=copy,
        scheme=copy.case.scheme,
        serial=next_serial(before),
        kind=kind,
        state=next_state(before, STEPS[kind]),
        data=data,
        entry="copy.step",
        at=at,
        by=by,
        subject={"case": copy.case_id, "copy": copy.pk},
    )
    if before is None:
        return Followed(copy=copy, facts=(made,))
    return before.and_then(made)

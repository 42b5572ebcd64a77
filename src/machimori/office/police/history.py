# SPDX-License-Identifier: AGPL-3.0-or-later
"""An extraction as its facts tell it, and the one function that adds a fact."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import instant, local_day, micros
from machimori.office.people.acting import Acting
from machimori.office.people.facts import append
from machimori.office.people.history import History, check_step, facts_of, next_serial, next_state
from machimori.office.police.models import Extraction, Fact
from machimori.office.police.states import STATES, STEPS, UNFILED, Kind, State
from machimori.office.provision.drafting import Extent, extent_of
from machimori.office.rules.access import in_force
from machimori.policy.profile import Profile
from machimori.vault.client.statements import Authorisation


@dataclass(frozen=True, kw_only=True)
class File(History[Fact, Kind, State]):
    """Everything about an extraction. `facts` has at least one, the oldest first."""

    extraction: Extraction

    @property
    def rules(self) -> Profile:
        """Those of the day on which it began."""
        return in_force(self.extraction.scheme, local_day(micros(self.facts[0].at)))

    @property
    def order(self) -> Fact:
        """What was ordered, and why."""
        return self.facts[0]

    @property
    def statement(self) -> Envelope:
        """What the chief signs, unsigned."""
        payload = canonical.unb64(self.order.data["statement"], where="statement")
        return Envelope(payload_type=Authorisation.payload_type(), payload=payload)

    @cached_property
    def extent(self) -> Extent:
        """Cameras and interval of the order."""
        return extent_of(Authorisation.decode(self.statement))

    @property
    def due(self) -> dt.datetime | None:
        """After this instant the 申請書 is late; None before footage was taken out."""
        fact = self.latest("extracted")
        return instant(fact.data["due"]) if fact else None

    def overdue(self, at: dt.datetime) -> bool:
        """Whether the 申請書 has not come and should have."""
        due = self.due
        return self.state in UNFILED and due is not None and at > due

    @property
    def late(self) -> bool:
        """Whether the 申請書 came after its time."""
        fact, due = self.latest("filed"), self.due
        return fact is not None and due is not None and fact.at > due

    @property
    def kept(self) -> bool:
        """Whether the station has footage of it, as far as it has said."""
        return self.latest("saved") is not None and self.latest("erased") is None


def file_of(extraction: Extraction) -> File:
    """The extraction with all its facts."""
    facts = extraction.facts.select_related("by").order_by("serial")
    return File(extraction=extraction, facts=tuple(facts))


def files_of(extractions: Sequence[Extraction]) -> list[File]:
    """These extractions with their facts, in their order; one query."""
    facts = facts_of(Fact, [one.pk for one in extractions])
    return [File(extraction=one, facts=facts[one.pk]) for one in extractions]


def check_state(file: File | None, kind: Kind) -> None:
    """Raise ActionRefusedError if a fact of this kind cannot follow now."""
    said = _t("この取出しは「%(state)s」です。")
    check_step(file, STEPS[kind].after, STATES, said=said, nothing=_t("まだ命令がない"))


def add(
    extraction: Extraction,
    before: File | None,
    kind: Kind,
    data: Mapping[str, Json],
    *,
    acting: Acting,
) -> File:
    """Add a fact after `before` with its ledger entry; the file with it.

    To be called inside the action's transaction. Raises ActionRefusedError if the state does not
    allow it, or somebody else has added a fact since `before` was read.
    """
    check_state(before, kind)
    made = append(
        Fact,
        case=extraction,
        scheme=extraction.scheme,
        serial=next_serial(before),
        kind=kind,
        state=next_state(before, STEPS[kind]),
        data=data,
        entry="police.step",
        at=acting.at,
        by=acting.person,
    )
    if before is None:
        return File(extraction=extraction, facts=(made,))
    return before.and_then(made)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""An internal use as its facts tell it, and the one function that adds a fact."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _t

from machimori.evidence.ordering import Order
from machimori.evidence.verifier.statement import Approval
from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import instant, local_day, micros
from machimori.office.internal.models import Fact, Use
from machimori.office.internal.states import STATES, STEPS, USABLE, Kind, State
from machimori.office.people.acting import Acting
from machimori.office.people.facts import append
from machimori.office.people.history import History, check_step, facts_of, next_serial, next_state
from machimori.office.provision.drafting import Extent, extent_of
from machimori.office.rules.access import Rulebook, rulebook
from machimori.office.shared.errors import ActionError, ActionRefusedError, Reason
from machimori.policy.profile import Profile
from machimori.vault.client.statements import Authorisation


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A medium with a copy, from when it was written."""

    written: Fact
    checked: Fact | None
    ended: Fact | None

    @property
    def due(self) -> dt.date:
        """By when it is to be erased or destroyed."""
        return dt.date.fromisoformat(self.written.data["due"])


def copies_in(facts: Sequence[Fact]) -> tuple[Copy, ...]:
    """The media that these facts of one use tell of, in their order."""

    def told(kind: Kind) -> dict[int, Fact]:
        return {fact.data["copy"]: fact for fact in facts if fact.kind == kind}

    checked, ended = told("copy_checked"), told("copy_ended")
    return tuple(
        Copy(written=fact, checked=checked.get(fact.serial), ended=ended.get(fact.serial))
        for fact in facts
        if fact.kind == "copy_written"
    )


@dataclass(frozen=True, kw_only=True)
class File(History[Fact, Kind, State]):
    """Everything about a use. `facts` has at least one, the oldest first."""

    use: Use
    rulebook: Rulebook | None = None
    """The scheme's, if whoever lists many has it at hand."""

    @property
    def number(self) -> str:
        """「令和8年度 街頭内部 第1号」."""
        return self.use.numbered.text

    @cached_property
    def rules(self) -> Profile:
        """Those of the day on which it began."""
        found = self.rulebook or rulebook(self.use.scheme)
        return found.on(local_day(micros(self.facts[0].at)))

    @property
    def draft(self) -> Fact:
        """What is wanted, and why."""
        return self.facts[0]

    @property
    def uses(self) -> tuple[str, ...]:
        """Of view, print and copy those that are permitted."""
        return tuple(self.draft.data["uses"])

    @property
    def attendees(self) -> tuple[str, ...]:
        """Who else is to look, with affiliation."""
        return tuple(self.draft.data["attendees"])

    @property
    def statement(self) -> Envelope:
        """What is signed, unsigned."""
        payload = canonical.unb64(self.draft.data["statement"], where="statement")
        return Envelope(payload_type=Authorisation.payload_type(), payload=payload)

    @cached_property
    def extent(self) -> Extent:
        """Cameras and interval of the statement."""
        return extent_of(Authorisation.decode(self.statement))

    @property
    def usable(self) -> bool:
        """Whether it may be opened, as far as its state goes."""
        return self.state in USABLE

    @property
    def copies(self) -> tuple[Copy, ...]:
        """Every medium, the oldest first."""
        return copies_in(self.facts)

    def order(self) -> Order:
        """The order by which the vault opens it. Raises ActionRefusedError unless it is permitted
        and not over."""
        signed = self.latest("permitted")
        if signed is None or not self.usable:
            raise ActionRefusedError(
                _t("いまは開けません"),
                Reason(text=_t("許可があり、利用が終わっていないときだけです。")),
            )
        envelope = Envelope.decode(canonical.unb64(signed.data["envelope"], where="envelope"))
        return Order(
            authorisation=envelope,
            approvals=tuple(
                Approval(keyid=one.keyid, officer=signed.by.officer, post="管理責任者")
                for one in envelope.signatures
            ),
        )

    @property
    def valid_until(self) -> dt.datetime:
        """The last instant at which it opens."""
        return instant(Authorisation.decode(self.statement).valid_to)


def file_of(use: Use) -> File:
    """The use with all its facts."""
    return File(use=use, facts=tuple(use.facts.select_related("by").order_by("serial")))


def files_of(uses: Sequence[Use], rules: Rulebook | None = None) -> list[File]:
    """These uses with their facts, in their order; one query."""
    facts = facts_of(Fact, [use.pk for use in uses])
    return [File(use=use, facts=facts[use.pk], rulebook=rules) for use in uses]


def check_state(file: File | None, kind: Kind) -> None:
    """Raise ActionRefusedError if a fact of this kind cannot follow now."""
    said = _t("この内部利用は「%(state)s」です。")
    check_step(file, STEPS[kind].after, STATES, said=said, nothing=_t("まだ起票がない"))


def add(
    use: Use, before: File | None, kind: Kind, data: Mapping[str, Json], *, acting: Acting
) -> File:
    """Add a fact after `before` with its ledger entry; the file with it.

    To be called inside the action's transaction. Raises ActionRefusedError if the state does not
    allow it, or somebody else has added a fact since `before` was read.
    """
    if use.scheme_id != acting.scheme.pk:
        raise ActionError("a use is moved by people of its own scheme", where=kind)
    check_state(before, kind)
    made = append(
        Fact,
        case=use,
        scheme=use.scheme,
        serial=next_serial(before),
        kind=kind,
        state=next_state(before, STEPS[kind]),
        data=data,
        entry="internal.step",
        at=acting.at,
        by=acting.person,
    )
    if before is None:
        return File(use=use, facts=(made,))
    return before.and_then(made)

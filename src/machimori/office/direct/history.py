# SPDX-License-Identifier: AGPL-3.0-or-later
"""An acquisition as its facts tell it, and the one function that adds a fact."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import local_day, micros
from machimori.office.direct.models import Case, Fact
from machimori.office.direct.states import STATES, STEPS, Kind, State
from machimori.office.people.acting import Acting
from machimori.office.people.facts import append
from machimori.office.people.history import History, check_step, facts_of, next_serial, next_state
from machimori.office.provision.drafting import Extent, extent_of
from machimori.office.rules.access import Rulebook, rulebook
from machimori.policy.profile import Profile
from machimori.vault.client.statements import Authorisation


@dataclass(frozen=True, kw_only=True)
class File(History[Fact, Kind, State]):
    """Everything about an acquisition. `facts` has at least one, the oldest first."""

    case: Case
    rulebook: Rulebook | None = None
    """The scheme's, if whoever lists many has it at hand."""

    @property
    def number(self) -> str:
        """「令和8年度 街頭取得 第1号」."""
        return self.case.numbered.text

    @cached_property
    def rules(self) -> Profile:
        """Those of the day on which it began."""
        found = self.rulebook or rulebook(self.case.scheme)
        return found.on(local_day(micros(self.request.at)))

    @property
    def request(self) -> Fact:
        """What was asked for, and why."""
        return self.facts[0]

    @property
    def statement(self) -> Envelope:
        """What the operator signs, unsigned."""
        payload = canonical.unb64(self.request.data["statement"], where="statement")
        return Envelope(payload_type=Authorisation.payload_type(), payload=payload)

    @cached_property
    def extent(self) -> Extent:
        """Cameras and interval."""
        return extent_of(Authorisation.decode(self.statement))

    @property
    def until_seen(self) -> dt.timedelta | None:
        """From the request to the first picture; None while nobody has looked."""
        fact = self.latest("seen")
        return fact.at - self.request.at if fact else None


def file_of(case: Case) -> File:
    """The acquisition with all its facts."""
    return File(
        case=case,
        facts=tuple(case.facts.select_related("by").order_by("serial")),
        rulebook=rulebook(case.scheme),
    )


def files_of(cases: Sequence[Case], rules: Rulebook) -> list[File]:
    """These acquisitions, all of the scheme of these rules, with their facts; one query."""
    facts = facts_of(Fact, [case.pk for case in cases])
    return [File(case=case, facts=facts[case.pk], rulebook=rules) for case in cases]


def check_state(file: File | None, kind: Kind) -> None:
    """Raise ActionRefusedError if a fact of this kind cannot follow now."""
    said = _t("この取得は「%(state)s」です。")
    check_step(file, STEPS[kind].after, STATES, said=said, nothing=_t("まだ申込みがない"))


def add(
    case: Case, before: File | None, kind: Kind, data: Mapping[str, Json], *, acting: Acting
) -> File:
    """Add a fact after `before` with its ledger entry; the file with it.

    To be called inside the action's transaction. Raises ActionRefusedError if the state does not
    allow it, or somebody else has added a fact since `before` was read.
    """
    check_state(before, kind)
    made = append(
        Fact,
        case=case,
        scheme=case.scheme,
        serial=next_serial(before),
        kind=kind,
        state=next_state(before, STEPS[kind]),
        data=data,
        entry="direct.step",
        at=acting.at,
        by=acting.person,
    )
    if before is None:
        return File(case=case, facts=(made,))
    return before.and_then(made)

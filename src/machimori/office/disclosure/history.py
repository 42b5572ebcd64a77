# SPDX-License-Identifier: AGPL-3.0-or-later
"""A disclosure case as its facts tell it, and the one function that adds a fact."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.instants import local_day, micros
from machimori.office.disclosure.asked import Asked
from machimori.office.disclosure.models import Case, Fact
from machimori.office.disclosure.states import DISCLOSING, STATES, STEPS, Kind, Result, State
from machimori.office.people.acting import Acting
from machimori.office.people.facts import append
from machimori.office.people.history import History, check_step, facts_of, next_serial
from machimori.office.rules.access import Rulebook, rulebook
from machimori.office.shared.errors import ActionError
from machimori.policy.profile import Profile


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """A third party who was asked (86条), and what they answered."""

    asked: Fact
    answer: Fact | None

    @property
    def reply_by(self) -> dt.date:
        return said_day(self.asked, "reply_by")

    @property
    def objects(self) -> bool:
        return self.answer is not None and bool(self.answer.data["objects"])


@dataclass(frozen=True, kw_only=True)
class File(History[Fact, Kind, State]):
    """Everything about a case, from its facts. `facts` has at least one, the oldest first."""

    case: Case
    rulebook: Rulebook | None = None
    """The scheme's, if whoever lists many cases has it at hand."""

    @property
    def number(self) -> str:
        """「令和8年度 街頭開示 第1号」."""
        return self.case.numbered.text

    @cached_property
    def rules(self) -> Profile:
        """A case keeps the rules of the day on which it began."""
        found = self.rulebook or rulebook(self.case.scheme)
        return found.on(self.asked.received)

    @property
    def asked(self) -> Asked:
        """The request as it was last corrected."""
        found = self.latest("taken_in", "amended", "corrected")
        assert found is not None
        return Asked.from_json(found.data["asked"])

    @property
    def opinions(self) -> tuple[Opinion, ...]:
        """Every third party who was asked, in order."""
        answers = {
            fact.data["inquiry"]: fact for fact in self.facts if fact.kind == "opinion_filed"
        }
        return tuple(
            Opinion(asked=fact, answer=answers.get(fact.serial))
            for fact in self.facts
            if fact.kind == "opinion_asked"
        )

    @property
    def opposed(self) -> tuple[Opinion, ...]:
        """Those who filed an opposing opinion (86条3項)."""
        return tuple(one for one in self.opinions if one.objects)

    @property
    def decision(self) -> Fact | None:
        """The decision that stands: the last, unless an appeal against it was upheld."""
        found, ruling = self.latest("decided"), self.latest("ruled")
        if found and ruling and ruling.serial > found.serial and ruling.state == "identifying":
            return None
        return found

    @property
    def result(self) -> Result | None:
        found = self.decision
        return cast(Result, found.data["result"]) if found else None

    @property
    def discloses(self) -> bool:
        """Whether the decision that stands discloses anything."""
        return self.result in DISCLOSING

    @property
    def search(self) -> Fact | None:
        """What was found, since the request was last accepted or an appeal upheld."""
        return self.since_decided("found")

    @property
    def appeal(self) -> Fact | None:
        """The appeal on which nobody has ruled yet: while there is one, the hold stays."""
        found = self.latest("appealed")
        ruling = self.latest("ruled")
        return None if found and ruling and ruling.serial > found.serial else found

    @property
    def extension(self) -> Fact | None:
        """The one extension."""
        return self.latest("extended")

    def since_decided(self, kind: Kind) -> Fact | None:
        """The last fact of this kind that belongs to the present round: after an upheld appeal a
        case is searched, decided, told and disclosed anew."""
        ruling = next(
            (one for one in self.facts[::-1] if one.kind == "ruled" and one.state == "identifying"),
            None,
        )
        found = self.latest(kind)
        return found if found and (ruling is None or found.serial > ruling.serial) else None


def said_day(fact: Fact, name: str) -> dt.date:
    """A day that this fact holds."""
    return dt.date.fromisoformat(fact.data[name])


def day_of(acting: Acting) -> dt.date:
    """The local day on which the person acts."""
    return local_day(micros(acting.at))


def file_of(case: Case) -> File:
    """The case with all its facts."""
    return File(case=case, facts=tuple(case.facts.select_related("by").order_by("serial")))


def files_of(cases: Sequence[Case], rules: Rulebook) -> list[File]:
    """These cases, all of the scheme of these rules, with their facts; one query."""
    facts = facts_of(Fact, [case.pk for case in cases])
    return [File(case=case, facts=facts[case.pk], rulebook=rules) for case in cases]


def check_state(file: File | None, kind: Kind) -> None:
    """Raise ActionRefusedError if a fact of this kind cannot follow now."""
    said = _t("この請求は「%(state)s」です。")
    check_step(file, STEPS[kind].after, STATES, said=said, nothing=_t("まだ案件がない"))


def add(
    case: Case,
    before: File | None,
    kind: Kind,
    data: Mapping[str, Json],
    *,
    acting: Acting,
    state: State | None = None,
) -> File:
    """Add a fact after `before` with its ledger entry; the file with it.

    `state` is where it leads, if the step leaves a choice. To be called inside the action's
    transaction. Raises ActionRefusedError if the state does not allow it, or somebody else has
    added a fact since `before` was read.
    """
    check_state(before, kind)
    if case.scheme_id != acting.scheme.pk:
        raise ActionError("a case is moved by people of its own scheme", where=kind)
    then = STEPS[kind].then
    now = before.state if before else None
    found = state or (then[0] if len(then) == 1 else now)
    if found is None or (found not in then and found != now):
        raise ActionError("a step leads where its table says", where=kind)
    made = append(
        Fact,
        case=case,
        scheme=case.scheme,
        serial=next_serial(before),
        kind=kind,
        state=found,
        data=data,
        entry="disclosure.step",
        at=acting.at,
        by=acting.person,
    )
    if before is None:
        return File(case=case, facts=(made,))
    return before.and_then(made)

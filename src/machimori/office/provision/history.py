# SPDX-License-Identifier: AGPL-3.0-or-later
"""A case as its facts tell it, and the one function that adds a fact."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import local_day, micros
from machimori.office.cameras.access import called, cameras
from machimori.office.cameras.models import Description
from machimori.office.people.acting import Acting
from machimori.office.people.facts import append
from machimori.office.people.history import (
    History,
    check_step,
    facts_of,
    next_serial,
    next_state,
)
from machimori.office.people.models import Person
from machimori.office.provision.application import Application
from machimori.office.provision.models import Case, Fact, Head
from machimori.office.provision.states import SIGNED, STATES, STEPS, Kind, State
from machimori.office.rules.access import Rulebook, rulebook
from machimori.office.rules.words import chosen
from machimori.office.shared.errors import ActionError
from machimori.policy.errors import UnsetError
from machimori.policy.grounds import Ground, ground_named
from machimori.policy.profile import Profile
from machimori.vault.client.statements import Authorisation

APPLIED: Final[tuple[Kind, ...]] = ("consulted", "taken_in", "amended", "document_arrived")
"""What says something of the application. The others hold what was signed, which is long."""


@dataclass(frozen=True, kw_only=True)
class File(History[Fact, Kind, State]):
    """Everything about a case, from its facts. `facts` has at least one, the oldest first."""

    case: Case
    rulebook: Rulebook | None = None
    """The scheme's, if whoever lists many cases has it at hand."""

    @cached_property
    def seen(self) -> dict[str, Any]:
        """What pages about the case have fetched, under the fetching function's name; of this
        instance alone, so never older than its facts."""
        return {}

    def described(self, names: Iterable[str]) -> dict[str, Description]:
        """What is said now of each of these cameras that the scheme has; asked for once a page."""
        wanted = list(names)
        known: dict[str, Description | None] = self.seen.setdefault("described", {})
        if new := [name for name in wanted if name not in known]:
            known.update(dict.fromkeys(new))
            rows = cameras(self.case.scheme).filter(camera__in=new)
            known.update({row.camera_id: row for row in rows})
        found = {name: known[name] for name in wanted}
        return {name: row for name, row in found.items() if row is not None}

    def called(self, names: Iterable[str]) -> dict[str, str]:
        """What people call each of these cameras, with its id, in the order given."""
        wanted = list(names)
        known = self.described(wanted)
        return {name: called(known[name]) if name in known else name for name in wanted}

    @property
    def number(self) -> str:
        """「令和8年度 街頭 第12号」; empty while it is a consultation."""
        return number_of(self.case)

    @cached_property
    def rules(self) -> Profile:
        """A case keeps the rules of the day on which it began."""
        found = self.rulebook or rulebook(self.case.scheme)
        return found.on(local_day(micros(self.facts[0].at)))

    @cached_property
    def application(self) -> Application:
        """The application as it was last corrected, with a document that followed."""
        found = Application()
        for fact in self.facts:
            found = _after(found, fact.kind, fact.data)
        return found

    @cached_property
    def ground(self) -> Ground | None:
        """The ground that the application names, if the rules have it."""
        return ground_named(self.rules, self.application.ground)

    @property
    def document_awaited(self) -> bool:
        """原本待ち: the ground asks for a document, and none has arrived."""
        ground = self.ground
        return (
            ground is not None
            and ground.paper in ("prior", "after")
            and not self.application.document_present(ground)
        )

    @property
    def document_name(self) -> str:
        """捜査関係事項照会書 or the like, in the page's language; empty before one was named."""
        return "".join(chosen("grounds.*.documents", (self.application.document,)))

    @property
    def last_day(self) -> dt.date | None:
        """The last day on which the oldest of the footage asked for is kept; None while interval
        or retention are not known."""
        start = self.application.start
        try:
            rule = self.rules.retention()
        except UnsetError:
            return None
        return None if start is None else rule.last_day(local_day(micros(start)))

    @property
    def copy_out(self) -> bool:
        """Whether a copy was handed over, and its end is not on record."""
        return self.state == "provided" and self.latest("copy_settled") is None

    @property
    def latest_draft(self) -> Fact | None:
        """The draft or narrowed draft that is, or was last, before the signers."""
        return self.latest("drafted", "narrowed")

    @property
    def sent_back(self) -> Fact | None:
        """That the draft was sent back, by who decides or from its round; None once anything has
        followed."""
        last = self.facts[-1]
        return last if last.kind in ("sent_back", "handed_back") else None

    @property
    def statement(self) -> Envelope | None:
        """What is to be signed, unsigned; None before there was a draft."""
        found = self.latest_draft
        if found is None:
            return None
        payload = canonical.unb64(found.data["statement"], where="statement")
        return Envelope(payload_type=Authorisation.payload_type(), payload=payload)

    @property
    def signatures(self) -> tuple[Fact, ...]:
        """Who has signed the draft that is before the signers."""
        found = self.latest_draft
        since = found.serial if found else 0
        return tuple(one for one in self.facts if one.kind in SIGNED and one.serial > since)

    @property
    def endorsements(self) -> tuple[Fact, ...]:
        """後閲 with a signature under the draft that the deputy signed."""
        found = self.latest_draft
        since = found.serial if found else 0
        return tuple(
            one
            for one in self.facts
            if one.kind == "reviewed" and one.serial > since and "envelope" in one.data
        )

    @property
    def approval(self) -> Envelope | None:
        """The approval as the vault is shown it: with the signatures by which it was approved, and
        those by which a manager made a deputy's decision their own. None before there is one."""
        fact = self.latest("authorised")
        if fact is None:
            return None
        found = _envelope(fact)
        for one in self.endorsements:
            found = found.with_signature(_envelope(one).signatures[0])
        return found

    @property
    def checks(self) -> tuple[str, ...]:
        """What whoever drafted it has checked."""
        found = self.latest("drafted")
        return tuple(found.data["checks"]) if found else ()

    @property
    def conditions(self) -> tuple[str, ...]:
        """What the approval, or its draft, asks of the recipient."""
        found = self.latest("drafted")
        return tuple(found.data.get("conditions", ())) if found else ()

    @property
    def return_by(self) -> dt.date | None:
        """The day by which the approval wants copies back or erased; None if it names none."""
        found = self.latest("drafted")
        said = found.data.get("return_by", "") if found else ""
        return dt.date.fromisoformat(said) if said else None


def _envelope(fact: Fact) -> Envelope:
    return Envelope.decode(canonical.unb64(fact.data["envelope"], where="envelope"))


def file_of(case: Case) -> File:
    """The case with all its facts."""
    return File(
        rulebook=rulebook(case.scheme),
        case=case,
        facts=tuple(case.facts.select_related("by").order_by("serial")),
    )


def files_of(heads: Sequence[Head], rules: Rulebook) -> list[File]:
    """The cases of these heads, all of the scheme of these rules, with their facts; one query."""
    facts = facts_of(Fact, [head.case_id for head in heads])
    return [File(case=head.case, facts=facts[head.case_id], rulebook=rules) for head in heads]


def applications_of(heads: Iterable[Head]) -> dict[str, Application]:
    """The applications of the cases of these heads, by the case's id; one query for their facts
    alone."""
    found = dict.fromkeys((head.case_id for head in heads), Application())
    facts = Fact.objects.filter(case__in=list(found), kind__in=APPLIED).order_by("serial")
    for case, kind, data in facts.values_list("case", "kind", "data"):
        found[case] = _after(found[case], kind, data)
    return found


def number_of(case: Case) -> str:
    """The number that the case was given; empty before."""
    found = getattr(case, "numbered", None)
    return found.text if found else ""


def _after(application: Application, kind: str, data: Mapping[str, Any]) -> Application:
    """The application as it is once a fact of this kind has said this."""
    if kind == "document_arrived":
        return with_document(application, data)
    return Application.from_json(data["application"]) if kind in APPLIED else application


def with_document(application: Application, data: Mapping[str, Any]) -> Application:
    """The application with the document that this fact records."""
    source = application.to_json() | {
        name: data[name] for name in ("document", "document_number", "document_day")
    }
    return Application.from_json(source)


def check_state(file: File | None, kind: Kind) -> None:
    """Raise ActionRefusedError if a fact of this kind cannot follow now."""
    said = _t("この案件は「%(state)s」です。")
    check_step(file, STEPS[kind].after, STATES, said=said, nothing=_t("まだ案件がない"))


def add(
    case: Case, before: File | None, kind: Kind, data: Mapping[str, Json], *, acting: Acting
) -> File:
    """Add a fact after `before` with its ledger entry; the file with it.

    To be called inside the action's transaction. Raises ActionRefusedError if the state does not
    allow it, or somebody else has added a fact since `before` was read.
    """
    if case.scheme_id != acting.scheme.pk:
        raise ActionError("a case is moved by people of its own scheme", where=kind)
    return _write(case, before, kind, data, at=acting.at, by=acting.person)


def add_by_itself(before: File, kind: Kind, data: Mapping[str, Json], *, at: dt.datetime) -> File:
    """Add a fact that no person made: a day has passed. Otherwise as `add`."""
    return _write(before.case, before, kind, data, at=at, by=None)


def _write(
    case: Case,
    before: File | None,
    kind: Kind,
    data: Mapping[str, Json],
    *,
    at: dt.datetime,
    by: Person | None,
) -> File:
    check_state(before, kind)
    made = append(
        Fact,
        case=case,
        scheme=case.scheme,
        serial=next_serial(before),
        kind=kind,
        state=next_state(before, STEPS[kind]),
        data=data,
        entry="provision.step",
        at=at,
        by=by,
    )
    if before is None:
        return File(case=case, facts=(made,))
    return before.and_then(made)

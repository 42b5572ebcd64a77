# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the log says: a fold over its records, the same when running and when starting.

Nothing here decides or signs. `opening.core` writes a record only after the decision, and the
record's arrival here is the only way in which the state changes.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CameraId, CaseId, ClassId, KeyId, RecorderId, SchemeId
from machimori.kernel.instants import Micros, day_start, local_day, parse_day
from machimori.vault.client.signers import Signers
from machimori.vault.client.statements import (
    Agreement,
    Appointment,
    Authorisation,
    AuthorisationEnd,
    CameraClass,
    Delegation,
    EarlyDestruction,
    Hold,
    HoldEnd,
    LiveView,
    Override,
    RecorderEnrolment,
    Revocation,
    Rules,
    Statement,
    TimeStatement,
    parse,
)
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening.charter import Charter
from machimori.vault.opening.demanding import signers_of
from machimori.vault.opening.log import Record
from machimori.vault.opening.officers import Counter, OfficerBook


def day_epoch(retention_class: str, day: str) -> str:
    """Name of the epoch of a class's day."""
    return f"day.{retention_class}.{day}"


def case_epoch(case: str) -> str:
    """Name of the epoch of a case."""
    return f"case.{case}"


@dataclass(kw_only=True)
class EpochState:
    """A living epoch: its generation and the key id of each leaf."""

    generation: int
    serial: int
    leaves: dict[int, str]


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A destruction that was begun: `kept` leaves go on as the next generation."""

    name: str
    generation: int
    kept: frozenset[int]
    ground: str


@dataclass(kw_only=True)
class CaseState:
    """A case whose hold is in force."""

    scheme: SchemeId
    ground: str
    last_day: str
    days: dict[str, int] = field(default_factory=dict)
    """Segments with a re-sealed data key, by camera-day (`<camera>/<day>`)."""
    kept: dict[str, dict[str, str]] = field(default_factory=dict)
    """Key ids of camera-days that must outlive their epoch; for each, by the digest of the hold
    that keeps it, the last day: one hold of a case does not give up what another one keeps."""

    @property
    def segments(self) -> int:
        """Segments that the case's key opens."""
        return sum(self.days.values())


class State:
    """Everything the vault knows, as of the last record."""

    def __init__(self, charter: Charter) -> None:
        self.charter = charter
        self.officers = OfficerBook(charter.party)
        for appointment in charter.officers:
            self.officers.appoint(appointment)
        self.rules: dict[SchemeId, list[Rules]] = defaultdict(list)
        self.class_scheme: dict[ClassId, SchemeId] = {}
        self.cameras: dict[CameraId, list[CameraClass]] = defaultdict(list)
        self.recorders: dict[RecorderId, list[RecorderEnrolment]] = defaultdict(list)
        self.agreements: dict[tuple[SchemeId, str], Agreement] = {}
        """By scheme and ground, the one taken in last."""
        self.live: dict[SchemeId, LiveView] = {}
        self.seen: set[str] = set()
        self.openings: dict[str, int] = defaultdict(int)
        self.nonces: dict[str, str] = {}
        self.ended: set[str] = set()
        """Digests of authorisations that were taken back, used before or not."""
        self.releases: set[str] = set()
        self.epochs: dict[str, EpochState] = {}
        self.dead: set[str] = set()
        self.intents: dict[str, Intent] = {}
        self.pending: set[tuple[str, str, int]] = set()
        self.cases: dict[CaseId, CaseState] = {}
        self.horizon: dt.date = dt.date.min
        self.anchor: tuple[Micros, int, str] | None = None
        self.override: dt.date = dt.date.min
        self.time_stated: tuple[Micros, Micros, int, str] | None = None
        self.ledger: tuple[int, bytes] = (0, b"")
        self.floor = Micros(0)

    def apply(self, record: Record) -> None:
        """Take in the next record of the log."""
        if "envelope" in record.body:
            self._judge(record)
            return
        if record.at < self.floor:
            raise VaultRefusedError("clock_behind", "a record before the one before it")
        self.floor = record.at
        handler = getattr(self, "_on_" + record.kind.replace(".", "_"), None)
        if handler is not None:
            handler(record)

    def _judge(self, record: Record) -> None:
        """A statement counts only if officers signed it, and once.

        Here and not only where it was taken in: whoever has the journal key could add a record to
        the closed vault's log, or add an old one again, but not sign for officers.
        """
        envelope = Envelope.decode(canonical.unb64(record.body["envelope"]))
        statement, digest = parse(envelope), envelope.digest().hex()
        again = isinstance(statement, Hold) and statement.case in self.cases
        if digest in self.seen and not again:
            raise VaultRefusedError("replayed", "this statement was taken in before")
        if record.at < self.floor and not isinstance(statement, TimeStatement):
            raise VaultRefusedError("clock_behind", "a record before the one before it")
        counters = self.demand(envelope, statement, record.at)
        self.officers.remember(counters, envelope.digest())
        self.seen.add(digest)
        self.floor = record.at
        self._statement(statement, record)

    def demand(self, envelope: Envelope, statement: Statement, at: Micros) -> tuple[Counter, ...]:
        """Raise VaultRefusedError unless as many officers as must signed the statement.

        Returns the counters of their authenticators, for the statement's record.
        """
        signers = self.signers(statement, at)
        deputised = (
            statement.scheme
            if isinstance(statement, Authorisation | AuthorisationEnd | Hold | HoldEnd)
            else None
        )
        return self.officers.demand(
            envelope,
            number=signers.number,
            posts=signers.posts,
            at=at,
            scheme=deputised,
            only=statement.officer if isinstance(statement, Delegation) else None,
        )

    def signers(self, statement: Statement, at: Micros) -> Signers:
        """Who must sign this. Raises VaultRefusedError."""
        if isinstance(statement, Authorisation | AuthorisationEnd):
            agreement = self.agreements.get((statement.scheme, statement.ground))
            if agreement is not None:
                return Signers(number=1, posts=agreement.posts)
        return signers_of(
            statement, self.charter, lambda scheme: self.rules_in_force(scheme, at), self._held_for
        )

    def _held_for(self, case: CaseId) -> str:
        found = self.cases.get(case)
        return found.ground if found else ""

    def rules_of(self, scheme: SchemeId, at: Micros) -> Rules | None:
        """The version of a scheme's rules in force at that time."""
        found = [r for r in self.rules.get(scheme, ()) if r.effective_from <= at]
        return found[-1] if found else None

    def rules_in_force(self, scheme: SchemeId, at: Micros) -> Rules:
        """The same. Raises VaultRefusedError `no_rules` if there are none."""
        rules = self.rules_of(scheme, at)
        if rules is None:
            raise VaultRefusedError("no_rules", "this scheme has no rules in force")
        return rules

    def class_of(self, camera: CameraId, at: Micros) -> CameraClass | None:
        """The camera's class at that time."""
        found = [c for c in self.cameras.get(camera, ()) if c.effective_from <= at]
        return found[-1] if found else None

    def classes_on(self, camera: CameraId, day: dt.date) -> set[ClassId]:
        """Every class that the camera is in at some time of a local day."""
        start, end = day_start(day), day_start(day + dt.timedelta(days=1))
        found = {c.retention_class for c in self.cameras[camera] if start <= c.effective_from < end}
        first = self.class_of(camera, start)
        return found | ({first.retention_class} if first else set())

    def cameras_on(self, day: dt.date) -> dict[ClassId, list[CameraId]]:
        """The cameras that need a key of each class on a local day, sorted."""
        found: dict[ClassId, list[CameraId]] = {}
        for camera in sorted(self.cameras):
            for name in self.classes_on(camera, day):
                found.setdefault(name, []).append(camera)
        return found

    def recorder_key(self, recorder: RecorderId, at: Micros) -> RecorderEnrolment | None:
        """The recorder's enrolment in force at that time."""
        found = [e for e in self.recorders.get(recorder, ()) if e.effective_from <= at]
        return found[-1] if found else None

    def expires_at(self, name: str) -> Micros:
        """When an epoch must be gone: by the rules in force at its day's end, or its case's."""
        parts = name.split(".")
        if parts[0] == "case":
            case = self.cases.get(CaseId(parts[1]))
            if case is None:
                return Micros(0)
            return day_start(parse_day(case.last_day) + dt.timedelta(days=1))
        day = parse_day(parts[2])
        end = Micros(day_start(day + dt.timedelta(days=1)) - 1)
        retention_class = ClassId(parts[1])
        rules = self.rules_of(self.class_scheme[retention_class], end)
        if rules is None:
            rules = self.rules[self.class_scheme[retention_class]][0]
        return rules.retention[retention_class].expires_at(day)

    def kept_keys(self, at: Micros, of: CaseId | None = None) -> set[str]:
        """Key ids that a hold (of any case, or of this one) keeps beyond their epoch."""
        today = local_day(at).isoformat()
        return {
            key
            for name, case in self.cases.items()
            if of in (None, name)
            for key, by_hold in case.kept.items()
            if today <= min(max(by_hold.values()), case.last_day)
        }

    def _statement(self, statement: Statement, record: Record) -> None:
        if isinstance(statement, Appointment):
            self.officers.appoint(statement)
        elif isinstance(statement, Delegation):
            self.officers.delegate(statement)
        elif isinstance(statement, Revocation):
            self.officers.revoke(statement.officer)
        elif isinstance(statement, Rules):
            self.rules[statement.scheme].append(statement)
            for name in statement.retention:
                self.class_scheme[name] = statement.scheme
        elif isinstance(statement, CameraClass):
            self.cameras[statement.camera].append(statement)
        elif isinstance(statement, Agreement):
            self.agreements[(statement.scheme, statement.ground)] = statement
        elif isinstance(statement, LiveView):
            self.live[statement.scheme] = statement
        elif isinstance(statement, RecorderEnrolment):
            self.recorders[statement.recorder].append(statement)
        elif isinstance(statement, Override):
            self.override = max(self.override, parse_day(statement.through_day))
        elif isinstance(statement, TimeStatement):
            self.time_stated = (
                statement.now,
                record.at,
                record.body["monotonic"],
                record.body["boot"],
            )
            self.anchor = (record.at, record.body["monotonic"], record.body["boot"])
        elif isinstance(statement, AuthorisationEnd):
            self.ended.add(statement.authorisation)
        elif isinstance(statement, Hold):
            self._hold(statement, record)
        elif isinstance(statement, EarlyDestruction):
            self._ordered(statement)
        elif isinstance(statement, HoldEnd):
            self.cases.pop(statement.case, None)
            self._intend(case_epoch(statement.case), frozenset(), "hold_ended")

    def _ordered(self, order: EarlyDestruction) -> None:
        for name, kept in self.without(order.camera, order.day).items():
            self._intend(name, kept, "early")

    def without(self, camera: str, day: str) -> dict[str, frozenset[int]]:
        """The epochs that hold keys of a camera's day, and the leaves that would be left."""
        prefix = f"{camera}/{day}/"
        found = {}
        for name, epoch in self.epochs.items():
            if name.startswith("day.") and name.endswith(f".{day}"):
                kept = frozenset(k for k, v in epoch.leaves.items() if not v.startswith(prefix))
                if len(kept) < len(epoch.leaves):
                    found[name] = kept
        return found

    def _intend(self, name: str, kept: frozenset[int], ground: str) -> None:
        epoch = self.epochs.get(name)
        if epoch is not None:
            self.intents[name] = Intent(
                name=name, generation=epoch.generation, kept=kept, ground=ground
            )

    def _hold(self, hold: Hold, record: Record) -> None:
        case = self.cases.setdefault(
            hold.case,
            CaseState(scheme=hold.scheme, ground=hold.ground, last_day=hold.last_day),
        )
        case.last_day = max(case.last_day, hold.last_day)
        case.days.update(record.body["days"])
        placed = record.facts["statement"]
        for keys in (record.body["complete"], record.body["kept"]):
            for key, last in keys.items():
                case.kept.setdefault(key, {})[placed] = last
        name = case_epoch(hold.case)
        self.dead.discard(name)
        self.epochs.setdefault(
            name, EpochState(generation=record.body["generation"], serial=0, leaves={0: name})
        )

    def _on_bundle_issued(self, record: Record) -> None:
        name, body = record.body["name"], record.body
        epoch = self.epochs.setdefault(name, EpochState(generation=0, serial=0, leaves={}))
        epoch.generation, epoch.serial = body["generation"], body["serial"]
        epoch.leaves.update({leaf: KeyId(key) for key, leaf in body["keys"]})

    def _on_release_made(self, record: Record) -> None:
        digest = record.facts["authorisation"]
        self.openings[digest] += 1
        self.nonces[record.body["nonce"]] = digest
        self.officers.remember(map(tuple, record.body["counters"]), bytes.fromhex(digest))
        self.releases.add(record.facts["release"])
        self.ledger = (record.body["ledger_size"], bytes.fromhex(record.body["ledger_root"]))

    def _on_epoch_destroyed(self, record: Record) -> None:
        name = record.body["name"]
        self.intents.pop(name, None)
        self.epochs.pop(name, None)
        self.dead.add(name)
        self._places(record)

    def _on_epoch_punctured(self, record: Record) -> None:
        name = record.body["name"]
        intent = self.intents.pop(name, None)
        epoch = self.epochs.get(name)
        if intent is not None and epoch is not None:
            epoch.generation = intent.generation + 1
            epoch.leaves = {k: v for k, v in epoch.leaves.items() if k in intent.kept}
        self._places(record)

    def _places(self, record: Record) -> None:
        name, generation = record.body["name"], record.body["generation"]
        for place, method in record.facts["places"].items():
            item = (place, name, generation)
            if method == "pending":
                self.pending.add(item)
            else:
                self.pending.discard(item)

    def _on_vault_initialised(self, record: Record) -> None:
        self.horizon = local_day(record.at)
        self.anchor = (record.at, record.body["monotonic"], record.body["boot"])

    def _on_expiry_run(self, record: Record) -> None:
        """The record of a run is the intent of everything that it destroys."""
        body = record.body
        self.horizon = max(self.horizon, parse_day(body["through"]))
        self.anchor = (record.at, body["monotonic"], body["boot"])
        for name, kept in body["due"].items():
            self._intend(name, frozenset(kept), "expired")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Expiry: the vault destroys the keys, then the files go, and a signed record says so.

Nothing here decides from a clock or from a name what may be removed: a segment goes when its own
header's key is dead in the vault and the vault's journal attests the destruction. So a wrong clock,
a restored database or a forged listing removes nothing, and footage whose file cannot be removed is
unreadable all the same. docs/design/retention.md has the procedures and what a crash leaves.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Literal, Protocol

from machimori.footage import items, records
from machimori.footage.anchors import heads_prefix
from machimori.footage.holds import HoldingVault, Holds, PlacedHold
from machimori.footage.items import Item
from machimori.footage.lists import remove_lists
from machimori.footage.naming import ManifestName, Name, RecordName, SegmentName, parse
from machimori.footage.pace import Pace
from machimori.footage.records import Record, Removed
from machimori.footage.segment import SegmentReader
from machimori.footage.store import Store, StoredObject
from machimori.footage.tombstones import entry_of, free_end
from machimori.kernel import canonical
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope, Signer
from machimori.kernel.errors import MachimoriError, MalformedError, RefusedError
from machimori.kernel.ids import CameraId, CaseId, RecorderId
from machimori.kernel.instants import Micros, parse_day
from machimori.ledger.entry import Entry
from machimori.vault.client.client import Status
from machimori.vault.client.release import Destruction

_PAGE = 1000
"""Records that one call of the vault's journal covers."""
_REVISIT = 30 * 24 * 60 * 60 * 1_000_000
"""Microseconds for which a destroyed day is looked at again: a spool may bring segments late."""


class KeyKeeper(HoldingVault, Protocol):
    """The part of `VaultClient` that retention needs."""

    def expire(self) -> tuple[Destruction, ...]: ...
    def journal(self, since: int) -> list[bytes]: ...
    def status(self) -> Status: ...
    def epochs(self) -> dict[str, Micros]: ...
    def living(self, epoch: str) -> frozenset[str]: ...


@dataclass(frozen=True, kw_only=True)
class Attestation:
    """The vault's word that keys of an epoch are gone."""

    envelope: str
    """Base64 of the record that the journal key signed."""
    cause: Literal["retention", "early"]
    at: Micros


@dataclass(frozen=True, kw_only=True)
class Due:
    """What an expiry at some time would destroy."""

    epoch: str
    expires_at: Micros
    segments: int
    size: int
    """Bytes of the segments of that day, whatever their class."""


@dataclass(kw_only=True)
class Outcome:
    """What one run did."""

    destroyed: list[str] = field(default_factory=list)
    """Epochs that the vault destroyed or punctured in this run."""
    tombstones: int = 0
    segments: int = 0
    size: int = 0
    """Bytes of the segments removed."""
    copied: int = 0
    """Held segments copied to their case before removal."""
    lists: int = 0
    """Lists of anchored heads that went with their day."""
    ended: list[str] = field(default_factory=list)
    """Cases whose keys are destroyed and whose copies were removed."""
    problems: list[str] = field(default_factory=list)
    """What could not be done, and will be tried again by the next run."""


@dataclass(frozen=True, kw_only=True)
class _Segment:
    stored: StoredObject
    name: SegmentName
    item: Item | None
    """None: damaged so that its place in the chain is unknown."""


class Expiry:
    """One installation's expiry. Every step may be cut off and is done again by the next run."""

    def __init__(
        self,
        *,
        keys: KeyKeeper,
        store: Store,
        cases: Store,
        signer: Signer,
        signer_id: RecorderId,
        record: Callable[[Entry], None],
        state: Path,
        disk: Disk,
        pace: Pace,
    ) -> None:
        """`signer` signs tombstones and is enrolled in the vault as recorder `signer_id`;
        `record` puts a ledger entry where it will not be lost; `state` is a file that only saves
        time (losing it makes the next run look at every expired day again)."""
        self._keys = keys
        self._store = store
        self.holds = Holds(store, cases, pace)
        """The holds that expiry respects; place new ones here."""
        self._signer = signer
        self._signer_id = signer_id
        self._record = record
        self._state = state
        self._disk = disk
        self._pace = pace

    def run(self) -> Outcome:
        """Expire what is due.

        1. held segments stored meanwhile: their headers to the vault; 2. the vault destroys keys;
        3. per camera and day whose keys are dead: a tombstone, its ledger entry, then the files,
        those under a hold last; 4. the lists of anchored heads of days of which nothing is left;
        5. cases that ended. Raises VaultRefusedError after step 5 if the vault refused step 2 (its
        clock), VaultUnavailableError, StoreUnavailableError.
        """
        outcome = Outcome()
        # A closed vault places no hold, and still destroys: the rest is not delayed.
        outcome.problems += self.holds.bring_up(self._keys)
        refused: RefusedError | None = None
        try:
            outcome.destroyed += [done.name for done in self._keys.expire()]
        except RefusedError as error:
            refused = error
        fates, position = self._fates()
        placed = self.holds.placed()
        held: list[tuple[_Segment, list[PlacedHold]]] = []
        for epoch in sorted(fates):
            if epoch.startswith("day."):
                held += self._day(epoch, fates[epoch], placed, outcome)
        for segment, holds in held:
            self._remove_held(segment, holds, outcome)
        self._remove_lists({_day_of(e) for e in fates if e.startswith("day.")}, placed, outcome)
        self._end_cases(placed, outcome)
        if not outcome.problems:
            self._save(position)
        if refused is not None:
            raise refused
        return outcome

    def rehearse(self, at: Micros) -> list[Due]:
        """What would be due at `at`, by the rules that the vault has. Changes nothing."""
        found = []
        for epoch, expires_at in sorted(self._keys.epochs().items()):
            if expires_at > at or not epoch.startswith("day."):
                continue
            day = _day_of(epoch)
            sizes = [s.size for s in self._store.list(f"{day}/") if s.name.endswith(".seg")]
            found.append(
                Due(epoch=epoch, expires_at=expires_at, segments=len(sizes), size=sum(sizes))
            )
        return found

    def _fates(self) -> tuple[dict[str, list[Attestation]], int]:
        """Attested destructions by epoch, and from where the next run must read the journal."""
        fates: dict[str, list[Attestation]] = defaultdict(list)
        position = self._load()
        end = self._keys.status().records
        if position > end:
            position = 0
        newest = 0
        pages: list[tuple[int, int]] = []
        for since in range(position, end, _PAGE):
            latest = 0
            for data in self._keys.journal(since):
                entry = Entry.decode(data)
                latest = max(latest, entry.at)
                ground = entry.data.get("ground")
                epoch = entry.subject.get("epoch", "")
                if entry.type in ("epoch.destroyed", "epoch.punctured") and epoch:
                    fates[epoch].append(
                        Attestation(
                            envelope=str(entry.data["attestation"]),
                            cause="early" if ground == "early" else "retention",
                            at=entry.at,
                        )
                    )
            pages.append((since, latest))
            newest = max(newest, latest)
        for since, latest in pages:
            if latest > newest - _REVISIT:
                return fates, since
        return fates, position

    def _day(
        self,
        epoch: str,
        attestations: list[Attestation],
        placed: tuple[PlacedHold, ...],
        outcome: Outcome,
    ) -> list[tuple[_Segment, list[PlacedHold]]]:
        """Remove what of a day is dead; returns what waits for its copies."""
        day = _day_of(epoch)
        living = self._keys.living(epoch)
        # Whose class cannot be read goes when nothing of that day can be read any more.
        whole = not any(_day_of(name) == day for name in self._keys.epochs() if name[:4] == "day.")
        waiting: list[tuple[_Segment, list[PlacedHold]]] = []
        for camera, group in groupby(self._listing(day), key=lambda pair: pair[0].camera):
            objects = list(group)
            dead = list(self._dead(objects, epoch, living, whole))
            try:
                if dead:
                    self._tombstone(day, camera, objects, dead, attestations[-1], outcome)
            except MalformedError as error:
                outcome.problems.append(f"{day}/{camera}: {error.message}")
                continue
            free = []
            for segment in dead:
                holds = [hold for hold in placed if hold.covers(segment.name)]
                if holds:
                    waiting.append((segment, holds))
                else:
                    free.append(segment)
            for segment in free:
                self._remove(segment, outcome)
            self._remove_manifest(day, camera, [name for name, _ in objects], len(dead))
        return waiting

    def _remove_manifest(self, day: str, camera: CameraId, names: list[Name], dead: int) -> None:
        """The manifest goes with the last segment of its day, in this run or the one cut off."""
        manifest = ManifestName(day=day, camera=camera)
        segments = sum(isinstance(name, SegmentName) for name in names)
        gone = dead or any(isinstance(n, RecordName) and n.kind == "expired" for n in names)
        if gone and segments == dead and manifest in names:
            self._pace.spend()
            self._store.delete(str(manifest))

    def _listing(self, day: str) -> Iterator[tuple[Name, StoredObject]]:
        for stored in self._store.list(f"{day}/"):
            try:
                yield parse(stored.name), stored
            except MalformedError:
                # Not ours; `footage check` reports it.
                continue

    def _dead(
        self,
        objects: Iterable[tuple[Name, StoredObject]],
        epoch: str,
        living: frozenset[str],
        whole: bool,
    ) -> Iterator[_Segment]:
        """The segments whose key was in this epoch and is destroyed."""
        for name, stored in objects:
            if not isinstance(name, SegmentName):
                continue
            self._pace.spend(size=8192)
            try:
                reader = SegmentReader(partial(self._store.read, stored.name), stored.size)
            except MalformedError:
                if whole:
                    yield _Segment(stored=stored, name=name, item=None)
                continue
            header = reader.sealed.header
            if f"day.{header.retention_class}.{header.day}" != epoch or header.key in living:
                continue
            if (header.day, header.camera) != (name.day, name.camera):
                # A file put under another name dies with its own key, and says nothing here.
                yield _Segment(stored=stored, name=name, item=None)
                continue
            try:
                yield _Segment(stored=stored, name=name, item=items.item_of_segment(stored, reader))
            except MalformedError:
                yield _Segment(stored=stored, name=name, item=None)

    def _tombstone(
        self,
        day: str,
        camera: CameraId,
        objects: list[tuple[Name, StoredObject]],
        dead: list[_Segment],
        attestation: Attestation,
        outcome: Outcome,
    ) -> None:
        """Make sure that a signed record and its ledger entry stand for all of `dead`."""
        known: list[tuple[Record, Envelope]] = []
        for name, stored in objects:
            if isinstance(name, RecordName) and name.kind == "expired":
                known.append(records.decode(self._store.get(stored.name)))
        for record, envelope in known:
            self._record(entry_of(record, envelope))
        covered = [run for record, _ in known for run in record.removed]
        missing = [s for s in dead if s.item is None or not _covered(s.item, covered)]
        if not missing or (known and all(s.item is None for s in missing)):
            return
        record = Record(
            kind="expired",
            day=day,
            camera=camera,
            recorder=self._signer_id,
            session="",
            sequence=0,
            previous="",
            first=min(s.name.first for s in missing),
            last=free_end(max(s.name.last for s in missing), [name for name, _ in objects]),
            cause=attestation.cause,
            detail=_detail(missing),
            removed=items.runs(s.item for s in missing if s.item is not None),
            attestation=attestation.envelope,
        )
        envelope = record.sign(self._signer_id, self._signer)
        self._store.put(str(record.name), envelope.encode())
        self._record(entry_of(record, envelope))
        outcome.tombstones += 1

    def _remove(self, segment: _Segment, outcome: Outcome) -> None:
        self._pace.spend()
        self._store.delete(segment.stored.name)
        outcome.segments += 1
        outcome.size += segment.stored.size

    def _remove_held(self, segment: _Segment, holds: list[PlacedHold], outcome: Outcome) -> None:
        try:
            for hold in holds:
                outcome.copied += self.holds.copy(hold.statement.case, segment.stored.name)
        except MachimoriError as error:
            outcome.problems.append(f"{segment.stored.name}: {error.message}")
            return
        self._remove(segment, outcome)

    def _remove_lists(
        self, days: set[str], placed: tuple[PlacedHold, ...], outcome: Outcome
    ) -> None:
        living = {_day_of(epoch) for epoch in self._keys.epochs() if epoch.startswith("day.")}
        for day in sorted(days - living):
            try:
                outcome.lists += remove_lists(
                    self._store, day, holds=self.holds, placed=placed, pace=self._pace
                )
            except MachimoriError as error:
                outcome.problems.append(f"{heads_prefix(day)}*: {error.message}")

    def _end_cases(self, placed: tuple[PlacedHold, ...], outcome: Outcome) -> None:
        living = self._keys.epochs()
        by_case: dict[CaseId, list[PlacedHold]] = defaultdict(list)
        for hold in placed:
            by_case[hold.statement.case].append(hold)
        for case, holds in sorted(by_case.items()):
            # Without anything brought the vault may not have heard of it yet.
            if f"case.{case}" not in living and all(hold.parts for hold in holds):
                self.holds.end(case)
                outcome.ended.append(case)

    def _load(self) -> int:
        try:
            source = canonical.load_object(self._state.read_bytes())
            position: int = canonical.field(source, "journal", int)
        except (FileNotFoundError, MalformedError):
            return 0
        return position

    def _save(self, position: int) -> None:
        self._disk.replace(self._state, canonical.dumps({"journal": position}))


def _day_of(epoch: str) -> str:
    return parse_day(epoch.rpartition(".")[2]).isoformat()


def _covered(item: Item, runs: Iterable[Removed]) -> bool:
    return any(
        run.session == item.session and run.first <= item.sequence <= run.last for run in runs
    )


def _detail(segments: list[_Segment]) -> str:
    damaged = sum(segment.item is None for segment in segments)
    return f"{damaged} damaged or misplaced files" if damaged else ""

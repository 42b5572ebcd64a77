# SPDX-License-Identifier: AGPL-3.0-or-later
"""Check a store: is everything here that was recorded, unchanged and in its place?

The listing says what is there; the chain (sequence and `previous`), the signed records and the
signed manifests of closed days say what must be. Without keys the check sees every accidental
damage (CRC32) and everything that touches headers, chunk headers, tags, order or signatures; bytes
of footage that an attacker changed together with their CRC32 show only with keys.

A store is walked one camera's day at a time, so memory does not grow with it; what the recorder
wrote later about earlier days (`overwritten`, `expired`) is read first.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby

from machimori.footage import manifest as manifests
from machimori.footage import records
from machimori.footage.anchored import Comparison
from machimori.footage.anchors import Anchor, Anchors, HeadsName, is_heads, parse_heads_name
from machimori.footage.chain import Chains
from machimori.footage.errors import NoSuchObjectError
from machimori.footage.inspection import Keys, Trusted, inspect_segment
from machimori.footage.items import Item, item_of_record
from machimori.footage.manifest import Manifest
from machimori.footage.naming import ManifestName, Name, RecordName, SegmentName, parse
from machimori.footage.store import Store, StoredObject
from machimori.footage.verdicts import Finding, exit_code
from machimori.kernel.envelope import Envelope, Verifier
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros, day_start, parse_day

GRACE = Micros(2 * 86_400_000_000)
"""How long after a day's end its manifest may still be on its way."""
_DAY = 86_400_000_000


@dataclass(kw_only=True)
class Report:
    """What a check saw."""

    segments: int = 0
    records: int = 0
    manifests: int = 0
    size: int = 0
    anchors: int | None = None
    """Anchors of the ledger that were compared; None if no ledger was asked."""
    anchored_until: Micros | None = None
    """The last of them: what was recorded later is not protected by the ledger yet."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 if sound; see `footage.verdicts`."""
        return exit_code(tuple(self.findings))


def check(
    store: Store,
    *,
    trusted: Trusted,
    city: Verifier | None = None,
    pending: Iterable[str] | None = None,
    keys: Mapping[str, Keys] | None = None,
    anchors: Anchors | None = None,
    now: Micros,
    prefix: str = "",
    content: bool = True,
) -> Report:
    """Check all objects whose name begins with `prefix` (a day, a day and camera, or all).

    `city` is the vault's key, which may sign `expired` records beside the recorders; `pending` are
    the names that wait in the recorders' spools, None if those cannot be asked; `keys` by segment
    id opens what was released; `anchors` are the ledger's, to compare with; `content` False reads
    only headers, chunk headers and trailers.
    """
    waiting = None if pending is None else frozenset(pending)
    checked = _Check(store, trusted, city, waiting, keys or {}, now, prefix, content)
    if anchors is not None:
        checked.compare_with(anchors)
    return checked.run()


class _Check:
    def __init__(
        self,
        store: Store,
        trusted: Trusted,
        city: Verifier | None,
        pending: frozenset[str] | None,
        keys: Mapping[str, Keys],
        now: Micros,
        prefix: str,
        content: bool,
    ) -> None:
        self._store = store
        self._trusted = trusted
        self._city = city
        self._pending = pending
        self._keys = keys
        self._now = now
        self._prefix = prefix
        self._content = content
        self._report = Report()
        self._chains = Chains(partial=bool(prefix), waiting=self._waiting)
        self._expired: set[tuple[str, CameraId]] = set()
        self._comparison: Comparison | None = None
        self._days: set[str] = set()
        """Days of which the store holds footage."""

    def compare_with(self, anchors: Anchors) -> None:
        """Compare with the ledger, too."""
        self._comparison = Comparison(
            self._store,
            anchors,
            self._chains,
            trusted=lambda recorder: tuple(self._trusted.get(recorder, ())),
            partial=bool(self._prefix),
            late=self._list_may_come,
        )

    def run(self) -> Report:
        self._read_later_records()
        entered = set()
        for day, listed in groupby(self._listing(), key=lambda item: item[0][0]):
            entered.add(day)
            self._enter(day)
            for place, group in groupby(listed, key=lambda item: item[0]):
                objects = [(name, stored) for _, name, stored in group if name is not None]
                if objects:
                    self._day(place, objects)
            if self._comparison:
                self._report.findings.extend(self._comparison.leave())
        if self._comparison:
            if self._prefix and self._prefix[:10] not in entered:
                self._enter(self._prefix[:10])
                self._report.findings.extend(self._comparison.leave())
            self._report.findings.extend(self._comparison.unlisted(self._wanted, self._over))
            self._report.anchors = self._comparison.compared
            self._report.anchored_until = self._comparison.until
        return self._report

    def _enter(self, day: str) -> None:
        if self._comparison:
            camera = self._prefix[11:].rstrip("/")
            self._report.findings.extend(self._comparison.enter(day, camera))

    def _wanted(self, day: str) -> bool:
        """Whether anchors of this day are asked for."""
        return day.startswith(self._prefix[:10])

    def _over(self, day: str) -> bool:
        """Whether all footage of this day has expired: its lists go with it."""
        if day in self._days:
            return False
        if len(self._prefix) <= len(day) + 1:
            return any(day == expired for expired, _ in self._expired)
        # One camera was walked; the lists stay as long as any other has footage.
        names = [stored.name for stored in self._store.list(f"{day}/")]
        return not any(name.endswith(".seg") for name in names) and any(
            self._is_tombstone(name) for name in names if name.endswith(".expired.rec")
        )

    def _is_tombstone(self, name: str) -> bool:
        try:
            record, envelope = records.decode(self._store.get(name))
        except MalformedError:
            return False
        return record.kind == "expired" and not self._record_signature(record, envelope)

    def _list_may_come(self, anchor: Anchor, day: str) -> str:
        """Why the list under an anchor may yet arrive: a key of MEANINGS, or nothing."""
        if self._pending is not None:
            name = str(
                HeadsName(day=day, recorder=anchor.recorder, at=anchor.at, entry=anchor.entry)
            )
            return "in_spool" if name in self._pending else ""
        return "heads_waiting" if self._now < anchor.at + GRACE else ""

    def _listing(self) -> Iterator[tuple[tuple[str, CameraId], Name | None, StoredObject]]:
        """All objects; without a name the lists of anchored heads, which the day reads."""
        for stored in self._store.list(self._prefix):
            if is_heads(stored.name):
                with suppress(MalformedError):
                    heads = parse_heads_name(stored.name)
                    self._report.size += stored.size
                    yield (heads.day, CameraId("")), None, stored
                    continue
            try:
                name = parse(stored.name)
            except MalformedError:
                self._find(Finding(verdict="foreign", name=stored.name, meaning="name"))
                continue
            yield (name.day, name.camera), name, stored

    def _read_later_records(self) -> None:
        for stored in self._store.list(self._prefix):
            if stored.name.endswith((".overwritten.rec", ".expired.rec")):
                try:
                    record, envelope = records.decode(self._store.get(stored.name))
                except MalformedError:
                    continue
                if self._record_signature(record, envelope) == "":
                    self._chains.explain(record, record.head(envelope).hex())
                    if record.kind == "expired":
                        self._expired.add((record.day, record.camera))

    def _day(self, place: tuple[str, CameraId], objects: list[tuple[Name, StoredObject]]) -> None:
        found: dict[str, Item] = {}
        unplaced: list[tuple[Micros, Micros]] = []
        manifest: Manifest | None = None
        for name, stored in objects:
            self._report.size += stored.size
            if isinstance(name, SegmentName):
                self._report.segments += 1
                self._days.add(name.day)
                item = self._segment(name, stored)
            elif isinstance(name, RecordName):
                self._report.records += 1
                item = self._record(name, stored)
            else:
                self._report.manifests += 1
                manifest = self._manifest(name, stored)
                continue
            if item is None:
                unplaced.append((name.first, name.last))
            else:
                found[stored.name] = item
        names = {stored.name for _, stored in objects}
        if manifest is not None:
            self._compare(manifest, found, names)
        elif place not in self._expired and self._overdue(place[0]):
            self._find(
                Finding(verdict="missing", name=f"{place[0]}/{place[1]}", meaning="manifest")
            )
        chained = (item for item in found.values() if item.kind != "expired")
        self._report.findings.extend(self._chains.add_day(chained, unplaced))
        if self._comparison:
            self._comparison.add(item for item in found.values() if item.session)

    def _segment(self, name: SegmentName, stored: StoredObject) -> Item | None:
        inspected = inspect_segment(
            self._store,
            name,
            stored,
            trusted=self._trusted,
            keys=self._keys,
            content=self._content,
        )
        self._report.findings.extend(inspected.findings)
        return inspected.item

    def _record(self, name: RecordName, stored: StoredObject) -> Item | None:
        where = stored.name
        try:
            record, envelope = records.decode(self._store.get(where))
        except MalformedError:
            self._find(Finding(verdict="damaged", name=where, meaning="record"))
            return None
        meaning = self._record_signature(record, envelope)
        if meaning:
            self._find(Finding(verdict="foreign", name=where, meaning=meaning))
            return None
        if record.name != name:
            self._find(self._misplaced_record(record, envelope, where))
            return None
        if record.kind in ("expired", "overwritten"):
            removed = sum(run.last - run.first + 1 for run in record.removed)
            self._find(
                Finding(
                    verdict="expired" if record.kind == "expired" else "overwritten",
                    name=where,
                    meaning="retention" if record.kind == "expired" else "disk_full",
                    first=record.first,
                    last=record.last,
                    count=max(removed, 1),
                )
            )
        return item_of_record(stored, record, envelope)

    def _misplaced_record(self, record: records.Record, envelope: Envelope, name: str) -> Finding:
        try:
            _, original = records.decode(self._store.get(str(record.name)))
        except (MalformedError, NoSuchObjectError):
            return Finding(verdict="reordered", name=name, meaning="other_time")
        copied = original.digest() == envelope.digest()
        return Finding(
            verdict="duplicated" if copied else "foreign",
            name=name,
            meaning="twice" if copied else "other_camera",
        )

    def _record_signature(self, record: records.Record, envelope: Envelope) -> str:
        """What is wrong with the signature: a key of MEANINGS, or nothing."""
        keys = self._trusted.get(record.recorder, ())
        if record.kind == "expired" and self._city is not None:
            keys = (*keys, self._city)
        if not keys:
            return "signer"
        return "" if any(envelope.signed_with(key) for key in keys) else "signature"

    def _manifest(self, name: ManifestName, stored: StoredObject) -> Manifest | None:
        where = stored.name
        try:
            manifest, envelope = manifests.decode(self._store.get(where))
        except MalformedError:
            self._find(Finding(verdict="damaged", name=where, meaning="manifest"))
            return None
        keys = self._trusted.get(manifest.recorder, ())
        if not any(envelope.signed_with(key) for key in keys):
            meaning = "signature" if keys else "signer"
            self._find(Finding(verdict="foreign", name=where, meaning=meaning))
            return None
        if manifest.name != name:
            self._find(Finding(verdict="foreign", name=where, meaning="other_camera"))
            return None
        return manifest

    def _compare(self, manifest: Manifest, found: Mapping[str, Item], names: set[str]) -> None:
        expired = (manifest.day, manifest.camera) in self._expired
        listed = set()
        for entry in manifest.items:
            listed.add(entry.name)
            self._chains.promised(manifest.camera, entry.session, entry.sequence, entry.head)
            item = found.get(entry.name)
            if item is not None and item.head not in ("", entry.head):
                self._find(Finding(verdict="foreign", name=entry.name, meaning="replaced"))
            if entry.name in names or expired:
                continue
            if self._chains.explained(manifest.camera, entry.session, entry.sequence):
                continue
            name = parse(entry.name)
            assert not isinstance(name, ManifestName)
            waits = self._pending is not None and entry.name in self._pending
            self._find(
                Finding(
                    verdict="not_yet_uploaded" if waits else "missing",
                    name=entry.name,
                    meaning="in_spool" if waits else "listed",
                    first=name.first,
                    last=name.last,
                )
            )
        for item in found.values():
            # Records about the day and what a crash left may come after its closing.
            late = item.kind in ("expired", "overwritten") or item.recovered
            if item.name not in listed and not late:
                self._find(Finding(verdict="foreign", name=item.name, meaning="unlisted"))

    def _waiting(self, camera: CameraId, first: Micros, last: Micros) -> str:
        """Why a hole of the chain may yet be filled: a key of MEANINGS, or nothing."""
        for text in self._pending or ():
            if is_heads(text):
                continue
            name = parse(text)
            if (
                not isinstance(name, ManifestName)
                and name.camera == camera
                and name.first <= last
                and name.last >= first
            ):
                return "in_spool"
        if self._pending is not None:
            return ""
        return "open_day" if self._now < last + _DAY + GRACE else ""

    def _overdue(self, day: str) -> bool:
        return day_start(parse_day(day)) + _DAY + GRACE < self._now

    def _find(self, finding: Finding) -> None:
        self._report.findings.append(finding)

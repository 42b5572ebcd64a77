# SPDX-License-Identifier: AGPL-3.0-or-later
"""Expiry against a stand-in for the vault: order, crashes, holds, late and damaged files."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from machimori.footage import records
from machimori.footage.anchors import Head, Heads, anchors_of, is_heads
from machimori.footage.check import check
from machimori.footage.closing import close_day
from machimori.footage.items import identify
from machimori.footage.pace import Pace
from machimori.footage.retention import Expiry
from machimori.footage.store import DirectoryStore
from machimori.footage.testing import SampleRecorder
from machimori.kernel import canonical
from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk, Moment
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import RefusedError, UnavailableError
from machimori.kernel.ids import CaseId, RecorderId, new_id
from machimori.kernel.instants import Micros, day_start, parse_day
from machimori.kernel.signing import SigningKey
from machimori.ledger.entry import Entry, EntryType
from machimori.ledger.testing import MemoryLedger
from machimori.vault.client.client import Status
from machimori.vault.client.release import CaseKeys, Destruction
from machimori.vault.client.testing import hold as hold_statement
from machimori.vault.sealing.layout import SealedHeader

DAY = "2026-11-21"
EPOCH = f"day.standard.{DAY}"
CAMERAS = ("cam-0001", "cam-0002")
SIGNER = SigningKey(b"machimori retention signing key1")
JOURNAL = SigningKey(b"machimori test vault journal key")


class VaultDouble:
    """What retention sees of a vault; `order` tells in which order it was asked."""

    def __init__(self) -> None:
        self.leaves: dict[str, set[str]] = {EPOCH: {f"{camera}/{DAY}/0" for camera in CAMERAS}}
        self.due: dict[str, set[str]] = {}
        self.log: list[bytes] = []
        self.sealed: dict[str, set[bytes]] = {}
        self.refusal: RefusedError | None = None
        self.closed = False
        self.now = Micros(0)
        self.order: list[str] = []
        self.named: list[tuple[int, int]] = []
        """Key ids of each hold: out of reach, complete."""

    def expire(self) -> tuple[Destruction, ...]:
        self.order.append("expire")
        if self.refusal:
            raise self.refusal
        done = []
        for epoch, keys in list(self.due.items()):
            done.append(self.destroy(epoch, keys))
            del self.due[epoch]
        return tuple(done)

    def destroy(self, epoch: str, keys: Iterable[str] = (), ground: str = "expired") -> Destruction:
        left = self.leaves.pop(epoch, set()) - set(keys) if keys else set()
        self.leaves.pop(epoch, None)
        kind: EntryType = "epoch.destroyed"
        if left:
            kind = "epoch.punctured"
            self.leaves[epoch] = left
        at = 1_797_000_000_000_000 + len(self.log)
        envelope = Envelope.of(
            "application/vnd.machimori.vault-record+json", {"at": at, "epoch": epoch}
        ).signed_by("journal", JOURNAL)
        self.log.append(
            Entry(
                type=kind,
                at=Micros(at),
                subject={"epoch": epoch},
                data={"attestation": canonical.b64(envelope.encode()), "ground": ground},
            ).encode()
        )
        return Destruction(
            name=epoch, at=at, kept=tuple(sorted(left)), places={}, attestation=envelope
        )

    def journal(self, since: int) -> list[bytes]:
        return self.log[since : since + 1000]

    def status(self) -> Status:
        return Status(
            open=not self.closed,
            rehearsal=False,
            vault_key=bytes(32),
            bundled_days=1,
            clock_trusted=True,
            horizon=DAY,
            pending=(),
            places={},
            ledger_size=0,
            records=len(self.log),
            epochs=len(self.leaves),
            now=self.now,
        )

    def epochs(self) -> dict[str, Micros]:
        return {
            name: day_start(parse_day(name[-10:])) for name in self.leaves if "day." in name
        } | {name: Micros(0) for name in self.leaves if "case." in name}

    def living(self, epoch: str) -> frozenset[str]:
        return frozenset(self.leaves.get(epoch, ()))

    def hold(
        self,
        envelope: Envelope,
        headers: Iterable[bytes],
        *,
        unreachable: Iterable[str] = (),
        until: str = "",
        complete: Iterable[str] = (),
    ) -> CaseKeys:
        if self.closed:
            raise UnavailableError("the vault is closed")
        if self.refusal:
            raise self.refusal
        self.order.append("hold")
        self.named.append((len(list(unreachable)), len(list(complete))))
        case = envelope.statement()["case"]
        self.leaves.setdefault(f"case.{case}", {f"case.{case}"})
        found = self.sealed.setdefault(case, set())
        for header in headers:
            sealed, _ = SealedHeader.decode_from(header)
            assert sealed.header.key in self.leaves[EPOCH], "held too late"
            found.add(sealed.segment_id())
        return CaseKeys(
            case=CaseId(case), public=b"", sealed=dict.fromkeys(found, b""), segments=len(found)
        )


@dataclass
class Site:
    """A store with two cameras' day in it, a vault, and what expires them."""

    directory: Path
    disk: Disk = field(default_factory=Disk)
    vault: VaultDouble = field(default_factory=VaultDouble)
    entries: dict[str, Entry] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=lambda: ManualClock(Micros(0)))
    names: dict[str, list[str]] = field(default_factory=dict)
    ends: dict[str, Micros] = field(default_factory=dict)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    def __post_init__(self) -> None:
        self.reopen(self.disk)

    def reopen(self, disk: Disk) -> None:
        self.disk = disk
        self.store = DirectoryStore(self.directory / "store", disk)
        self.cases = DirectoryStore(self.directory / "cases", disk)

    def record(self, count: int = 3, *, manifest: bool = True) -> None:
        for camera in CAMERAS:
            recorder = SampleRecorder(camera=camera)
            names = []
            for index in range(count):
                name, data = recorder.segment()
                self.store.put(name, data)
                names.append(name)
                if index == 0:
                    self.store.put(*recorder.record())
            self.names[camera] = names
            self.ends[camera] = recorder.now
            if manifest:
                close_day(
                    self.store,
                    camera=recorder.camera,
                    day=DAY,
                    recorder=recorder.recorder,
                    signer=recorder.signer,
                    now=recorder.now,
                )

    def anchor(self, seconds: float, camera: str = CAMERAS[0]) -> str:
        """A list of heads as of so long after the start, and its entry; returns its name."""
        sample = SampleRecorder()
        stored = self.store.list(f"{DAY}/{camera}/")
        item = identify(self.store, next(s for s in stored if s.name.endswith(".seg")))
        row = Head(
            camera=item.camera, session=item.session, sequence=item.sequence + 1, head=item.head
        )
        listed = Heads(
            recorder=sample.recorder,
            entry=new_id(),
            at=Micros(sample.now + round(seconds * 1_000_000)),
            heads=(row,),
        )
        self.store.put(str(listed.name()), listed.sign("rec-1", sample.signer).encode())
        self.ledger.append(listed.ledger_entry())
        return str(listed.name())

    def lists(self) -> list[str]:
        return [name for name in self.stored() if is_heads(name)]

    def expiry(self) -> Expiry:
        return Expiry(
            keys=self.vault,
            store=self.store,
            cases=self.cases,
            signer=SIGNER,
            signer_id=RecorderId("retention"),
            record=self.remember,
            state=self.directory / "expired.json",
            disk=self.disk,
            pace=Pace(self.clock, operations=100, size=1e9),
        )

    def remember(self, entry: Entry) -> None:
        assert self.entries.setdefault(entry.id, entry) == entry

    def stored(self, suffix: str = "") -> list[str]:
        return [s.name for s in self.store.list() if s.name.endswith(suffix)]

    def held(self) -> list[str]:
        return [s.name.partition("/")[2] for s in self.cases.list("cases/")]

    def check_is_clean(self) -> None:
        sample = SampleRecorder()
        trusted = {
            RecorderId("rec-1"): (sample.signer.public,),
            RecorderId("retention"): (SIGNER.public,),
        }
        self.ledger.append(Entry(type="refusal", at=Micros(1)), *self.entries.values())
        report = check(
            self.store,
            trusted=trusted,
            city=None,
            anchors=anchors_of(self.ledger),
            now=Micros(1_800_000_000_000_000),
        )
        assert [f for f in report.findings if f.verdict not in ("expired", "sound")] == []

    def place_hold(self, *cameras: str, case: str = "case-1") -> None:
        start = SampleRecorder().now
        envelope = hold_statement(
            scheme="streets",
            cameras=cameras,
            start=Micros(start + 7_500_000),
            end=Micros(start + 8_500_000),
            last_day="2027-01-31",
            case=case,
        ).envelope()
        self.expiry().holds.place(self.vault, envelope)


def test_nothing_goes_while_its_key_lives(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    before = site.stored()
    outcome = site.expiry().run()
    assert (outcome.segments, outcome.tombstones, site.stored()) == (0, 0, before)


def test_I7_keys_go_first_then_files_with_a_signed_record(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    site.vault.due = {EPOCH: set()}
    outcome = site.expiry().run()
    assert site.vault.order == ["expire"]
    assert (outcome.segments, outcome.tombstones) == (6, 2)
    assert site.stored(".seg") == site.stored("manifest.json") == []
    assert len(site.stored(".gap.rec")) == 2
    for name in site.stored(".expired.rec"):
        record, envelope = records.decode(site.store.get(name))
        assert envelope.signed_with(SIGNER.public)
        attestation = Envelope.decode(canonical.unb64(record.attestation))
        assert attestation.signed_with(JOURNAL.public)
        assert (record.day, record.cause) == (DAY, "retention")
        # Segments 0, 2 and 3 of the chain; the gap, 1, stays.
        assert [(run.first, run.last) for run in record.removed] == [(0, 0), (2, 3)]
    assert sorted(entry.subject["camera"] for entry in site.entries.values()) == list(CAMERAS)
    assert all(entry.type == "footage.expired" for entry in site.entries.values())
    site.check_is_clean()


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    site.vault.due = {EPOCH: set()}
    site.expiry().run()
    before, entries = site.stored(), dict(site.entries)
    outcome = site.expiry().run()
    assert (outcome.segments, outcome.tombstones) == (0, 0)
    assert (site.stored(), site.entries) == (before, entries)


class PowerCut(BaseException):
    """The machine stops here."""


def cut_at(number: int) -> Callable[[str, Path, Moment], None]:
    steps = iter(range(number + 1))

    def on_step(step: str, path: Path, moment: Moment) -> None:
        del step, path, moment
        if next(steps, None) is None:
            raise PowerCut

    return on_step


def test_a_crash_at_any_step_is_completed_by_the_next_run(tmp_path: Path) -> None:
    for number in range(1000):
        site = Site(tmp_path / str(number))
        site.record(2)
        owed, _ = site.anchor(8), site.anchor(7 + 3 * 3600)
        site.place_hold(CAMERAS[0])
        site.vault.due = {EPOCH: set()}
        site.reopen(Disk(on_step=cut_at(number)))
        crashed = False
        try:
            site.expiry().run()
        except PowerCut:
            crashed = True
        site.reopen(Disk())
        # At no moment is a file gone that no record explains, or a held one without its copy.
        if site.stored("manifest.json"):
            site.check_is_clean()
        for name in set(site.names[CAMERAS[0]][1:]) - set(site.stored(".seg")):
            assert f"case-1/{name}" in site.held()
        if len(site.lists()) < 2:
            assert site.stored(".seg") == []
            assert f"case-1/{owed}" in site.held()
            site.check_is_clean()
        site.expiry().run()
        assert site.stored(".seg") == site.stored("manifest.json") == site.lists() == []
        assert len(site.stored(".expired.rec")) == 2
        assert len(site.entries) == 2
        assert site.held() == [f"case-1/{owed}", f"case-1/{site.names[CAMERAS[0]][1]}"]
        site.check_is_clean()
        if not crashed:
            assert number > 20
            return
    raise AssertionError("expiry never ends")


def test_the_lists_of_anchored_heads_go_with_the_last_footage_of_their_day(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path)
    site.record()
    names = [site.anchor(20), site.anchor(40)]
    late = site.anchor(60)
    in_spool = site.store.get(late)
    site.store.delete(late)
    kept = site.anchor(24 * 3600)
    site.vault.destroy(EPOCH, {f"{CAMERAS[0]}/{DAY}/0"}, ground="early")
    assert site.expiry().run().lists == 0
    assert site.lists() == [*names, kept]
    site.vault.due = {EPOCH: set()}
    assert site.expiry().run().lists == 2
    assert site.lists() == [kept]
    site.check_is_clean()
    # A spool brings one later; a file that is none of ours stays where it is.
    site.store.put(late, in_spool)
    foreign = late.replace(".json", "-x.json")
    site.store.put(foreign, b"{}")
    assert site.expiry().run().lists == 1
    assert site.lists() == [foreign, kept]


def test_lists_stay_while_a_key_of_their_day_lives_or_nothing_says_why(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    other = f"day.long.{DAY}"
    site.vault.leaves[other] = {f"cam-0003/{DAY}/0"}
    name = site.anchor(20)
    site.vault.due = {EPOCH: set()}
    assert site.expiry().run().lists == 0
    assert site.stored(".seg") == []
    # The other class held no footage of that day; its key is the last one all the same.
    site.vault.due = {other: set()}
    for tombstone in site.stored(".expired.rec"):
        site.store.delete(tombstone)
    assert site.expiry().run().lists == 0
    assert site.lists() == [name]


def test_lists_wait_for_the_copy_that_a_case_is_owed(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    site.place_hold(CAMERAS[0])
    name = site.anchor(9)
    site.vault.due = {EPOCH: set()}
    expiry = site.expiry()
    copy = expiry.holds.copy

    def failing(case: CaseId, name: str) -> bool:
        if is_heads(name):
            raise UnavailableError("the case's store does not answer")
        return copy(case, name)

    expiry.holds.copy = failing  # type: ignore[method-assign]
    outcome = expiry.run()
    assert outcome.problems == [f"{DAY}/anchors.*: the case's store does not answer"]
    assert site.lists() == [name]
    assert site.expiry().run().lists == 1
    assert f"case-1/{name}" in site.held()
    site.vault.leaves.pop("case.case-1")
    assert site.expiry().run().ended == ["case-1"]
    assert site.held() == []


def test_a_wrong_clock_removes_nothing_and_is_told(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    site.vault.due = {EPOCH: set()}
    site.vault.refusal = RefusedError("the last expiry was through 2026-11-21")
    before = site.stored()
    with pytest.raises(RefusedError, match="through 2026-11-21"):
        site.expiry().run()
    assert site.stored() == before


def test_files_of_keys_that_are_gone_go_though_the_vault_refuses_more(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    site.vault.destroy(EPOCH)
    site.vault.refusal = RefusedError("the clock is not synchronised")
    with pytest.raises(RefusedError):
        site.expiry().run()
    assert site.stored(".seg") == []


def test_a_punctured_day_keeps_the_living_cameras_footage(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    site.vault.destroy(EPOCH, {f"{CAMERAS[0]}/{DAY}/0"}, ground="early")
    site.expiry().run()
    assert site.stored(".seg") == site.names[CAMERAS[1]]
    (name,) = site.stored(".expired.rec")
    assert records.decode(site.store.get(name))[0].cause == "early"


def test_a_hold_seals_at_once_and_copies_before_removal(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    site.place_hold(CAMERAS[0])
    assert len(site.vault.sealed["case-1"]) == 1
    assert site.held() == []
    held = site.names[CAMERAS[0]][1]
    original = site.store.get(held)
    site.vault.due = {EPOCH: set()}
    outcome = site.expiry().run()
    assert (outcome.copied, outcome.segments) == (1, 6)
    assert site.held() == [f"case-1/{held}"]
    assert site.cases.get(f"cases/case-1/{held}") == original
    assert site.stored(".seg") == []


def test_a_copy_that_fails_delays_nothing_else(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    site.place_hold(CAMERAS[0])
    held = site.names[CAMERAS[0]][1]
    site.vault.due = {EPOCH: set()}
    expiry = site.expiry()

    def unavailable(case: CaseId, name: str) -> bool:
        raise UnavailableError("the case's store does not answer")

    expiry.holds.copy = unavailable  # type: ignore[method-assign]
    outcome = expiry.run()
    assert site.stored(".seg") == [held]
    assert outcome.problems == [f"{held}: the case's store does not answer"]
    assert site.expiry().run().copied == 1
    assert site.stored(".seg") == []


def test_segments_that_come_after_the_hold_are_brought_before_expiry(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.place_hold(CAMERAS[0])
    assert site.vault.sealed["case-1"] == set()
    site.record()
    site.vault.due = {EPOCH: set()}
    site.expiry().run()
    assert site.vault.order == ["hold", "hold", "expire"]
    assert len(site.vault.sealed["case-1"]) == 1


def test_a_city_of_camera_days_is_named_in_messages_that_fit(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.vault.leaves[EPOCH] = {f"{CAMERAS[0]}/{DAY}/{n}" for n in range(12_000)}
    (tmp_path / "store").rename(tmp_path / "away")
    with pytest.raises(UnavailableError, match="directory is gone"):
        site.place_hold(CAMERAS[0])
    assert site.vault.named == [(5_000, 0), (5_000, 0), (2_000, 0)]
    (tmp_path / "away").rename(tmp_path / "store")
    site.vault.named, site.vault.now = [], Micros(1_900_000_000_000_000)
    site.place_hold(CAMERAS[0])
    assert site.vault.named == [(0, 5_000), (0, 5_000), (0, 2_000)]


def test_a_closed_vault_destroys_though_it_cannot_hold(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.place_hold(CAMERAS[0])
    site.record()
    site.vault.closed = True
    site.vault.due = {EPOCH: set()}
    outcome = site.expiry().run()
    assert outcome.problems == ["hold of case case-1: the vault is closed"]
    assert site.stored(".seg") == []


def test_a_hold_that_the_vault_refuses_is_forgotten(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    site.vault.refusal = RefusedError("one signature of two")
    with pytest.raises(RefusedError):
        site.place_hold(CAMERAS[0])
    assert list(site.cases.list()) == []


def test_a_hold_whose_placing_was_cut_off_is_brought_to_the_vault(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.vault.closed = True
    with pytest.raises(UnavailableError):
        site.place_hold(CAMERAS[0])
    site.vault.closed = False
    assert site.expiry().run().problems == []
    assert site.vault.order == ["hold", "expire"]
    assert site.expiry().run().ended == []


def test_a_hold_cut_off_and_then_refused_is_forgotten(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    site.vault.closed = True
    with pytest.raises(UnavailableError):
        site.place_hold(CAMERAS[0])
    site.vault.closed = False
    site.vault.refusal = RefusedError("one signature of two")
    with pytest.raises(RefusedError):
        site.expiry().run()
    assert list(site.cases.list()) == []


def test_a_cases_copies_end_with_its_keys(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    for case in ("case-1", "case-2"):
        site.place_hold(CAMERAS[0], case=case)
    site.vault.due = {EPOCH: set()}
    site.expiry().run()
    assert len(site.held()) == 2
    site.vault.due = {"case.case-1": set()}
    assert site.expiry().run().ended == ["case-1"]
    assert [name.partition("/")[0] for name in site.held()] == ["case-2"]
    assert len(list(site.cases.list("holds/case-1"))) == 0


def test_copies_may_be_made_long_before(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    site.place_hold(*CAMERAS)
    assert site.expiry().holds.copy_all() == 2
    assert site.expiry().holds.copy_all() == 0
    assert len(site.stored(".seg")) == 6


def test_late_uploads_of_an_expired_day_get_a_tombstone_of_their_own(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record(manifest=False)
    late = {name: site.store.get(name) for name in site.names[CAMERAS[0]][2:]}
    for name in late:
        site.store.delete(name)
    site.vault.due = {EPOCH: set()}
    site.expiry().run()
    for name, data in late.items():
        site.store.put(name, data)
    assert site.expiry().run().segments == 1
    assert site.stored(".seg") == []
    assert len(site.stored(".expired.rec")) == 3
    assert len(site.entries) == 3


def test_damaged_segments_go_when_their_whole_day_is_dead(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record(manifest=False)
    name = site.names[CAMERAS[0]][0]
    damaged = bytearray(site.store.get(name))
    damaged[40] ^= 1
    site.store.delete(name)
    site.store.put(name, bytes(damaged))
    site.vault.leaves["day.other." + DAY] = {"cam-0009/x"}
    site.vault.due = {EPOCH: set()}
    site.expiry().run()
    assert site.stored(".seg") == [name]
    site.vault.due = {"day.other." + DAY: set()}
    site.expiry().run()
    assert site.stored(".seg") == []


def test_a_segment_under_another_name_goes_with_its_own_key(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record(manifest=False)
    data = site.store.get(site.names[CAMERAS[0]][0])
    other = site.names[CAMERAS[0]][0].replace(CAMERAS[0], "cam-0003")
    site.store.put(other, data)
    assert site.expiry().run().segments == 0
    site.vault.due = {EPOCH: set()}
    site.expiry().run()
    assert site.stored(".seg") == []


def test_files_that_are_not_ours_are_left_alone(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    foreign = f"{DAY}/{CAMERAS[0]}/notes.txt"
    site.store.put(foreign, b"not footage")
    site.vault.due = {EPOCH: set()}
    site.expiry().run()
    assert foreign in site.stored()


def test_removal_keeps_to_its_pace(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record(60, manifest=False)
    site.vault.due = {EPOCH: set()}
    assert site.expiry().run().segments == 120
    # 120 looks and 120 removals at 100 a second, less the second's allowance saved up.
    assert 1.3 <= site.clock.monotonic() <= 2.4


def test_a_rehearsal_tells_and_changes_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    before = site.stored()
    at = day_start(parse_day(DAY))
    assert site.expiry().rehearse(Micros(at - 1)) == []
    (due,) = site.expiry().rehearse(at)
    assert (due.epoch, due.segments) == (EPOCH, 6)
    assert due.size == sum(len(site.store.get(name)) for name in site.stored(".seg"))
    assert (site.stored(), site.vault.order) == (before, [])


def test_losing_the_position_costs_time_only(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.record()
    site.vault.due = {EPOCH: set()}
    site.expiry().run()
    (tmp_path / "expired.json").write_bytes(b"damaged")
    assert site.expiry().run().tombstones == 0


def test_a_crash_while_a_hold_is_placed_loses_nothing_that_the_vault_promised(
    tmp_path: Path,
) -> None:
    for number in range(1000):
        site = Site(tmp_path / str(number))
        site.record(2)
        site.reopen(Disk(on_step=cut_at(number)))
        crashed = False
        try:
            site.place_hold(CAMERAS[0])
        except PowerCut:
            crashed = True
        site.reopen(Disk())
        promised = bool(site.vault.sealed)
        site.vault.due = {EPOCH: set()}
        site.expiry().run()
        assert site.stored(".seg") == []
        if promised or not crashed:
            assert site.held() == [f"case-1/{site.names[CAMERAS[0]][1]}"]
            assert len(site.vault.sealed["case-1"]) == 1
        if not crashed:
            return
    raise AssertionError("placing a hold never ends")

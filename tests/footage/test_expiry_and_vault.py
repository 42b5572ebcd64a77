# SPDX-License-Identifier: AGPL-3.0-or-later
"""Acceptance: real segments, a real vault's process, its command line, and days that pass."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from machimori.cli.main import main
from machimori.footage import records
from machimori.footage.errors import StoreUnavailableError
from machimori.footage.held import CaseFootage
from machimori.footage.holds import Holds
from machimori.footage.naming import SegmentName
from machimori.footage.pace import Pace
from machimori.footage.sealer import Sealer
from machimori.footage.segment import SegmentReader
from machimori.footage.store import DirectoryStore
from machimori.kernel import canonical
from machimori.kernel.clock import ManualClock, SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros, day_start, parse_day
from machimori.kernel.signing import PublicKey, SigningKey
from machimori.ledger.entry import Entry
from machimori.ledger.testing import MemoryLedger
from machimori.policy.retention import RetentionRule
from machimori.vault.client.asking import ask_release
from machimori.vault.client.identity import Certificate
from machimori.vault.client.reader import Reader
from machimori.vault.client.statements import Hold, HoldEnd
from machimori.vault.client.testing import (
    VaultProcess,
    authorisation,
    header_for,
    hold,
    nonce,
    signed,
)
from machimori.vault.errors import VaultRefusedError
from machimori.vault.sealing.bundle import KeyBundle

HOUR = 3_600_000_000
FIRST = "2026-11-21"
SCHEME = "streets"
RULES = {
    "inzai": RetentionRule(days=14, count_from="recording_day"),
    "sakai": RetentionRule(days=14, count_from="next_day"),
    "asahikawa": RetentionRule(days=7, count_from="recording_day"),
}
CAMERAS = {"cam-i": "inzai", "cam-k": "sakai", "cam-a": "asahikawa"}


def at(day: str, hours: float = 12) -> Micros:
    return Micros(day_start(parse_day(day)) + round(hours * HOUR))


@dataclass
class City:
    directory: Path
    vault: VaultProcess
    recorder: SigningKey
    ledger: MemoryLedger
    capture: Callable[[], tuple[str, str]]
    complaint: str = ""

    def __post_init__(self) -> None:
        for name in ("store", "cases"):
            (self.directory / name).mkdir()
        self.store = DirectoryStore(self.directory / "store", Disk())
        self.pinned = PublicKey(self.vault.client.status().vault_key)

    def record(self, camera: str, start: Micros, day: str) -> str:
        retention_class = CAMERAS[camera]
        bundle = KeyBundle.verified(self.vault.client.bundle(retention_class, day), self.pinned)
        key = bundle.key_of(camera)
        assert key is not None
        sealer = Sealer(
            header=header_for(bundle, camera, start, scheme=SCHEME),
            key=key.sealing_key(),
            description=b"{}",
            signer=self.recorder,
            previous=None,
        )
        end = Micros(start + 1_000_000)
        parts = [sealer.open(), bytes(sealer.chunk(b"x", arrived_from=start, arrived_to=end))]
        parts.append(sealer.finish(reason="shutdown"))
        name = str(SegmentName(day=day, camera=CameraId(camera), first=start, last=end))
        self.store.put(name, b"".join(parts))
        return name

    def command(self, *arguments: str) -> tuple[int, str]:
        places = [f"--store={self.directory / 'store'}", f"--cases={self.directory / 'cases'}"]
        places += [f"--vault={self.vault.socket}", "--operations=100000"]
        status = main(["footage", *arguments, *places])
        out, self.complaint = self.capture()
        return status, out

    def expire(self, *arguments: str) -> tuple[int, str]:
        work = f"--directory={self.directory / 'work'}"
        return self.command("expire", "--priority=normal", work, *arguments)

    def pass_days(self, first: str, count: int, hours: float = 0.01) -> None:
        for number in range(count):
            self.vault.set_clock(Micros(at(first, hours) + number * 24 * HOUR))
            assert self.expire()[0] == 0

    def segments(self, store: str = "store") -> list[str]:
        kept = DirectoryStore(self.directory / store, Disk()).list()
        return [stored.name for stored in kept if stored.name.endswith(".seg")]


@pytest.fixture
def city(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[City]:
    recorder = SigningKey.generate()
    signer = SigningKey.generate()
    (tmp_path / "work").mkdir()
    Disk().create(tmp_path / "work" / "retention.key", signer.seed(), mode=0o600)
    ledger = MemoryLedger()
    with VaultProcess(tmp_path, ledger_key=ledger.key.vkey(), now=at(FIRST)) as vault:
        vault.adopt(
            scheme=SCHEME,
            retention=RULES,
            cameras=CAMERAS,
            recorders={"recorder-1": recorder.public.raw, "retention": signer.public.raw},
        )
        yield City(tmp_path, vault, recorder, ledger, capsys.readouterr)


def test_I6_K11_A10_footage_is_kept_to_the_day_that_its_document_says(city: City) -> None:
    names = {
        camera: [city.record(camera, at(FIRST, hours), FIRST) for hours in (0, 23.999)]
        for camera in CAMERAS
    }
    # 旭川, one week: the recording day is the first, 2026-11-27 the last.
    city.pass_days("2026-11-22", 6, hours=23.99)
    assert names["cam-a"][0] in city.segments()
    city.pass_days("2026-11-28", 1)
    assert not set(names["cam-a"]) & set(city.segments())
    # 印西 3(4), two weeks from the day of recording: 2026-12-04 is the last.
    city.pass_days("2026-11-29", 6, hours=23.99)
    assert set(names["cam-i"]) <= set(city.segments())
    city.pass_days("2026-12-05", 1)
    assert city.segments() == sorted(names["cam-k"])
    # 堺 10(3), to the same weekday of the week after next: 2026-12-05, a Saturday again.
    city.vault.set_clock(at("2026-12-05", 23.9))
    city.expire()
    assert city.segments() == sorted(names["cam-k"])
    city.pass_days("2026-12-06", 1)
    assert city.segments() == []


def test_I7_the_record_of_destruction_can_be_checked_by_whoever_has_the_citys_key(
    city: City,
) -> None:
    city.record("cam-a", at(FIRST), FIRST)
    city.pass_days("2026-11-22", 7)
    tombstones = [s.name for s in city.store.list() if s.name.endswith(".expired.rec")]
    record, envelope = records.decode(city.store.get(tombstones[0]))
    certificates = [
        Certificate.verified(item, city.pinned)
        for item in city.vault.client.identity().certificates
    ]
    keys = {item.name: PublicKey(item.public) for item in certificates}
    assert envelope.signed_with(keys["retention"])
    attestation = Envelope.decode(canonical.unb64(record.attestation))
    assert attestation.signed_with(keys["vault"])
    assert attestation.statement()["subject"] == {"epoch": f"day.asahikawa.{FIRST}"}
    entries = [
        Entry.decode(path.read_bytes()) for path in (city.directory / "work/outbox").iterdir()
    ]
    assert [(entry.type, entry.subject["camera"]) for entry in entries] == [
        ("footage.expired", "cam-a")
    ]
    assert entries[0].data["record"] == envelope.digest().hex()
    arguments = [f"--store={city.directory / 'store'}", f"--vault={city.vault.socket}"]
    status = main(["footage", "check", *arguments, "--at=2026-11-29T00:00:00+09:00"])
    assert status == 0, city.capture()


def test_I6_K2_a_hold_keeps_what_its_cause_needs_and_ends_with_it(
    city: City, tmp_path: Path
) -> None:
    """A copy kept for a case is the sealed original, byte for byte: it opens for its own case only,
    under the officers' authorisation, and goes when the case ends. (Copies and prints that were
    handed over are followed by the office.)"""
    kept = city.record("cam-a", at(FIRST, 10), FIRST)
    other = city.record("cam-a", at(FIRST, 15), FIRST)
    officers = city.vault.officers[:2]
    statement = hold_around_ten()
    (tmp_path / "hold.json").write_bytes(signed(statement, *officers).encode())
    assert city.command("hold", str(tmp_path / "hold.json")) == (
        0,
        "case case-1: 1 segments held, 0 copied now\n",
    )
    original = city.store.get(kept)
    city.pass_days("2026-11-22", 7)
    assert city.segments() == []
    assert city.segments("cases") == [f"cases/case-1/{kept}"]
    assert other not in city.segments("cases")
    cases = DirectoryStore(tmp_path / "cases", Disk())
    assert cases.get(f"cases/case-1/{kept}") == original
    # The key re-sealed to the case still opens the copy, and the store's own key does not.
    footage = CaseFootage(city.store, cases, statement.case)
    (stored,) = (item for item in footage.list(f"{FIRST}/cam-a/") if item.name == kept)
    reader = SegmentReader(partial(footage.read, kept), stored.size)
    chunk = released(city, reader, case="case-1")
    assert reader.chunk(0, chunk) == b"x"
    with pytest.raises(VaultRefusedError):
        released(city, reader, case="case-2")
    end = HoldEnd(case=statement.case, ground="終結", scheme=statement.scheme, nonce=nonce())
    city.vault.client.end_hold(signed(end, *officers))
    assert "ended: case-1" in city.expire()[1]
    assert city.segments("cases") == []
    with pytest.raises(VaultRefusedError):
        released(city, reader, case="case-1")


def test_I6_a_hold_placed_while_the_store_is_down_outlives_the_retention_period(
    city: City, tmp_path: Path
) -> None:
    """The headers cannot be read, so the vault keeps that camera's day until they can."""
    kept = city.record("cam-a", at(FIRST, 10), FIRST)
    other = city.record("cam-a", at(FIRST, 15), FIRST)
    officers = city.vault.officers[:2]
    statement = hold_around_ten()
    envelope = signed(statement, *officers)
    cases = DirectoryStore(tmp_path / "cases", Disk())
    holds = Holds(city.store, cases, Pace(SystemClock(), operations=1e6, size=1e9))
    city.pass_days("2026-11-22", 1)
    (tmp_path / "store").rename(tmp_path / "away")
    with pytest.raises(StoreUnavailableError, match="the hold is in force"):
        holds.place(city.vault.client, envelope)
    for number in range(7):
        city.vault.set_clock(Micros(at("2026-11-23") + number * 24 * HOUR))
        assert len(holds.bring_up(city.vault.client)) == 1
        city.vault.client.expire()
    epoch = f"day.asahikawa.{FIRST}"
    assert city.vault.client.living(epoch) == {f"cam-a/{FIRST}/0"}
    (tmp_path / "away").rename(tmp_path / "store")
    # The store is back: headers to the vault, then the day's key goes, then the files.
    assert city.expire()[0] == 0
    assert city.vault.client.living(epoch) == set()
    city.expire()
    assert city.segments() == []
    assert city.segments("cases") == [f"cases/case-1/{kept}"]
    assert other not in city.segments("cases")


def hold_around_ten() -> Hold:
    """Of the first day, the hour around ten o'clock."""
    return hold(
        scheme=SCHEME,
        cameras=["cam-a"],
        start=at(FIRST, 9.5),
        end=at(FIRST, 10.5),
        last_day="2026-12-31",
    )


def released(city: City, segment: SegmentReader, *, case: str) -> bytes:
    """The key of a segment's first chunk, as an authorisation of two officers gets it."""
    start = segment.sealed.header.start
    now = city.vault.client.status().now
    reader = Reader.generate()
    statement = authorisation(
        scheme=SCHEME,
        cameras=["cam-a"],
        start=start,
        end=Micros(start + 1_000_000),
        reader=reader.public.raw,
        now=now,
        case=case,
    )
    recorded = ask_release(
        city.vault.client,
        city.ledger,
        signed(statement, *city.vault.officers[:2]),
        [segment.skeleton().encode()],
        clock=ManualClock(now),
    )
    return reader.open(recorded.release)[segment.segment_id].chunks[0]


def test_a_clock_set_forward_destroys_nothing(city: City) -> None:
    name = city.record("cam-a", at(FIRST), FIRST)
    city.vault.set_clock(at("2026-12-21"))
    status, _ = city.expire()
    assert status != 0
    assert "override" in city.complaint
    assert city.segments() == [name]
    assert city.vault.client.living(f"day.asahikawa.{FIRST}")


def test_a_rehearsal_at_a_time_changes_nothing(city: City) -> None:
    city.record("cam-a", at(FIRST), FIRST)
    shutil.rmtree(city.directory / "work")
    status, out = city.expire("--at=2026-11-28T00:00:00+09:00", "--json")
    assert status == 0
    (due,) = json.loads(out)["due"]
    assert (due["epoch"], due["segments"]) == (f"day.asahikawa.{FIRST}", 1)
    status, out = city.expire("--at=2026-11-27T23:59:59+09:00")
    assert out == "0 epochs would be destroyed; nothing was changed\n"
    assert len(city.segments()) == 1
    assert not (city.directory / "work").exists()

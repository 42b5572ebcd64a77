# SPDX-License-Identifier: AGPL-3.0-or-later
"""A store against what the ledger holds of it: rewritten, cut off, missing, expired, withheld."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from machimori.footage import anchors
from machimori.footage.anchors import (
    Anchors,
    Head,
    Heads,
    anchors_of,
    export,
    imported,
    is_heads,
    parse_heads_name,
)
from machimori.footage.check import GRACE, Report, check
from machimori.footage.closing import close_day
from machimori.footage.items import identify, runs
from machimori.footage.records import Record
from machimori.footage.store import StoredObject
from machimori.footage.testing import MemoryStore, SampleRecorder
from machimori.kernel import canonical
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, RecorderId
from machimori.kernel.instants import Micros, day_start, parse_day
from machimori.kernel.signing import SigningKey
from machimori.ledger.courier import carry_outbox
from machimori.ledger.entry import Entry
from machimori.ledger.errors import AlteredLedgerError, ProofError
from machimori.ledger.testing import MemoryLedger
from machimori.recorder.anchors import write

DAY = "2026-11-21"


class Street:
    """Two cameras over two days, anchored after every item."""

    def __init__(self, outbox: Path) -> None:
        self.store = MemoryStore()
        self.ledger = MemoryLedger()
        self.outbox = outbox
        self.recorders = [SampleRecorder(camera=f"cam-000{n}") for n in (1, 2)]
        self.recorder = self.recorders[0]
        self.trusted = {RecorderId("rec-1"): (self.recorder.signer.public,)}
        for index in range(6):
            for recorder in self.recorders:
                made = recorder.record() if index == 2 else recorder.segment([bytes([index])])
                self.store.put(*made)
            self.anchor()

    @property
    def now(self) -> Micros:
        return Micros(max(recorder.now for recorder in self.recorders) + 1)

    def anchor(self, *recorders: SampleRecorder) -> None:
        heads = [
            Head(
                camera=r.camera,
                session=r.session,
                sequence=r.sequence,
                head=(r.head or b"").hex(),
            )
            for r in recorders or self.recorders
        ]
        write(
            heads,
            outbox=self.outbox,
            store=self.store,
            recorder=self.recorder.recorder,
            signer=self.recorder.signer,
            now=self.now,
            disk=Disk(),
        )
        carry_outbox(self.outbox, self.ledger, Disk())

    def check(self, known: Anchors | None = None, **options: Any) -> Report:
        arguments: dict[str, Any] = {"trusted": self.trusted, "now": self.now} | options
        return check(self.store, anchors=known or anchors_of(self.ledger), **arguments)

    def told(self, **options: Any) -> list[tuple[str, str]]:
        return sorted({(f.verdict, f.meaning) for f in self.check(**options).findings})

    def items(self, camera: int = 1) -> list[str]:
        return [n for n in sorted(self.store.objects) if f"/cam-000{camera}/" in n]

    def lists(self) -> list[str]:
        return [name for name in sorted(self.store.objects) if is_heads(name)]

    def rewrite(self, since: int, camera: int = 1, plain: bytes = b"forged") -> None:
        """The thief of the recorder: its key, its store; the chain anew from item `since` on."""
        names = self.items(camera)
        thief = SampleRecorder(camera=f"cam-000{camera}")
        before = identify(self.store, self.stored(names[since - 1])) if since else None
        thief.sequence, thief.head = since, bytes.fromhex(before.head) if before else None
        thief.now = before.last if before else thief.now
        for name in names[since:]:
            self.store.delete(name)
            self.store.put(*thief.segment([plain]))

    def stored(self, name: str) -> StoredObject:
        return StoredObject(name=name, size=len(self.store.objects[name]))

    def tombstone(self, names: list[str], day: str = DAY) -> None:
        """What expiry leaves: a signed record, and none of the segments."""
        items = [identify(self.store, self.stored(name)) for name in names]
        record = Record(
            kind="expired",
            day=day,
            camera=items[0].camera,
            recorder=self.recorder.recorder,
            session="",
            sequence=0,
            previous="",
            first=items[0].first,
            last=items[-1].last,
            cause="retention",
            removed=runs(items),
        )
        signed = record.sign(self.recorder.recorder, self.recorder.signer)
        self.store.put(str(record.name), signed.encode())
        for name in names:
            self.store.delete(name)


@pytest.fixture
def street(tmp_path: Path) -> Street:
    return Street(tmp_path / "outbox")


def test_a_store_that_agrees_with_the_ledger_is_sound(street: Street) -> None:
    report = street.check()
    assert report.findings == []
    assert report.anchors == 6
    assert report.anchored_until == street.now
    assert street.told(prefix=f"{DAY}/") == []
    assert street.told(prefix=f"{DAY}/cam-0001/") == []
    assert street.told(prefix="2026-11-22/") == []
    assert street.told(content=False, pending=street.lists()) == []
    assert check(street.store, trusted=street.trusted, now=street.now).anchors is None


def test_P3_A6_a_chain_rewritten_with_the_recorders_own_key_contradicts_the_ledger(
    street: Street,
) -> None:
    """Whoever owns a recorder's signing key and its store cannot rewrite what was anchored: the
    check names the first object that is not the one in the ledger, and says that it is no
    evidence."""
    street.rewrite(3)
    plain = check(street.store, trusted=street.trusted, now=street.now)
    assert plain.exit_code == 0  # in itself the forged chain is without a fault
    report = street.check()
    (found,) = report.findings
    assert (found.verdict, found.meaning) == ("foreign", "anchored_other")
    assert found.name == street.items()[3]
    assert found.count == 3
    assert report.exit_code == 47
    english, japanese = found.lines()
    assert "written anew" in english
    assert "書き換え" in japanese
    assert street.told(prefix=f"{DAY}/cam-0001/") == [("foreign", "anchored_other")]
    assert street.told(prefix=f"{DAY}/cam-0002/") == []


def test_a_chain_rewritten_onto_an_earlier_day_is_noticed(street: Street) -> None:
    """The comparison remembers a few items of each chain only; a flood does not get past it."""
    for name in street.items():
        street.store.delete(name)
    thief = SampleRecorder(start=Micros(street.recorder.now - 30 * 3600_000_000))
    for _ in range(80):
        street.store.put(*thief.record(seconds=1))
    street.store.put(*thief.segment())
    (found,) = street.check().findings
    assert (found.verdict, found.meaning, found.count) == ("foreign", "anchored_other", 6)


def test_anchoring_the_forgery_does_not_unsay_the_first_anchor(street: Street) -> None:
    street.rewrite(3)
    (found,) = street.check().findings
    forged = SampleRecorder()
    last = identify(street.store, street.stored(street.items()[-1]))
    forged.sequence, forged.head = last.sequence + 1, bytes.fromhex(last.head)
    street.anchor(forged)
    assert found in street.check().findings


def test_exchanging_withholding_or_moving_a_list_hides_nothing(street: Street) -> None:
    lists = street.lists()
    original = dict(street.store.objects)
    street.rewrite(5)
    heads, _ = anchors.decode(street.store.get(lists[-1]))
    kept = street.store.objects.pop(lists[-1])
    assert street.told() == [("not_yet_uploaded", "heads_waiting")]
    assert street.told(pending=lists) == [("not_yet_uploaded", "in_spool")]
    assert street.told(pending=[]) == [("missing", "heads")]
    late = Micros(street.now + GRACE)
    assert ("missing", "heads") in street.told(now=late)
    (found,) = street.check(pending=[]).findings
    assert found.name == f"{DAY}/anchors.rec-1/"

    head = Head(camera=heads.heads[0].camera, session="5" * 32, sequence=6, head="ab" * 32)
    lie = Heads(recorder=heads.recorder, entry=heads.entry, at=heads.at, heads=(head,))
    signer = street.recorder.signer
    street.store.objects[lists[-1]] = lie.sign("rec-1", signer).encode()
    assert street.told() == [("foreign", "other_heads")]
    street.store.objects[lists[-1]] = heads.sign("x", SigningKey.generate()).encode()
    assert street.told() == [("foreign", "signature")]
    street.store.objects[lists[-1]] = kept[:-9]
    assert street.told() == [("damaged", "heads")]
    del street.store.objects[lists[-1]]
    street.store.objects[lists[-1].replace(DAY, "2026-11-25")] = kept
    assert street.told() == [("foreign", "other_heads")]
    street.store.objects = original
    assert street.told() == []
    street.store.objects[f"{DAY}/anchors.rec-1/x.json"] = b""
    assert street.told() == [("foreign", "name")]


def test_the_end_of_an_open_day_cannot_be_cut_off(street: Street) -> None:
    names = street.items()
    for name in names[4:]:
        street.store.delete(name)
    assert check(street.store, trusted=street.trusted, now=street.now).exit_code == 0
    report = street.check()
    (found,) = report.findings
    assert (found.verdict, found.meaning, found.count) == ("truncated", "anchored_end", 2)
    assert found.name == f"after {names[3]}"
    assert report.exit_code == 46
    assert street.told(prefix=f"{DAY}/cam-0001/") == [("truncated", "anchored_end")]


def test_a_missing_camera_and_a_missing_session_are_told_apart(street: Street) -> None:
    for name in street.items(2):
        street.store.delete(name)
    (found,) = street.check().findings
    assert (found.verdict, found.meaning, found.name) == ("missing", "anchored_camera", "cam-0002")
    assert street.told(prefix=f"{DAY}/") == [("missing", "anchored_camera")]
    assert street.told(prefix=f"{DAY}/cam-0002/") == [("missing", "anchored_camera")]
    again = SampleRecorder(camera="cam-0002", session="6" * 32, start=street.now)
    street.store.put(*again.segment([b"after"]))
    assert street.told() == [("missing", "anchored_session")]


def test_a_hole_is_reported_once_and_its_neighbour_still_tells_the_head(street: Street) -> None:
    names = street.items()
    street.store.delete(names[1])
    assert street.told(pending=[]) == [("missing", "hole")]
    street.rewrite(2)
    assert ("foreign", "anchored_other") in street.told(pending=[])


def test_what_has_expired_or_was_overwritten_is_no_alarm(street: Street) -> None:
    for recorder in street.recorders:
        recorder.now = day_start(parse_day("2026-11-22"))
        street.store.put(*recorder.segment([b"next day"]))
    street.anchor()
    for camera in (1, 2):
        street.tombstone([n for n in street.items(camera) if n.startswith(DAY) and ".seg" in n])
    assert street.told() == [("expired", "retention")]
    # Lists of an expired day may go with it, those of the other must stay.
    for name in street.lists():
        if name.startswith(DAY):
            street.store.delete(name)
    gone = [("expired", "heads_expired"), ("expired", "retention")]
    assert street.told(pending=[]) == gone
    # A camera that had no footage on that day is no reason for alarm either.
    street.store.put(*SampleRecorder(camera="cam-0003", session="3" * 32).record())
    assert ("missing", "heads") not in street.told(prefix=f"{DAY}/cam-0003/", pending=[])
    assert street.told(prefix=f"{DAY}/cam-0001/", pending=[]) == gone
    street.store.delete(street.lists()[0])
    assert ("missing", "heads") in street.told(pending=[])


def test_a_tombstone_that_tells_another_head_is_noticed(street: Street) -> None:
    street.rewrite(4)
    street.tombstone(street.items()[4:])
    assert ("foreign", "anchored_other") in street.told()


def test_a_manifest_written_anew_is_noticed(street: Street) -> None:
    street.rewrite(3)
    close_day(
        street.store,
        camera=CameraId("cam-0001"),
        day=DAY,
        recorder=street.recorder.recorder,
        signer=street.recorder.signer,
        now=street.now,
    )
    for name in street.items()[4:-1]:
        street.store.delete(name)
    assert ("foreign", "anchored_other") in street.told()


def test_anchors_leave_the_ledger_for_offline_use(street: Street) -> None:
    street.ledger.append(Entry(type="refusal", at=Micros(1)))
    lines = list(export(street.ledger))
    known = imported(lines, street.ledger.key)
    assert known.by_entry == anchors_of(street.ledger).by_entry
    assert street.check(known).findings == []
    with pytest.raises(ProofError):
        imported(lines, MemoryLedger().key)
    other = street.ledger.inclusion(next(iter(known.by_entry))).encode()
    mixed = lines[-1].replace(
        lines[-1].split(b'"inclusion":"')[1][:-2],
        canonical.b64(other).encode(),
    )
    with pytest.raises(ProofError):
        imported([mixed], street.ledger.key)
    with pytest.raises(MalformedError):
        imported([b"{}"], street.ledger.key)


@pytest.mark.parametrize("act", [lambda b: b.pop(), lambda b: b.reverse()])
def test_a_ledger_that_lost_or_reordered_anchors_is_not_believed(
    street: Street, act: Callable[[list[bytes]], None]
) -> None:
    act(street.ledger._bodies)
    with pytest.raises(AlteredLedgerError):
        anchors_of(street.ledger)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    since=st.integers(0, 5),
    camera=st.integers(1, 2),
    cut=st.integers(0, 6),
    plain=st.binary(min_size=1, max_size=8),
)
def test_P3_no_rewriting_or_cutting_passes(
    street: Street, since: int, camera: int, cut: int, plain: bytes
) -> None:
    """Wherever a thief with the recorder's key begins to rewrite or cut a chain that was anchored,
    the check says so."""
    before = dict(street.store.objects)
    try:
        street.rewrite(since, camera, plain)
        for name in street.items(camera)[since + cut :]:
            street.store.delete(name)
        told = street.told()
        expected = {"anchored_end", "anchored_camera", "anchored_other"}
        assert expected & {meaning for _, meaning in told}
    finally:
        street.store.objects = before


_SESSIONS = st.text("0123456789abcdef", min_size=32, max_size=32)


@given(
    st.lists(
        st.builds(
            Head,
            camera=st.sampled_from([CameraId("a"), CameraId("b-1")]),
            session=_SESSIONS,
            sequence=st.integers(1, 1 << 40),
            head=st.binary(min_size=32, max_size=32).map(bytes.hex),
        ),
        min_size=1,
        max_size=6,
        unique_by=lambda head: (head.camera, head.session),
    )
)
def test_lists_come_back_as_they_were(heads: list[Head]) -> None:
    listed = Heads(
        recorder=RecorderId("rec-1"), entry="a" * 32, at=Micros(7), heads=tuple(sorted(heads))
    )
    key = SigningKey.generate()
    found, envelope = anchors.decode(listed.sign("k", key).encode())
    assert found == listed
    assert found.root() == listed.root()
    assert envelope.signed_with(key.public)


def test_names_come_back_and_are_no_cameras(street: Street) -> None:
    for name in street.lists():
        assert str(parse_heads_name(name)) == name
    for wrong in ("", "x", f"{DAY}/cam-0001/x.seg", f"{DAY}/anchors.rec-1/1-2.json"):
        with pytest.raises(MalformedError):
            parse_heads_name(wrong)

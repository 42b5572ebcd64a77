# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which anchors a package is given, what they show, and what of others it does not show."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from machimori.evidence.make import Package
from machimori.evidence.report import render
from machimori.evidence.testing import SECOND, SampleCity, at, packed, read_files
from machimori.evidence.verifier import wording
from machimori.evidence.verifier.anchors import AnchoredHead
from machimori.evidence.verifier.app import as_json
from machimori.evidence.verifier.verdict import Verdict
from machimori.footage import anchors
from machimori.footage.held import CaseFootage
from machimori.footage.items import identify, runs
from machimori.footage.mp4.testing import chunks_of, encode, sent
from machimori.footage.records import Record
from machimori.footage.rtp.testing import description
from machimori.footage.sealer import sign_trailer
from machimori.footage.segment import SegmentReader
from machimori.footage.store import StoredObject
from machimori.footage.testing import MemoryStore, SampleRecorder
from machimori.kernel.ids import CaseId
from machimori.kernel.instants import Micros


class Street:
    """A camera recorded in segments of two seconds, and a neighbour of whom nobody shall hear."""

    def __init__(self) -> None:
        self.city = SampleCity(store=MemoryStore())
        self.camera = self.city.recorder()
        self.neighbour = self.city.recorder("neighbour-9")
        self.neighbour.session = "6" * 32
        self.neighbour.segment()
        self.pictures = iter(encode("h264", count=15 * 20, size=(160, 96)))

    @property
    def store(self) -> MemoryStore:
        assert isinstance(self.city.store, MemoryStore)
        return self.city.store

    def record(self, seconds: int = 2) -> str:
        """Two seconds more; returns the segment's name."""
        before = set(self.store.objects)
        pictures = [next(self.pictures) for _ in range(15 * seconds)]
        chunks = chunks_of(sent("h264", pictures), start=self.camera.now)
        self.city.record(self.camera, description("H264"), chunks)
        (name,) = set(self.store.objects) - before
        return name

    def anchor(self) -> str:
        """All heads as of now; returns the list's name."""
        before = set(self.store.objects)
        self.neighbour.now = self.camera.now
        self.city.anchor(self.camera, self.neighbour)
        (name,) = set(self.store.objects) - before
        return name

    def pack(self, tmp_path: Path, start: float, end: float) -> Package:
        return packed(self.city, tmp_path / "p.zip", start, end)

    def stored(self, name: str) -> StoredObject:
        return StoredObject(name=name, size=len(self.store.objects[name]))


@pytest.fixture
def street() -> Street:
    return Street()


def shown(package: Package) -> list[tuple[float, float, float]]:
    """Seconds from, to and by when it existed, rounded up to a hundredth."""
    return [
        tuple(round((value - at(0)) / SECOND, 2) for value in (one.start, one.end, one.by))  # type: ignore[misc]
        for one in package.judgement.existed
    ]


def heads_in(package: Package) -> list[AnchoredHead]:
    files = read_files(package.path)
    return [AnchoredHead.decode(files[n]) for n in sorted(files) if n.startswith("data/anchors/")]


def test_P4_a_package_shows_by_when_its_footage_existed(street: Street, tmp_path: Path) -> None:
    """The first anchor after the interval covers all of it, over what was recorded in between; of
    that and of other cameras the package holds digests only."""
    outside = [street.record() for _ in range(5)][2:]
    street.anchor()
    street.record()
    street.anchor()
    package = street.pack(tmp_path, 0, 3.5)
    assert package.judgement.verdict is Verdict.SOUND
    assert shown(package) == [(0.0, 3.5, 10.0)]
    (head,) = heads_in(package)
    items = [identify(street.store, street.stored(name)) for name in outside]
    assert head.links == tuple((item.sequence, item.digest) for item in items)
    files = read_files(package.path)
    everything = b"".join([*files.values(), head.entry, head.inclusion.encode()])
    assert b"neighbour" not in everything
    assert street.neighbour.session.encode() not in everything
    for item in items:
        assert item.head.encode() not in everything
        assert item.name.rpartition("/")[2].partition(".")[0].encode() not in everything
    (camera,) = package.statement.cameras
    assert [segment.anchor for segment in camera.segments] == ["data/anchors/cam-0001-01.json"] * 2
    assert [(a.path, a.by) for a in camera.anchors] == [
        ("data/anchors/cam-0001-01.json", package.judgement.existed[0].by)
    ]


def test_people_are_told_by_when_it_existed(street: Street, tmp_path: Path) -> None:
    street.record()
    street.anchor()
    street.record()
    package = street.pack(tmp_path, 0, 4)
    japanese, english = (wording.report(package.judgement, lang) for lang in wording.LANGUAGES)
    by = "2026-11-21 14:00:02.001 JST"
    assert f"この映像は、遅くとも {by} には存在した：2026-11-21 14:00:00.000" in japanese
    assert "存在した時刻の登録がまだない：2026-11-21 14:00:02.000" in japanese
    assert f"this footage existed no later than {by}: 2026-11-21 14:00:00.000" in english
    assert "not anchored in the ledger yet: 2026-11-21 14:00:02.000" in english
    page = render(package.statement).decode()
    assert "録画 2 個のうち 1 個は、遅くとも 令和8年11月21日（土）14時00分02.000秒 に" in page
    assert "録画 2 個のうち 1 個は、作成のときまだ台帳に登録されていませんでした" in page
    told = json.loads(as_json(package.judgement))
    assert [one["by"] for one in told["existed"]] == [at(2) + 1]
    assert told["unanchored"] == [{"camera": "cam-0001", "start": at(2), "end": at(4)}]


def test_footage_that_no_anchor_covers_yet_is_a_note_and_no_failure(
    street: Street, tmp_path: Path
) -> None:
    street.record()
    package = street.pack(tmp_path, 0, 2)
    assert package.judgement.verdict is Verdict.SOUND
    assert ("note", "no_anchor", "cam-0001") in {
        (f.severity, f.code, f.where) for f in package.judgement.findings
    }
    assert heads_in(package) == []
    assert package.judgement.unanchored == [("cam-0001", at(0), at(2))]
    assert (
        "この映像は、作成のときまだ台帳に登録されていませんでした"
        in render(package.statement).decode()
    )


def test_what_the_last_anchor_does_not_reach_has_one_of_its_own(
    street: Street, tmp_path: Path
) -> None:
    """A link that is gone cuts the way; the anchor before it still covers what it named."""
    names = [street.record() for _ in range(2)]
    street.anchor()
    names += [street.record() for _ in range(2)]
    street.anchor()
    street.store.delete(names[2])
    package = street.pack(tmp_path, 0, 8)
    assert package.judgement.verdict is Verdict.SOUND
    assert shown(package) == [(0.0, 4.0, 4.0), (6.0, 8.0, 8.0)]
    assert package.judgement.unanchored == []


def test_a_damaged_segment_is_still_a_link(street: Street, tmp_path: Path) -> None:
    names = [street.record() for _ in range(3)]
    street.anchor()
    data = bytearray(street.store.objects[names[1]])
    data[len(data) // 2] ^= 1
    street.store.objects[names[1]] = bytes(data)
    package = street.pack(tmp_path, 0, 6)
    assert package.judgement.verdict is Verdict.SOUND
    assert len(package.statement.cameras[0].segments) == 2
    assert shown(package) == [(0.0, 2.0, 6.0), (4.0, 6.0, 6.0)]


def test_a_record_of_overwriting_that_lies_on_an_earlier_day_is_found(
    street: Street, tmp_path: Path
) -> None:
    """Its place in the chain is where the disk was full, its name that of what it removed."""
    old = SampleRecorder(start=Micros(at(0) - 10 * 86_400 * SECOND), session="4" * 32)
    name, data = old.segment()
    street.store.put(name, data)
    item = identify(street.store, street.stored(name))
    street.record()
    recorder = street.camera
    record = Record(
        kind="overwritten",
        day=name[:10],
        camera=recorder.camera,
        recorder=recorder.recorder,
        session=recorder.session,
        sequence=recorder.sequence,
        previous=(recorder.head or b"").hex(),
        first=item.first,
        last=item.last,
        cause="disk_full",
        removed=runs([item]),
    )
    envelope = record.sign(recorder.recorder, recorder.signer)
    recorder.advance(record.head(envelope))
    street.store.put(str(record.name), envelope.encode())
    street.store.delete(name)
    street.record()
    street.anchor()
    package = street.pack(tmp_path, 0, 4)
    assert shown(package) == [(0.0, 4.0, 4.0)]
    assert [number for number, _ in heads_in(package)[0].links] == [1]


def test_each_run_of_the_recorder_has_its_anchor(street: Street, tmp_path: Path) -> None:
    street.record()
    street.anchor()
    again = SampleRecorder(
        start=street.camera.now, signer=street.city.recorder_key, session="7" * 32
    )
    street.city.vault.recorders.append(again)
    street.camera = again
    street.record()
    street.anchor()
    package = street.pack(tmp_path, 0, 4)
    assert shown(package) == [(0.0, 2.0, 2.0), (2.0, 4.0, 4.0)]
    assert len(package.statement.cameras[0].anchors) == 2


def test_a_recovered_segment_that_knows_no_predecessor_breaks_no_chain(
    street: Street, tmp_path: Path
) -> None:
    street.record()
    street.anchor()
    name = street.record()
    data = street.store.objects[name]
    end = SegmentReader.of_bytes(data).end
    trailer = replace(end.trailer, previous="", reason="recovered", recovered=True)
    recovered = sign_trailer(trailer, street.camera.signer)
    street.store.objects[name] = data[: -len(end.encode())] + recovered.encode()
    street.camera.head = recovered.head()
    street.anchor()
    package = street.pack(tmp_path, 0, 4)
    assert package.judgement.verdict is Verdict.SOUND
    assert shown(package) == [(0.0, 2.0, 2.0), (2.0, 4.0, 4.0)]


def test_what_was_planted_or_lost_costs_the_anchor_and_not_the_package(
    street: Street, tmp_path: Path
) -> None:
    """The store's owner exchanges lists, invents one, and removes what lies in between."""
    street.record()
    first = street.anchor()
    street.record()
    street.anchor()
    heads, _ = anchors.decode(street.store.get(first))
    lie = replace(heads, heads=tuple(replace(head, sequence=7) for head in heads.heads))
    street.store.objects[first] = lie.sign("rec-1", street.city.recorder_key).encode()
    invented = replace(heads, entry="ab" * 16, at=Micros(heads.at - 1))
    street.store.put(
        str(invented.name()), invented.sign("rec-1", street.city.recorder_key).encode()
    )
    street.store.objects[first.replace("T05", "T04")] = b"{}"
    street.store.objects[f"{first.rpartition('/')[0]}/x.json"] = b"{}"
    package = street.pack(tmp_path, 0, 2)
    assert package.judgement.verdict is Verdict.SOUND
    assert shown(package) == [(0.0, 2.0, 4.0)]
    street.store.objects[first] = b"{}"
    for name in list(street.store.objects):
        if name.endswith("20261121T050004000000Z.seg"):
            street.store.delete(name)
    package = packed(street.city, tmp_path / "q.zip", 0, 2)
    assert package.judgement.verdict is Verdict.SOUND
    assert shown(package) == []
    assert package.judgement.unanchored == [("cam-0001", at(0), at(2))]


def test_an_anchor_before_the_footage_shows_nothing(street: Street, tmp_path: Path) -> None:
    street.record()
    street.anchor()
    street.record()
    package = street.pack(tmp_path, 2, 4)
    assert shown(package) == []
    assert package.judgement.verdict is Verdict.SOUND


def test_held_footage_keeps_its_anchors_when_its_day_has_expired(
    street: Street, tmp_path: Path
) -> None:
    """Expiry copies the held segments and the lists of their time; what lay between the last held
    segment and a later anchor is gone, and so is the way to it."""
    names = [street.record(), street.record(), street.anchor(), street.record()]
    street.record()
    names.append(street.anchor())
    cases = MemoryStore()
    for name in names:
        cases.put(f"cases/case-12/{name}", street.store.get(name))
    street.store.objects.clear()
    street.city.store = CaseFootage(street.store, cases, CaseId("case-12"))
    package = street.pack(tmp_path, 0, 6)
    assert package.judgement.verdict is Verdict.SOUND
    assert shown(package) == [(0.0, 4.0, 4.0)]
    assert package.judgement.unanchored == [("cam-0001", at(4), at(6))]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a package holds, what bounds it, and what is left when making it fails."""

import io
import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from machimori.evidence.errors import NotDeliverableError, UnsoundPackageError
from machimori.evidence.glimpse import first_picture
from machimori.evidence.make import make
from machimori.evidence.report import render
from machimori.evidence.testing import (
    SECOND,
    SampleCity,
    SampleVault,
    at,
    packed,
    read_files,
    recorded,
)
from machimori.evidence.verifier.statement import UNEXPLAINED
from machimori.evidence.verifier.verdict import Verdict
from machimori.footage.mp4.testing import chunks_of, encode, sent
from machimori.footage.rtp.testing import Sender, description, h264_payloads
from machimori.footage.testing import SAMPLE_START, MemoryStore, SampleRecorder
from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import DurabilityError, RefusedError
from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.ledger.entry import Entry
from machimori.vault.client.identity import Certificate
from machimori.vault.client.release import Release, ReleaseRequest
from machimori.vault.sealing.layout import CHUNK_MAGIC


def attempt(city: SampleCity, out: Path, **changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "client": city.vault,
        "ledger": city.ledger,
        "store": city.store,
        "order": city.order(at(0), at(6)),
        "reader": city.reader,
        "out": out,
        "clock": ManualClock(at(20)),
    }
    return make(**arguments | changes)


def test_P4_the_statement_says_what_was_asked_delivered_and_missing(made: Any) -> None:
    """Evidence states interval asked and delivered, gaps with causes, and the clock's bound."""
    statement = made.package.statement
    assert (statement.start, statement.end) == (at(1.5), at(9))
    (camera,) = statement.cameras
    assert camera.delivered == ((at(1.5), at(6)),)
    (gap,) = camera.gaps
    assert (gap.start, gap.end, gap.cause) == (at(6), at(9), "network")
    assert gap.record in statement.files
    assert camera.clock.bound is None
    assert [a.post for a in statement.approvals] == ["管理責任者", "取扱責任者"]
    assert made.package.judgement.verdict is Verdict.SOUND


def test_the_page_says_the_same_in_japanese(made: Any) -> None:
    page = read_files(made.path)["data/statement.html"].decode()
    for text in (
        "令和8年11月21日（土）14時00分01.500秒",
        "通信の障害",
        "刑事訴訟法第197条第2項",
        made.city.fingerprint,
        "data/video/cam-0001-01.mp4",
        "画像のない時間が 1 か所",
        "<th scope='row'>録画機の時計の誤差</th><td>不明</td>",
    ):
        assert text in page
    for banned in ("<script", "http://", "https://", "src=", "@import"):
        assert banned not in page


def test_what_officials_typed_cannot_become_markup(tmp_path: Path) -> None:
    city, _ = recorded(seconds=2)
    hostile = "<script>alert(1)</script>&amp;"
    page = replace(
        packed(city, tmp_path / "p.zip", 0, 2).statement, ground=hostile, purpose=hostile
    )
    assert b"<script" not in render(page)


def test_A15_delivery_is_bounded_by_the_instruction(tmp_path: Path) -> None:
    city, _ = recorded()
    order = city.order(at(1), at(4))
    for start, end in ((at(0), at(4)), (at(1), at(5)), (at(2), at(2)), (at(3), at(2))):
        with pytest.raises(NotDeliverableError):
            attempt(city, tmp_path / "p.zip", order=replace(order, start=start, end=end))
    with pytest.raises(NotDeliverableError):
        attempt(city, tmp_path / "p.zip", order=replace(order, cameras=("cam-0002",)))
    assert city.vault.releases == 0
    assert not list(tmp_path.iterdir())
    narrowed = attempt(city, tmp_path / "p.zip", order=replace(order, start=at(2), end=at(3)))
    (camera,) = narrowed.statement.cameras
    assert camera.delivered == ((at(2), at(3)),)
    # Only chunks that arrived inside are there: one of the six.
    originals = [f for n, f in narrowed.statement.files.items() if n.endswith(".rtp")]
    assert len(originals) == 1
    assert narrowed.judgement.chunks == 1


def test_A9_the_original_is_byte_for_byte_what_the_camera_sent(made: Any) -> None:
    stream = b"".join(
        chunk.data for chunk in chunks_of(sent("h264", made.pictures), start=SAMPLE_START)
    )
    files = read_files(made.path)
    originals = b"".join(files[name] for name in sorted(files) if name.endswith(".rtp"))
    assert originals
    assert stream.endswith(originals)


def test_K12_an_opening_is_in_the_ledger_before_keys_leave(tmp_path: Path) -> None:
    city, _ = recorded()
    seen: list[list[str]] = []

    class Watching(SampleVault):
        def release(self, request: ReleaseRequest) -> Release:
            seen.append([Entry.decode(e).type for e in city.ledger.entries()])
            return super().release(request)

    vault = Watching(
        city=city.vault.city,
        certificates=city.vault.certificates,
        recorders=city.vault.recorders,
    )
    made = attempt(city, tmp_path / "p.zip", client=vault)
    assert seen == [["recorder.anchor", "authorisation.signed", "release.requested"]]
    last = Entry.decode(list(city.ledger.entries())[-1])
    assert last.type == "evidence.made"
    assert last.subject == {"case": "case-12", "package": made.statement.package}
    assert last.data["statement"] == made.statement.envelope().digest().hex()


def test_a_refusing_vault_leaves_nothing(tmp_path: Path) -> None:
    city, _ = recorded()

    class Refusing(SampleVault):
        def release(self, request: ReleaseRequest) -> Release:
            raise RefusedError("too few signatures")

    vault = Refusing(city=city.vault.city, certificates=city.vault.certificates)
    with pytest.raises(RefusedError):
        attempt(city, tmp_path / "p.zip", client=vault)
    assert not list(tmp_path.iterdir())


def test_nothing_stored_is_said_before_anything_is_opened(tmp_path: Path) -> None:
    city, _ = recorded()
    with pytest.raises(NotDeliverableError, match="nothing usable"):
        attempt(city, tmp_path / "p.zip", order=city.order(at(100), at(200)))
    assert city.vault.releases == 0


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    city, _ = recorded()
    out = tmp_path / "p.zip"
    out.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        attempt(city, out)
    assert out.read_bytes() == b"mine"


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["fdatasync", "rename"])
def test_a_failing_disk_leaves_no_package_under_the_name(
    tmp_path: Path, step: str, moment: str
) -> None:
    city, _ = recorded(seconds=2)
    out = tmp_path / "p.zip"

    def fail(found: str, path: Path, when: str) -> None:
        if (found, when) == (step, moment):
            raise DurabilityError("the disk is gone")

    with pytest.raises(DurabilityError):
        attempt(city, out, disk=Disk(fail), order=city.order(at(0), at(2)))
    # After the rename the package is whole, only its name may not be durable.
    assert out.exists() == (step == "rename" and moment == "after")
    assert not list(tmp_path.glob(".*"))


def _flip(city: SampleCity, which: int, offset: int) -> None:
    """One bit of a stored segment, `offset` bytes behind its first chunk's beginning."""
    assert isinstance(city.store, MemoryStore)
    name = sorted(name for name in city.store.objects if name.endswith(".seg"))[which]
    data = bytearray(city.store.objects[name])
    data[data.index(CHUNK_MAGIC) + offset] ^= 1
    city.store.objects[name] = bytes(data)


@pytest.mark.parametrize("offset", [200, 20], ids=["footage", "frame"])
def test_a_damaged_segment_is_left_out_and_said_so(tmp_path: Path, offset: int) -> None:
    city, _ = recorded()
    _flip(city, 0, offset)
    made = attempt(city, tmp_path / "p.zip")
    (camera,) = made.statement.cameras
    assert [(g.start, g.end, g.cause) for g in camera.gaps] == [(at(0), at(3), "damaged")]
    assert camera.delivered == ((at(3), at(6)),)
    assert made.judgement.verdict is Verdict.SOUND
    assert city.vault.releases == 1


def test_nothing_but_damage_is_no_package(tmp_path: Path) -> None:
    city, _ = recorded()
    _flip(city, 0, 200)
    _flip(city, 1, 200)
    with pytest.raises(NotDeliverableError, match="nothing usable"):
        attempt(city, tmp_path / "p.zip")
    assert not list(tmp_path.iterdir())


def test_files_planted_in_the_store_neither_get_in_nor_get_in_the_way(tmp_path: Path) -> None:
    """The store's owner has segments and records signed by a recorder that is not the city's."""
    city, _ = recorded()
    stranger = SampleRecorder(camera="cam-0001", start=at(7), signer=SigningKey.generate())
    for name, data in (stranger.segment(), stranger.record()):
        city.store.put(name, data)
    made = attempt(city, tmp_path / "p.zip", order=city.order(at(0), at(12)))
    (camera,) = made.statement.cameras
    assert len(camera.segments) == 2
    assert len(camera.records) == 1
    assert made.judgement.verdict is Verdict.SOUND


def test_what_does_not_verify_gets_no_name(tmp_path: Path) -> None:
    """A vault whose signature is not the city's: the recipient's verifier would refuse."""
    city, _ = recorded()

    class Lying(SampleVault):
        def attest(self, release_id: bytes, payload_type: str, payload: bytes) -> Envelope:
            envelope = Envelope(payload_type=payload_type, payload=payload)
            return envelope.signed_by("city", SigningKey.generate())

    vault = Lying(
        city=city.vault.city,
        certificates=city.vault.certificates,
        recorders=city.vault.recorders,
    )
    with pytest.raises(UnsoundPackageError, match="statement"):
        attempt(city, tmp_path / "p.zip", client=vault)
    assert not list(tmp_path.iterdir())


def test_gaps_without_a_record_are_unexplained_and_several_cameras_share_a_package(
    tmp_path: Path,
) -> None:
    city, _ = recorded()
    other = city.recorder("cam-0002")
    chunks = chunks_of(sent("jpeg", encode("jpeg", count=90, size=(160, 96))), start=SAMPLE_START)
    city.record(other, description("JPEG"), [*chunks[:2], *chunks[4:]], every=2 * SECOND)
    made = attempt(
        city,
        tmp_path / "p.zip",
        order=city.order(at(0), at(6), cameras=("cam-0001", "cam-0002")),
    )
    first, second = made.statement.cameras
    assert first.gaps == ()
    assert [(g.start, g.end, g.cause) for g in second.gaps] == [(at(2), at(4), UNEXPLAINED)]
    kinds = [(video.kind, video.codec) for video in second.videos]
    assert kinds.count(("copy", "jpeg")) == kinds.count(("viewing", "h264")) == 2
    assert made.judgement.verdict is Verdict.SOUND


def test_a_marked_viewing_copy_lies_beside_every_film(tmp_path: Path) -> None:
    city, _ = recorded()
    white = VideoFrame(64, 16, "rgba")
    for plane in white.planes:
        plane.update(b"\xff" * plane.buffer_size)
    coder = CodecContext.create("png", "w")
    assert isinstance(coder, VideoCodecContext)
    coder.width, coder.height, coder.pix_fmt = 64, 16, "rgba"
    coder.time_base = Fraction(1, 25)
    mark = b"".join(map(bytes, [*coder.encode(white), *coder.encode(None)]))
    made = attempt(city, tmp_path / "p.zip", order=city.order(at(0), at(6)), mark=mark)
    (camera,) = made.statement.cameras
    assert [(video.kind, video.codec) for video in camera.videos] == [
        ("copy", "h264"),
        ("viewing", "h264"),
    ]
    assert made.judgement.verdict is Verdict.SOUND
    with zipfile.ZipFile(made.path) as package:
        film = io.BytesIO(package.read(camera.videos[1].path))
    with av.open(film, "r") as copy:
        assert "証拠ではありません" in copy.metadata["title"]
        frames = list(copy.decode(video=0))
    assert len(frames) == camera.videos[0].samples
    for frame in (frames[0], frames[-1]):
        grey = frame.reformat(format="gray")
        row = grey.height - 8 - 10
        start = row * grey.planes[0].line_size + grey.width // 2 - 20
        assert min(bytes(grey.planes[0])[start : start + 40]) > 200


def test_segments_on_both_sides_of_midnight_belong_together(tmp_path: Path) -> None:
    midnight = Micros(SAMPLE_START + 10 * 3600 * SECOND)
    city = SampleCity(start=Micros(midnight - 3 * SECOND))
    pictures = encode("h264", count=90, size=(160, 96))
    chunks = chunks_of(sent("h264", pictures), start=city.start)
    city.record(city.recorder(), description("H264"), chunks, every=3 * SECOND)
    days = {item.name.partition("/")[0] for item in city.store.list()}
    assert days == {"2026-11-21", "2026-11-22"}
    order = city.order(city.start, Micros(midnight + 3 * SECOND))
    made = attempt(city, tmp_path / "p.zip", order=order, clock=ManualClock(midnight))
    (camera,) = made.statement.cameras
    assert len(camera.segments) == 2
    assert camera.gaps == ()
    assert [video.samples for video in camera.videos] == [90]


def test_the_time_before_the_first_key_frame_is_stated(tmp_path: Path) -> None:
    city, _ = recorded()
    (camera,) = packed(city, tmp_path / "p.zip", 1.5, 4).statement.cameras
    # Chunk 1…2 s begins at a key frame (one a second): there is nothing before it to be skipped.
    assert camera.lead_in <= SECOND
    assert camera.videos[0].start >= camera.delivered[0][0] - SECOND


def test_the_first_picture_of_an_interval_is_shown(tmp_path: Path) -> None:
    city, _ = recorded()
    shown = first_picture(
        client=city.vault,
        ledger=city.ledger,
        store=city.store,
        order=city.order(at(0), at(6)),
        reader=city.reader,
        clock=ManualClock(at(20)),
    )
    assert (shown.frame.width, shown.frame.height) == (160, 96)
    assert city.vault.releases == 1


def test_the_package_is_private_to_its_maker(tmp_path: Path) -> None:
    city, _ = recorded(seconds=2)
    path = packed(city, tmp_path / "p.zip", 0, 2).path
    assert path.stat().st_mode & 0o007 == 0


def test_the_cameras_own_clock_and_its_drift_are_stated(tmp_path: Path) -> None:
    """Three minutes at a picture a second; the camera is 2 s ahead and gains 10 ms a second."""
    city = SampleCity()
    sender = Sender()
    pieces = []
    for picture in encode("h264", count=180, fps=1, size=(160, 96)):
        second = picture.pts / 90_000
        wall = SAMPLE_START + round((second * 1.01 + 2) * SECOND)
        report = sender.report(picture.pts, wall)
        frames = sender.frames(h264_payloads(picture.units), picture.pts)
        pieces.append((second, report + b"".join(frames)))
    chunks = chunks_of(pieces, start=city.start, period=2.0)
    city.record(city.recorder(), description("H264"), chunks)
    order = city.order(city.start, Micros(city.start + 180 * SECOND))
    (camera,) = attempt(city, tmp_path / "p.zip", order=order).statement.cameras
    assert camera.clock.camera_offset == pytest.approx(1.6 * SECOND, abs=SECOND)
    assert camera.clock.camera_drift == pytest.approx(1.2 * SECOND, abs=0.2 * SECOND)


def test_a_recorder_whose_key_was_renewed_is_believed_for_both(tmp_path: Path) -> None:
    city, _ = recorded()
    renewed = Certificate(
        role="recorder",
        name="rec-1",
        public=SigningKey.generate().public.raw,
        effective_from=at(100),
    )
    city.vault.certificates += (renewed.envelope().signed_by("city", city.key),)
    assert attempt(city, tmp_path / "p.zip").judgement.verdict is Verdict.SOUND

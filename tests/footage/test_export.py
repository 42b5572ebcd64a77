# SPDX-License-Identifier: AGPL-3.0-or-later
"""Strangers agree: what FFmpeg's tools say of the clips, and the encoder's own NAL units."""

import base64
import hashlib
import io
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.footage.export import (
    ClipReport,
    Export,
    Stretch,
    TimedChunk,
    export,
    export_stretches,
)
from machimori.footage.mp4.reader import Mp4File, units_of
from machimori.footage.mp4.testing import (
    Codec,
    Picture,
    chunks_of,
    decoded,
    encode,
    ffmpeg_decodes,
    ffprobe,
    sent,
)
from machimori.footage.rtp import testing
from machimori.footage.rtp.testing import Sender, description
from machimori.kernel.errors import MalformedError

TAGS = {"h264": "avc1", "h265": "hvc1", "jpeg": "mp4v"}
ENCODING = {"h264": "H264", "h265": "H265", "jpeg": "JPEG"}
X264 = "keyint=15:repeat-headers=1"
X265 = "keyint=15:repeat-headers=1:log-level=none"


def write(result: Export, directory: Path) -> list[ClipReport]:
    directory.mkdir(exist_ok=True)
    return [clip.write(directory / f"{clip.number}.mp4") for clip in result]


def samples(path: Path) -> list[tuple[bytes, ...]]:
    with path.open("rb") as file:
        film = Mp4File(file)
        split = units_of if film.kind != "mp4v" else lambda data: (data,)
        return [split(sample.data) for sample in film.samples()]


def strangers_agree(path: Path, shown: int) -> None:
    ffmpeg_decodes(path)
    probe = ffprobe(path)
    assert probe["streams"][0]["nb_read_frames"] == str(shown)
    dts = [packet["dts"] for packet in probe["packets"]]
    assert all(a < b for a, b in pairwise(dts))


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("h264", {}),
        ("h264", {"x264-params": X264 + ":bframes=3:b-pyramid=normal:b-adapt=0"}),
        ("h264", {"x264-params": X264 + ":slices=4:aud=1"}),
        ("h265", {}),
        ("h265", {"preset": "fast", "x265-params": X265 + ":bframes=4:b-adapt=0"}),
        ("h265", {"x265-params": X265 + ":slices=2:aud=1:hrd=0"}),
        ("jpeg", {}),
    ],
)
def test_every_unit_of_every_picture_is_in_the_clip(
    codec: Codec, options: dict[str, str], tmp_path: Path
) -> None:
    pictures = encode(codec, options=options, count=32)
    result = export(description(ENCODING[codec]), chunks_of(sent(codec, pictures)))
    (clip,) = write(result, tmp_path)
    path = tmp_path / "1.mp4"
    strangers_agree(path, 32)
    stream = ffprobe(path)["streams"][0]
    assert stream["codec_tag_string"] == TAGS[codec]
    assert (stream["width"], stream["height"]) == (clip.width, clip.height) == (320, 192)
    assert (stream["start_time"], stream["duration_ts"]) == ("0.000000", 32 * 6000)
    assert (clip.pictures, clip.hidden, clip.incomplete, clip.lost) == (32, 0, 0, 0)
    assert clip.duration == 32 * 1_000_000 // 15
    assert [at for at, _ in decoded(path)] == [6000 * index for index in range(32)]
    if codec != "jpeg":
        assert samples(path) == [picture.units for picture in pictures]
    assert result.report.undecodable == []


def pixels_of_jpeg(data: bytes) -> str:
    with av.open(io.BytesIO(data), "r", format="mjpeg") as container:
        frame = next(iter(container.decode(video=0)))
        return hashlib.sha256(b"".join(map(bytes, frame.planes))).hexdigest()


@pytest.mark.parametrize("size", [(320, 192), (2560, 64)])
def test_mjpeg_is_equal_pixel_by_pixel(size: tuple[int, int], tmp_path: Path) -> None:
    pictures = encode("jpeg", size=size, count=5)
    text = description("JPEG", attributes=[f"x-dimensions:{size[0]},{size[1]}"])
    write(export(text, chunks_of(sent("jpeg", pictures))), tmp_path)
    shown = [digest for _, digest in decoded(tmp_path / "1.mp4")]
    assert shown == [pixels_of_jpeg(picture.units[0]) for picture in pictures]


def test_mjpeg_with_restart_markers_and_standard_tables(tmp_path: Path) -> None:
    # FFmpeg's encoder at q:v 2 has tables of its own; Q below 128 names the RFC's instead, so
    # only the decoder's agreement that the file is sound is asked here.
    picture = encode("jpeg", count=1)[0].units[0]
    scan = picture.index(b"\xff\xda")
    with_restart = picture[:scan] + b"\xff\xdd\x00\x04\x00\xf0" + picture[scan:]
    sender = Sender()
    frames = [
        *sender.frames(testing.jpeg_payloads(picture, q=60), 0),
        *sender.frames(testing.jpeg_payloads(with_restart), 6000),
    ]
    write(export(description("JPEG"), chunks_of([(0, b"".join(frames))])), tmp_path)
    strangers_agree(tmp_path / "1.mp4", 2)
    assert decoded(tmp_path / "1.mp4")[1][1] == pixels_of_jpeg(picture)


def test_sei_is_never_dropped(tmp_path: Path) -> None:
    pictures = encode("h264", count=10)
    sei = b"\x06\x05\x14" + bytes(range(16)) + b"sign\x80"
    signed = [replace(picture, units=(sei, *picture.units)) for picture in pictures]
    write(export(description("H264"), chunks_of(sent("h264", signed))), tmp_path)
    assert all(units[0] == sei for units in samples(tmp_path / "1.mp4"))
    strangers_agree(tmp_path / "1.mp4", 10)


@pytest.mark.parametrize("codec", ["h264", "h265", "jpeg"])
def test_a_new_resolution_begins_a_new_clip(codec: Codec, tmp_path: Path) -> None:
    small = encode(codec, count=20)
    large = encode(codec, size=(640, 368), count=20, first=20)
    result = export(description(ENCODING[codec]), chunks_of(sent(codec, small + large)))
    first, second = write(result, tmp_path)
    assert (first.width, second.width) == (320, 640)
    assert second.cause == "parameters"
    assert first.duration == 20 * 1_000_000 // 15
    for number in (1, 2):
        strangers_agree(tmp_path / f"{number}.mp4", 20)


def later(pictures: Iterable[Picture], seconds: float) -> list[Picture]:
    return [replace(p, pts=p.pts + round(seconds * 90_000)) for p in pictures]


def test_a_gap_at_a_key_frame_begins_a_new_clip(tmp_path: Path) -> None:
    pictures = encode("h264", count=30)
    stream = sent("h264", pictures[:15] + later(pictures[15:], 2.5))
    first, second = write(export(description("H264"), chunks_of(stream)), tmp_path)
    assert (first.pictures, second.pictures, second.cause) == (15, 15, "gap")
    assert second.arrived_from - first.arrived_to >= 0
    strangers_agree(tmp_path / "1.mp4", 15)
    strangers_agree(tmp_path / "2.mp4", 15)


def jumping(pictures: list[Picture], at: int, seconds: float) -> list[tuple[float, bytes]]:
    """The pictures at their pace, while the RTP clock jumps at one of them."""
    sender = Sender()
    data = sent("h264", pictures[:at], sender)
    data += sent("h264", later(pictures[at:], seconds), sender)
    return [(at, piece) for (at, _), (_, piece) in zip(sent("h264", pictures), data, strict=True)]


@pytest.mark.parametrize("seconds", [7200, -7200, 3])
@pytest.mark.parametrize("bframes", [0, 2])
def test_a_jump_of_the_cameras_clock_keeps_every_picture(
    bframes: int, seconds: float, tmp_path: Path
) -> None:
    options = {"x264-params": f"keyint=30:repeat-headers=1:bframes={bframes}:b-adapt=0"}
    pictures = later(encode("h264", count=30, options=options), 10_000)
    whole = export(description("H264"), chunks_of(sent("h264", pictures)))
    write(whole, tmp_path / "whole")
    stream = jumping(pictures, 16, seconds)
    first, second = write(export(description("H264"), chunks_of(stream, period=0.5)), tmp_path)
    assert (first.pictures, second.hidden, second.pictures) == (16, 16, 14)
    assert second.cause == "clock"
    ffmpeg_decodes(tmp_path / "2.mp4")
    shown = [digest for _, digest in decoded(tmp_path / "2.mp4")]
    if not bframes:
        assert shown == [digest for _, digest in decoded(tmp_path / "whole" / "1.mp4")][16:]
    assert float(ffprobe(tmp_path / "2.mp4")["format"]["start_time"]) == 0


def test_a_gap_waits_for_a_key_frame_even_without_loss(tmp_path: Path) -> None:
    pictures = encode("h264", count=45)
    stream = sent("h264", pictures[:16] + later(pictures[16:], 3))
    result = export(description("H264"), chunks_of(stream))
    first, second = write(result, tmp_path)
    assert (first.pictures, second.hidden, second.pictures, second.cause) == (16, 0, 15, "gap")
    assert [item.pictures for item in result.report.undecodable] == [14]
    strangers_agree(tmp_path / "2.mp4", 15)


def test_a_gap_with_loss_waits_for_a_key_frame(tmp_path: Path) -> None:
    pictures = encode("h264", count=45)
    stream = sent("h264", pictures[:10] + later(pictures[10:], 3))
    del stream[10]
    result = export(description("H264"), chunks_of(stream))
    first, second = write(result, tmp_path)
    assert (first.pictures, second.pictures, second.cause) == (10, 30, "gap")
    assert [item.pictures for item in result.report.undecodable] == [4]
    assert result.report.lost > 0
    strangers_agree(tmp_path / "2.mp4", 30)


def test_time_stamps_wrap(tmp_path: Path) -> None:
    pictures = later(encode("h264", count=30), 2**32 / 90_000 - 1)
    one = export(description("H264"), chunks_of(sent("h264", pictures)))
    assert [clip.pictures for clip in write(one, tmp_path / "wrap")] == [30]
    strangers_agree(tmp_path / "wrap" / "1.mp4", 30)


def test_lost_packets_are_counted_and_damaged_pictures_kept(tmp_path: Path) -> None:
    options = {"x264-params": X264 + ":slices=4"}
    pictures = encode("h264", count=30, options=options, size=(640, 368))
    sender = Sender(mtu=400)
    stream = []
    for index, picture in enumerate(pictures):
        frames = sender.frames(testing.h264_payloads(picture.units, 400), picture.pts)
        if index == 20:
            del frames[len(frames) // 2]
        stream.append((index / 15, b"".join(frames)))
    result = export(description("H264"), chunks_of(stream))
    (clip,) = write(result, tmp_path)
    assert (clip.pictures, clip.incomplete, clip.lost) == (30, 1, 1)
    assert len(samples(tmp_path / "1.mp4")[20]) < len(pictures[20].units)
    assert ffprobe(tmp_path / "1.mp4")["streams"][0]["nb_frames"] == "30"


def test_the_cause_is_remembered_while_waiting_for_a_key_frame(tmp_path: Path) -> None:
    small = encode("h264", count=15)
    large = encode("h264", size=(640, 368), count=30, first=15)
    sender = Sender(mtu=400)
    stream = []
    for index, picture in enumerate(small + large):
        frames = sender.frames(testing.h264_payloads(picture.units, 400), picture.pts)
        if index == 15:
            # The last fragment of the first picture with the new parameter sets.
            del frames[-1]
        stream.append((index / 15, b"".join(frames)))
    result = export(description("H264"), chunks_of(stream))
    clips = write(result, tmp_path)
    assert [(clip.cause, clip.width, clip.pictures) for clip in clips] == [
        ("start", 320, 15),
        ("parameters", 640, 15),
    ]
    assert (result.report.unusable, result.report.lost) == (1, 1)
    assert [item.pictures for item in result.report.undecodable] == [14]


@pytest.mark.parametrize("codec", ["h264", "h265", "jpeg"])
@pytest.mark.parametrize("end", range(-1500, 0, 250))
def test_a_release_may_begin_and_end_anywhere(codec: Codec, end: int, tmp_path: Path) -> None:
    options = {"x264-params": X264 + ":slices=2"} if codec == "h264" else {}
    pictures = encode(codec, count=45, options=options)
    data = b"".join(piece for _, piece in sent(codec, pictures))
    result = export(description(ENCODING[codec]), chunks_of([(0, data[777:end])]))
    (clip,) = write(result, tmp_path)
    assert (clip.incomplete, clip.lost) == (0, 0)
    assert clip.pictures >= 28
    assert result.report.cut_off <= 1
    ffmpeg_decodes(tmp_path / "1.mp4")


def test_parameter_sets_out_of_the_description(tmp_path: Path) -> None:
    pictures = encode("h264", count=5)
    sets = [unit for unit in pictures[0].units if unit[0] & 0x1F in (7, 8)]
    bare = [
        replace(p, units=tuple(u for u in p.units if u[0] & 0x1F not in (7, 8))) for p in pictures
    ]
    fmtp = "sprop-parameter-sets=" + ",".join(base64.b64encode(s).decode() for s in sets)
    write(export(description("H264", fmtp=fmtp), chunks_of(sent("h264", bare))), tmp_path)
    strangers_agree(tmp_path / "1.mp4", 5)
    nothing = export(description("H264"), chunks_of(sent("h264", bare)))
    assert list(nothing) == []
    assert [item.pictures for item in nothing.report.undecodable] == [5]


def stretches(
    pictures: list[Picture], cut: int, *, continues: bool, sender: Callable[[], Sender]
) -> list[Stretch]:
    one = sender()
    stream = sent("h264", pictures, one)
    if not continues:
        stream = stream[:cut] + sent("h264", pictures[cut:], Sender(ssrc=5, sequence=9))
    parts = [b"".join(data for _, data in part) for part in (stream[:cut], stream[cut:])]
    # A chunk may end anywhere: here 3 bytes before the picture does.
    edge = parts[0][-3:] if continues else b""
    data = (parts[0][: len(parts[0]) - len(edge)], edge + parts[1])
    return [
        Stretch(
            description=description("H264"),
            chunks=chunks_of([(0, piece)], start=1_790_000_000_000_000 + index * 1_000_000),
            continues=continues and index > 0,
        )
        for index, piece in enumerate(data)
    ]


def test_segments_of_one_session_make_one_clip(tmp_path: Path) -> None:
    pictures = encode("h264", count=30)
    parts = stretches(pictures, 17, continues=True, sender=Sender)
    (clip,) = write(export_stretches(parts), tmp_path)
    assert clip.pictures == 30
    strangers_agree(tmp_path / "1.mp4", 30)


def test_another_session_begins_another_clip(tmp_path: Path) -> None:
    pictures = encode("h264", count=30)
    parts = stretches(pictures, 15, continues=False, sender=Sender)
    first, second = write(export_stretches(parts), tmp_path)
    assert (first.pictures, second.pictures, second.cause) == (15, 15, "session")


def test_a_slow_camera_has_no_gaps(tmp_path: Path) -> None:
    pictures = [
        replace(p, pts=p.pts * 45) for p in encode("h264", options={"x264-params": X264}, count=30)
    ]
    clips = write(export(description("H264"), chunks_of(sent("h264", pictures))), tmp_path)
    assert [clip.pictures for clip in clips] == [30]


def test_the_same_bytes_give_the_same_files() -> None:
    chunks = chunks_of(sent("h264", encode("h264", count=30)))
    files = []
    for _ in range(2):
        for clip in export(description("H264"), chunks):
            file = io.BytesIO()
            clip.write_to(file)
            files.append(file.getvalue())
    assert files[0] == files[1]


def test_a_clip_that_is_not_written_is_passed_over() -> None:
    small = encode("h264", count=16)
    large = encode("h264", size=(640, 368), count=16, first=16)
    result = export(description("H264"), chunks_of(sent("h264", small + large)))
    assert [clip.size[0] for clip in result] == [320, 640]
    assert [clip.pictures for clip in result.report.clips] == [16, 16]


def test_progress_is_told_in_bytes_read() -> None:
    chunks = chunks_of(sent("h264", encode("h264", count=45)))
    told: list[int] = []
    list(export(description("H264"), chunks, progress=told.append))
    assert told[-1] == sum(len(chunk.data) for chunk in chunks)
    assert told == sorted(told)


class Sink(io.RawIOBase):
    """A file that forgets what is written to it."""

    place = 0

    def write(self, data: object) -> int:
        self.place += len(data)  # type: ignore[arg-type]
        return len(data)  # type: ignore[arg-type]

    def seek(self, offset: int, whence: int = 0) -> int:
        del whence
        self.place = offset
        return offset

    def tell(self) -> int:
        return self.place


def endless(rounds: int, pictures: list[Picture]) -> Iterable[TimedChunk]:
    """The pictures again and again, a second each time."""
    sender = Sender()
    for index in range(rounds):
        start = 1_790_000_000_000_000 + index * 1_000_000
        yield from chunks_of(sent("h264", later(pictures, index), sender), start=start)


def peak(rounds: int, pictures: list[Picture]) -> int:
    tracemalloc.start()
    for clip in export(description("H264"), endless(rounds, pictures)):
        clip.write_to(Sink())  # type: ignore[arg-type]
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_memory_does_not_grow_with_the_footage() -> None:
    pictures = encode("h264", count=15)
    # 2,700 more samples may cost their rows of the index and copies of it while it is written.
    assert peak(200, pictures) - peak(20, pictures) < 2700 * 60


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_twenty_gigabytes_of_one_camera_fit_into_bounded_memory() -> None:
    """A process of its own, whose peak the kernel measures."""
    code = (
        "import resource, runpy\n"
        f"tests = runpy.run_path({__file__!r})\n"
        "tests['twenty_gigabytes'](80_000)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert int(done.stdout) < 250_000


def twenty_gigabytes(seconds: int) -> None:
    """250 kB a second, 15 pictures, written to nowhere."""
    pictures = encode("h264", count=15)
    padding = b"\x06\x05" + bytes(200) + b"\xff" * 16_400
    large = [replace(picture, units=(*picture.units, padding)) for picture in pictures]
    written = 0
    for clip in export(description("H264"), endless(seconds, large)):
        sink = Sink()
        clip.write_to(sink)  # type: ignore[arg-type]
        written += sink.place
    assert written > seconds * 240_000


@given(st.binary(max_size=200))
def test_a_description_of_anything_else_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        list(export(data, []))

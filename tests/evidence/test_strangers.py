# SPDX-License-Identifier: AGPL-3.0-or-later
"""Strangers agree: bagit, unzip, ffprobe, ffmpeg, and the encoder's own pictures."""

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import bagit
import pytest

from machimori.footage.mp4.testing import ffmpeg_decodes, ffprobe
from machimori.footage.rtp.nal import split_annex_b

CODECS = ("h264", "h265", "jpeg")


@pytest.fixture(scope="module")
def unpacked(
    made_of: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    known: dict[str, Path] = {}

    def give(codec: str) -> Path:
        if codec not in known:
            known[codec] = tmp_path_factory.mktemp(codec)
            with zipfile.ZipFile(made_of(codec).path) as archive:
                assert archive.testzip() is None
                archive.extractall(known[codec])
        return known[codec]

    return give


@pytest.mark.parametrize("codec", CODECS)
def test_bagit_validates_the_bag(unpacked: Callable[[str], Path], codec: str) -> None:
    bag = bagit.Bag(str(unpacked(codec)))
    assert bag.version_info == (1, 0)
    bag.validate()
    (unpacked(codec) / "data" / "stranger").write_bytes(b"x")
    with pytest.raises(bagit.BagValidationError):
        bag.validate()
    (unpacked(codec) / "data" / "stranger").unlink()


def test_unzip_finds_no_error(made: Any) -> None:
    done = subprocess.run(["unzip", "-tq", made.path], capture_output=True, text=True, check=True)
    assert "No errors detected" in done.stdout


@pytest.mark.parametrize("codec", CODECS)
def test_ffprobe_and_a_decode_of_every_frame_find_no_error(
    unpacked: Callable[[str], Path], codec: str
) -> None:
    films = sorted((unpacked(codec) / "data" / "video").iterdir())
    assert len(films) == (1 if codec == "h264" else 2)
    for film in films:
        ffmpeg_decodes(film)
        stream = ffprobe(film)["streams"][0]
        # The two pictures that lead H.265's first key frame refer to what was not released.
        assert int(stream["nb_read_frames"]) == 75
        wanted = {"h264": "h264", "h265": "hevc", "jpeg": "mjpeg"}[codec]
        assert stream["codec_name"] == ("h264" if ".viewing." in film.name else wanted)


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_the_film_equals_the_encoder_nal_by_nal(
    unpacked: Callable[[str], Path], made_of: Callable[[str], Any], codec: str
) -> None:
    units = []
    with av.open(str(unpacked(codec) / "data" / "video" / "cam-0001-01.mp4")) as film:
        annex_b = av.BitStreamFilterContext(
            "h264_mp4toannexb" if codec == "h264" else "hevc_mp4toannexb", film.streams.video[0]
        )
        for packet in [*film.demux(video=0), None]:
            for filtered in annex_b.filter(packet):
                units.append(split_annex_b(bytes(filtered)))
    sent = [picture.units for picture in made_of(codec).pictures]
    found = [unit for group in units for unit in group]
    expected = [unit for group in sent[-len(units) :] for unit in group]
    # The filter repeats the parameter sets at key frames; nothing else may differ.
    assert [u for u in found if not _is_parameter(codec, u)] == [
        u for u in expected if not _is_parameter(codec, u)
    ]
    assert {u for u in expected if _is_parameter(codec, u)} <= set(found)


def test_the_mjpeg_film_equals_the_encoder_pixel_by_pixel(
    unpacked: Callable[[str], Path], made_of: Callable[[str], Any]
) -> None:
    with av.open(str(unpacked("jpeg") / "data" / "video" / "cam-0001-01.mp4")) as film:
        found = [b"".join(map(bytes, frame.planes)) for frame in film.decode(video=0)]
    decoder = av.CodecContext.create("mjpeg", "r")
    sent = [
        b"".join(map(bytes, frame.planes))
        for picture in made_of("jpeg").pictures
        for frame in decoder.decode(av.Packet(picture.units[0]))
    ]
    assert found == sent[-len(found) :]


def _is_parameter(codec: str, unit: bytes) -> bool:
    return unit[0] & 0x1F in (7, 8, 9) if codec == "h264" else unit[0] >> 1 & 0x3F in (32, 33, 34)

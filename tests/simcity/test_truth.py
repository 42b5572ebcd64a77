# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a stranger receives equals what the encoder produced, for each codec and kind of stream."""

import itertools
import re

import av
import pytest

from machimori.simcity.city import SimCity
from machimori.simcity.clips import Clip, ClipSpec, Picture, render
from machimori.simcity.truth import Truth

OPTIONS = {"rtsp_transport": "tcp", "analyzeduration": "300000"}


def received(url: str, count: int) -> list[bytes]:
    """Pictures as FFmpeg's own RTSP client and depacketiser give them."""
    with av.open(url, options=OPTIONS) as container:
        packets = container.demux(container.streams.video[0])
        return [bytes(packet) for packet in itertools.islice(packets, count)]


def units(data: bytes) -> list[bytes]:
    """An Annex B byte stream in NAL units."""
    return re.split(rb"\x00\x00+\x01", data)[1:]


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("faults", [(), ("slices", "b_frames")])
def test_nal_by_nal(codec: str, faults: tuple[str, ...]) -> None:
    with SimCity(codecs=(codec,), rate=30, gop=10, seconds=1.0) as city:
        for fault in faults:
            city.fault(1, fault)
        pictures = received(city.url(), 50)
        match = city.truth().match([units(data) for data in pictures])
    # FFmpeg's client begins with the first key picture; 50 pictures are more than one loop.
    assert match.exact


def test_mjpeg_pixel_by_pixel() -> None:
    with SimCity(codecs=("mjpeg",), rate=30, seconds=1.0) as city:
        pictures = received(city.url(), 40)
        truth = city.truth()
    assert truth.match([[data] for data in pictures]).exact
    assert truth.find([pictures[0][:-200]]) is None
    assert truth.find([b"no picture"]) is None


SPECS = [
    ClipSpec(codec="h264", name="cam-0001", seconds=1.0),
    ClipSpec(codec="h265", name="cam-0001", seconds=1.0, b_frames=2),
    ClipSpec(codec="mjpeg", name="cam-0001", seconds=0.5),
]


@pytest.mark.parametrize("spec", SPECS)
def test_a_clip_renders_to_the_same_bytes_and_survives_its_file(spec: ClipSpec) -> None:
    clip = render(spec)
    assert render(spec) == clip
    assert Clip.decode(clip.encode()) == clip


def test_every_picture_of_a_clip_is_another() -> None:
    clip = render(SPECS[0])
    assert len({picture.units for picture in clip.pictures}) == len(clip.pictures)


def test_a_recording_with_a_picture_missing_or_foreign_does_not_match() -> None:
    spec = ClipSpec(codec="h264", name="x", rate=10)
    pictures = tuple(
        Picture(pts=n * 9000, dts=n * 9000, key=n == 0, units=(b"%d" % n,)) for n in range(5)
    )
    truth = Truth(clips=(Clip(spec=spec, pictures=pictures, duration=45_000),))
    loop = [list(picture.units) for picture in truth.expected((0, 3), 6)]
    assert loop == [[b"3"], [b"4"], [b"0"], [b"1"], [b"2"], [b"3"]]
    assert truth.match(loop).exact
    assert truth.match([loop[0], *loop[2:]]).missing == 1
    assert not truth.match([*loop, [b"7"]]).exact
    assert not truth.match([]).exact
    assert truth.find_unit(b"4") == (0, 4)
    assert truth.picture((0, 4)).units == (b"4",)

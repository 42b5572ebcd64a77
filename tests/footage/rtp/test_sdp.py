# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from machimori.footage.rtp.sdp import Description, VideoTrack
from machimori.footage.rtp.testing import description
from machimori.kernel.errors import MalformedError

CAMERA = """v=0
o=- 1 1 IN IP4 192.0.2.7
s=Media Presentation
a=control:rtsp://192.0.2.7/stream/
m=audio 0 RTP/AVP 0
a=control:trackID=2
m=video 0 RTP/AVP 26 97\r
a=Control:trackID=1\r
a=rtpmap:97 h264/90000\r
a=fmtp:97 Packetization-Mode=1; sprop-parameter-sets=Z0LACg==,aM4PyA; profile-level-id=42c00a\r
garbage
"""


def test_a_sloppy_description_is_read() -> None:
    parsed = Description.parse(CAMERA)
    assert parsed.attributes == (("control", "rtsp://192.0.2.7/stream/"),)
    audio, video = parsed.media
    assert (audio.kind, audio.formats, audio.attribute("control")) == ("audio", (0,), "trackID=2")
    assert video.encoding(97) == ("H264", 90_000)
    assert video.encoding(26) == ("JPEG", 90_000)
    assert video.encoding(5) == ("", 0)
    assert video.parameters(97)["packetization-mode"] == "1"


def test_the_track_is_the_first_format_that_can_be_read() -> None:
    video = Description.parse(CAMERA.replace("26 97", "13 97")).media[1]
    track = VideoTrack.of(video, rtp_channel=4, rtcp_channel=5)
    assert (track.codec, track.payload_type, track.clock_rate) == ("h264", 97, 90_000)
    assert track.parameter_sets == (b"\x67\x42\xc0\x0a", b"\x68\xce\x0f\xc8")
    assert track.interleaving_depth == 0


@pytest.mark.parametrize(
    ("encoding", "fmtp", "depth", "numbered"),
    [
        ("H264", "packetization-mode=2;sprop-interleaving-depth=5", 5, False),
        ("H265", "sprop-max-don-diff=3;sprop-depack-buf-nalus=7", 7, True),
        ("H265", "sprop-max-don-diff=0", 0, False),
    ],
)
def test_decoding_order_numbers_are_announced(
    encoding: str, fmtp: str, depth: int, numbered: bool
) -> None:
    track = VideoTrack.read(description(encoding, fmtp=fmtp))
    assert (track.interleaving_depth, track.numbered) == (depth, numbered)


def test_dimensions_beyond_rfc_2435_stand_in_the_description() -> None:
    track = VideoTrack.read(description("JPEG", attributes=["x-dimensions:2560,1440"]))
    assert track.dimensions == (2560, 1440)


def test_damaged_parameter_sets_are_left_out() -> None:
    track = VideoTrack.read(description("H264", fmtp="sprop-parameter-sets=%%%,aM4PyA=="))
    assert track.parameter_sets == (b"\x68\xce\x0f\xc8",)


@pytest.mark.parametrize("text", ["", "v=0\r\n", "m=video 0 RTP/AVP 0\n" * 65, "x" * 70_000])
def test_a_description_without_media_or_too_long_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        Description.parse(text)


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        description("H264").replace(b'"track":0', b'"track":1'),
        description("PCMU"),
        description("H264").replace(b"/90000", b"/0"),
    ],
)
def test_a_stored_description_without_such_a_track_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        VideoTrack.read(data)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stored descriptions and the SDP in them."""

from contextlib import suppress

from machimori.footage.rtp.parameters import ParameterSets
from machimori.footage.rtp.sdp import Description, VideoTrack
from machimori.footage.rtp.testing import description
from machimori.kernel.errors import MalformedError


def one_input(data: bytes) -> None:
    with suppress(MalformedError):
        parsed = Description.parse(data.decode("utf-8", "replace"))
        for media in parsed.media:
            track = VideoTrack.of(media, rtp_channel=0, rtcp_channel=1)
            sets = ParameterSets("h265" if track.codec == "h265" else "h264")
            sets.update(track.parameter_sets)
            sets.picture()
    with suppress(MalformedError):
        VideoTrack.read(data)


def seeds() -> list[bytes]:
    h264 = "packetization-mode=1;sprop-parameter-sets=Z0LACtoQmhAAAAMAEAAAAwHg8SJq,aM4PyA=="
    h265 = "sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwA/ugJA;sprop-max-don-diff=2"
    sdp = (
        "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\n"
        f"a=rtpmap:96 H264/90000\r\na=fmtp:96 {h264}\r\na=x-dimensions:2560,1440\r\n"
        "m=audio 0 RTP/AVP 0\r\na=control:trackID=2\r\n"
    )
    return [
        sdp.encode(),
        description("H264", fmtp=h264),
        description("H265", fmtp=h265),
        description("JPEG", attributes=["x-dimensions:2560,1440"], payload_type=26),
    ]

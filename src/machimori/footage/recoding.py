# SPDX-License-Identifier: AGPL-3.0-or-later
"""H.265 and MJPEG, which browsers do not play, as H.264: picture by picture, in memory (PyAV).

What comes out is for a screen and proves nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from av.codec.context import CodecContext
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from machimori.footage.export import Sample, decodable
from machimori.footage.rtp.nal import split_annex_b

DECODERS = {"h264": "h264", "h265": "hevc", "jpeg": "mjpeg"}
"""FFmpeg's decoder of each coding."""
_ENCODER = {"preset": "ultrafast", "tune": "zerolatency", "crf": "20"}
_PARAMETERS = "keyint=30:repeat-headers=1:log-level=none"


@dataclass(frozen=True, kw_only=True)
class Recoded:
    """One picture in H.264."""

    units: tuple[bytes, ...]
    """NAL units; the parameter sets are before each key picture."""
    pts: int
    """As that of the camera's picture."""
    key: bool


class Recoder:
    """Makes the pictures of one clip anew, each as soon as it decodes."""

    def __init__(self, codec: str, timescale: int, *, live: bool = False) -> None:
        """With `live` it works in the caller's thread and no other, one processor at the most, and
        there is a key picture every second, where who comes later can begin."""
        self._decoder = context(DECODERS[codec], "r")
        self._base = Fraction(1, timescale)
        self._live = live
        self._key = 0
        self._encoder: VideoCodecContext | None = None
        self._last = -1
        if live:
            self._decoder.thread_count = 1

    def feed(self, packet: "Packet[Any] | None") -> Iterator[Recoded]:
        """What comes out after this picture; None ends the clip. A picture that does not decode is
        passed over, as a player would."""
        if packet is not None and not packet.size:
            return  # FFmpeg would take it for the end
        try:
            frames = self._decoder.decode(packet)
        except FFmpegError:
            frames = []
        for frame in frames:
            if frame.pts is None or frame.pts <= self._last:
                continue
            self._last = frame.pts
            if self._encoder is None:
                self._encoder = self._made_for(frame)
            frame.pict_type = PictureType.NONE
            if self._live and frame.pts - self._key >= self._base.denominator:
                self._key = frame.pts
                frame.pict_type = PictureType.I
            frame.time_base = self._base
            yield from _recoded(self._encoder.encode(frame.reformat(format="yuv420p")))
        if packet is None and self._encoder is not None:
            yield from _recoded(self._encoder.encode(None))

    def _made_for(self, frame: VideoFrame) -> VideoCodecContext:
        encoder = context("libx264", "w")
        encoder.width, encoder.height = frame.width, frame.height
        encoder.pix_fmt = "yuv420p"
        encoder.time_base = self._base
        threads = ":threads=1" if self._live else ""
        encoder.options = _ENCODER | {"x264-params": _PARAMETERS + threads}
        return encoder


def _recoded(packets: "list[Packet[Any]]") -> Iterator[Recoded]:
    for packet in packets:
        assert packet.pts is not None
        yield Recoded(units=split_annex_b(bytes(packet)), pts=packet.pts, key=packet.is_keyframe)


def packet_of(data: bytes, pts: int) -> "Packet[Any]":
    """A picture as a decoder takes it; `data` as `decodable` makes it."""
    packet = Packet(data)
    packet.pts = pts
    return packet


def packets(
    samples: Iterator[Sample], codec: str, parameter_units: tuple[bytes, ...]
) -> "Iterator[Packet[Any] | None]":
    """The samples for a decoder, with the parameter sets before the first; None ends them."""
    lead = parameter_units
    for sample in samples:
        yield packet_of(decodable(sample, codec, lead=lead), sample.pts)
        lead = ()
    yield None


def context(name: str, mode: str) -> VideoCodecContext:
    """FFmpeg's coder of this name, `r` to decode, `w` to encode."""
    make: Callable[..., CodecContext] = CodecContext.create
    made = make(name, mode)
    assert isinstance(made, VideoCodecContext)
    return made

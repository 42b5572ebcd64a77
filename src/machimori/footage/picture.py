# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first picture of released footage, decoded: what whoever asked sees before anything else.

Reads only what it needs: `chunks` is consumed up to the first key frame that is whole, so a lazy
iterator over released chunks decrypts one or two of them. Decoding is FFmpeg's, through PyAV, which
is why this is no part of `footage.export`: the offline verifier contains that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from av.codec.context import CodecContext
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from machimori.footage.errors import FootageError
from machimori.footage.rtp.access import AccessUnit, Assembler, TimedChunk
from machimori.footage.rtp.parameters import ParameterSets
from machimori.footage.rtp.sdp import Codec, VideoTrack

_DECODERS: dict[Codec, str] = {"h264": "h264", "h265": "hevc", "jpeg": "mjpeg"}
_START_CODE = b"\x00\x00\x00\x01"


class NoPictureError(FootageError):
    """The footage holds no picture that can be decoded by itself."""

    exit_code = 49


@dataclass(frozen=True, kw_only=True)
class DecodedPicture:
    """A picture and where it came from."""

    frame: VideoFrame
    unit: AccessUnit


def first_picture(description: bytes, chunks: Iterable[TimedChunk]) -> DecodedPicture:
    """The first picture that can be decoded. `chunks` may begin anywhere in the stream.

    Raises MalformedError for a description that is none, NoPictureError if there is no key frame.
    """
    track = VideoTrack.read(description)
    sets = ParameterSets("h265" if track.codec == "h265" else "h264")
    sets.update(track.parameter_sets)
    for unit in _units(track, chunks):
        if track.codec != "jpeg":
            sets.update(unit.units)
        if unit.key and unit.complete:
            frame = _decode(track.codec, sets, unit)
            if frame is not None:
                return DecodedPicture(frame=frame, unit=unit)
    raise NoPictureError(
        "no key frame in this interval", remedy="ask for an interval that begins earlier"
    )


def _units(track: VideoTrack, chunks: Iterable[TimedChunk]) -> Iterator[AccessUnit]:
    assembler = Assembler(track)
    for chunk in chunks:
        yield from assembler.feed(chunk)
    yield from assembler.flush()


def _decode(codec: Codec, sets: ParameterSets, unit: AccessUnit) -> VideoFrame | None:
    context = CodecContext.create(_DECODERS[codec], "r")
    assert isinstance(context, VideoCodecContext)
    # One picture has no second to overlap with; starting threads would only cost time.
    context.thread_count = 1
    data = unit.units[0]
    if codec != "jpeg":
        data = b"".join(_START_CODE + part for part in (*sets.all(), *unit.units))
    try:
        for packet in (Packet(data), None):
            for frame in context.decode(packet):
                if isinstance(frame, VideoFrame):
                    return frame
    except FFmpegError:
        return None
    return None

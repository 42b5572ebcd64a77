# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is played on a screen: the released part of one sealed segment as fragmented MP4.

H.264 goes through as the camera sent it. H.265 and MJPEG, which browsers do not play, become H.264
picture by picture. Everything happens in memory; no fragment is kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

from av.codec.context import CodecContext
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from machimori.evidence.selection import Sealed
from machimori.footage.export import Clip, Sample, export
from machimori.footage.mp4 import entries, fragments
from machimori.footage.mp4.fragments import TimedSample
from machimori.footage.mp4.writer import length_prefixed
from machimori.footage.rtp.access import TimedChunk
from machimori.footage.rtp.nal import split_annex_b
from machimori.footage.rtp.parameters import ParameterSets
from machimori.footage.rtp.sdp import VideoTrack
from machimori.kernel.instants import Micros
from machimori.vault.client.release import SegmentKeys

_SECOND = 1_000_000
_START_CODE = b"\x00\x00\x00\x01"
DECODERS = {"h264": "h264", "h265": "hevc", "jpeg": "mjpeg"}


@dataclass(frozen=True, kw_only=True)
class _Track:
    """What a player must know before the samples."""

    entry: bytes
    size: tuple[int, int]
    samples: Iterator[TimedSample]


def play(
    sealed: Sealed, keys: SegmentKeys, *, origin: Micros, since: Micros | None = None
) -> Iterator[bytes]:
    """Heads and fragments of the segment's released chunks, on a time line that begins at
    `origin`; what ends before `since` is left out.

    Raises NotDeliverableError, DamagedSegmentError and MalformedError while being read.
    """
    number = 0
    for clip in clips(sealed, keys):
        track = _copied(clip) if clip.codec == "h264" else _coded_anew(clip)
        if track is None:
            continue
        rate = clip.timescale
        begins = _units(clip.arrived - origin, rate)
        first = clip.first_pts
        told = False
        for group in fragments.groups(track.samples, shortest=rate):
            shown = [sample.pts for sample in group]
            start = begins + min(shown) - first
            if since is not None and begins + max(shown) - first < _units(since - origin, rate):
                continue
            if not told:
                yield fragments.head(track.entry, track.size, rate)
                told = True
            number += 1
            last = (max(shown) - min(shown)) // max(1, len(shown) - 1) or rate // 15
            yield fragments.fragment(number, group, start=start, last_duration=last)


def is_converted(sealed: Sealed, keys: SegmentKeys) -> bool:
    """Whether what the camera sent is coded anew to be played. Raises MalformedError."""
    return VideoTrack.read(sealed.reader.description(keys.description)).codec != "h264"


def clips(sealed: Sealed, keys: SegmentKeys) -> Iterator[Clip]:
    """The segment's released chunks as clips that decode by themselves, read as they are asked
    for. Raises as `play`."""
    description = sealed.reader.description(keys.description)
    chunks = (
        TimedChunk(arrived_from=header.arrived_from, arrived_to=header.arrived_to, data=plain)
        for header, plain in sealed.plain(keys.chunks)
    )
    return export(description, chunks)


def _copied(clip: Clip) -> _Track:
    samples = (TimedSample(data=s.data, pts=s.pts, key=s.key) for s in clip.samples())
    return _Track(entry=clip.entry, size=clip.size, samples=samples)


def _coded_anew(clip: Clip) -> _Track | None:
    """The clip as H.264, coded as fast as it goes; None if none of its pictures decodes."""
    coded = _coding(clip)
    opening = next(coded, None)
    if opening is None:
        return None
    sets = ParameterSets("h264")
    sets.update(opening[0])

    def samples() -> Iterator[TimedSample]:
        for units, pts, key in chain((opening,), coded):
            yield TimedSample(data=length_prefixed(units), pts=pts, key=key)

    return _Track(entry=entries.h264_entry(sets), size=clip.size, samples=samples())


def _coding(clip: Clip) -> Iterator[tuple[tuple[bytes, ...], int, bool]]:
    """(NAL units, presentation time, key frame) of each picture that decodes."""
    decoder = context(DECODERS[clip.codec], "r")
    encoder: VideoCodecContext | None = None
    lead = b"".join(_START_CODE + unit for unit in clip.parameter_units)
    last = -1
    for packet in packets(clip.samples(), lead, clip.codec):
        try:
            frames = decoder.decode(packet)
        except FFmpegError:
            continue  # a picture that does not decode is passed over, as a player would
        for frame in frames:
            if frame.pts is None or frame.pts <= last:
                continue
            last = frame.pts
            if encoder is None:
                encoder = _encoder(frame, clip.timescale)
            frame.pict_type = PictureType.NONE
            frame.time_base = Fraction(1, clip.timescale)
            yield from _coded(encoder.encode(frame.reformat(format="yuv420p")))
    if encoder is not None:
        yield from _coded(encoder.encode(None))


def packets(samples: Iterator[Sample], lead: bytes, codec: str) -> "Iterator[Packet[Any] | None]":
    """The samples as a decoder takes them, with the parameter sets before the first; None ends
    them."""
    for sample in samples:
        data = sample.data
        if codec != "jpeg":
            data = lead + b"".join(_START_CODE + unit for unit in sample.unit.units)
            lead = b""
        packet = Packet(data)
        packet.pts = sample.pts
        yield packet
    yield None


def _encoder(frame: VideoFrame, timescale: int) -> VideoCodecContext:
    encoder = context("libx264", "w")
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, timescale)
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "crf": "20",
        "x264-params": "keyint=30:repeat-headers=1:log-level=none",
    }
    return encoder


def _coded(packets: "list[Packet[Any]]") -> Iterator[tuple[tuple[bytes, ...], int, bool]]:
    for packet in packets:
        assert packet.pts is not None
        yield split_annex_b(bytes(packet)), packet.pts, packet.is_keyframe


def context(name: str, mode: str) -> VideoCodecContext:
    """FFmpeg's coder of this name, `r` to decode, `w` to encode."""
    make: Callable[..., CodecContext] = CodecContext.create
    made = make(name, mode)
    assert isinstance(made, VideoCodecContext)
    return made


def _units(micros: int, rate: int) -> int:
    return micros * rate // _SECOND

# SPDX-License-Identifier: AGPL-3.0-or-later
"""A still: the one picture that was on the screen at an instant, decoded from what the camera sent.

In memory, as everything that is played; nothing of it is kept here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from av.error import FFmpegError
from av.video.frame import VideoFrame

from machimori.evidence.placing import Placed, placed
from machimori.evidence.selection import Sealed
from machimori.footage.recoding import DECODERS, context, packets
from machimori.kernel.instants import Micros
from machimori.vault.client.release import SegmentKeys

_SECOND = 1_000_000
_FINE = 2
"""JPEG's quantiser, from 1 (largest) to 31."""


@dataclass(frozen=True, kw_only=True)
class Still:
    """One picture."""

    jpeg: bytes
    at: Micros
    """When it arrived, as the player's time line has it."""
    size: tuple[int, int]


def still(sealed: Sealed, keys: SegmentKeys, *, at: Micros) -> Still | None:
    """The last picture of the segment's released chunks that was shown at `at` or before; the
    first one if there is none before. None if nothing decodes.

    Raises NotDeliverableError, DamagedSegmentError and MalformedError.
    """
    found: tuple[VideoFrame, Micros] | None = None
    for clip in placed(sealed, keys, since=at):
        for frame, shown in _frames(clip):
            if found is not None and shown > at:
                return _still(*found)
            found = frame, shown
    return _still(*found) if found else None


def _frames(found: Placed) -> Iterator[tuple[VideoFrame, Micros]]:
    """Pictures in order of display, with the instants of their arrival."""
    clip = found.clip
    decoder = context(DECODERS[clip.codec], "r")
    for packet in packets(clip.samples(), clip.codec, clip.parameter_units):
        try:
            frames = decoder.decode(packet)
        except FFmpegError:
            continue
        for frame in frames:
            if frame.pts is not None:
                after = (frame.pts - clip.first_pts) * _SECOND // clip.timescale
                yield frame, Micros(found.begins + after)


def _still(frame: VideoFrame, at: Micros) -> Still:
    encoder = context("mjpeg", "w")
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": str(_FINE), "qmax": str(_FINE)}
    picture = frame.reformat(format="yuvj420p")
    picture.pts, picture.time_base = 0, Fraction(1, 25)
    coded = [*encoder.encode(picture), *encoder.encode(None)]
    return Still(jpeg=b"".join(map(bytes, coded)), at=at, size=(frame.width, frame.height))

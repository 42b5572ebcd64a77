# SPDX-License-Identifier: AGPL-3.0-or-later
"""The truth about a recording: what the simulated encoder produced, to compare with.

H.264 and H.265 are compared unit by unit. RTP carries a JPEG without its headers (RFC 2435 3.1), so
what is exported has other bytes than the encoder's picture, and MJPEG is compared pixel by pixel.

A recording begins and ends anywhere in the loop. Every picture shows another clock, so a picture's
units say where in which clip it comes from, and `match` follows the loop from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import av
from av.video.codeccontext import VideoCodecContext

from machimori.simcity.clips import Clip, Picture


@dataclass(frozen=True, kw_only=True)
class Match:
    """How a recorded sequence of pictures lies in the truth.

    `places` gives for each recorded picture (clip, picture) indices, None where it is none of the
    camera's; `missing` counts the pictures left out between neighbours within the loop.
    """

    places: tuple[tuple[int, int] | None, ...]
    missing: int

    @property
    def exact(self) -> bool:
        """Every picture is the encoder's, in its order, and none is missing in between."""
        return bool(self.places) and None not in self.places and self.missing == 0


def pixels(jpeg: bytes) -> bytes:
    """The decoded samples of a JPEG, plane after plane, without the decoder's padding.

    Empty if it is no JPEG that can be decoded.
    """
    decoder = av.CodecContext.create("mjpeg", "r")
    assert isinstance(decoder, VideoCodecContext)
    try:
        frames = decoder.decode(av.Packet(jpeg))
    except av.FFmpegError:
        return b""
    parts = []
    for frame in frames:
        for plane in frame.planes:
            data = bytes(plane)
            parts += [
                data[row * plane.line_size : row * plane.line_size + plane.width]
                for row in range(plane.height)
            ]
    return b"".join(parts)


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The clips that a camera has played, in order."""

    clips: tuple[Clip, ...]

    @property
    def clip(self) -> Clip:
        """The clip that the camera plays now."""
        return self.clips[-1]

    @cached_property
    def _places(self) -> dict[tuple[bytes, ...], tuple[int, int]]:
        return {
            picture.units: (number, index)
            for number, clip in enumerate(self.clips)
            for index, picture in enumerate(clip.pictures)
        }

    @cached_property
    def _pixels(self) -> dict[bytes, tuple[int, int]]:
        return {
            pixels(picture.units[0]): (number, index)
            for number, clip in enumerate(self.clips)
            if clip.spec.codec == "mjpeg"
            for index, picture in enumerate(clip.pictures)
        }

    @cached_property
    def _units(self) -> dict[bytes, tuple[int, int]]:
        return {
            unit: (number, index)
            for number, clip in enumerate(self.clips)
            for index, picture in enumerate(clip.pictures)
            for unit in picture.units
        }

    def find(self, units: Sequence[bytes]) -> tuple[int, int] | None:
        """(clip, picture) whose units are exactly these, in this order; None if there is none.

        Of MJPEG, `units` is one whole JPEG, and its pixels count.
        """
        found = self._places.get(tuple(units))
        if found is None and self.clip.spec.codec == "mjpeg" and len(units) == 1:
            found = self._pixels.get(pixels(units[0]))
        return found

    def picture(self, place: tuple[int, int]) -> Picture:
        """The picture at a place that `find` gave."""
        return self.clips[place[0]].pictures[place[1]]

    def find_unit(self, unit: bytes) -> tuple[int, int] | None:
        """Where a single unit comes from. Parameter sets repeat: only of slices is it certain."""
        return self._units.get(unit)

    def match(self, recorded: Sequence[Sequence[bytes]]) -> Match:
        """Lay a recording, picture by picture in decoding order, over the loop.

        A change of clip counts as whole if it comes where the camera changes: before the first
        picture of the new clip.
        """
        places = tuple(self.find(units) for units in recorded)
        missing = 0
        for before, after in pairwise(places):
            if before is None or after is None:
                continue
            if before[0] == after[0]:
                count = len(self.clips[before[0]].pictures)
                missing += (after[1] - before[1] - 1) % count
            else:
                missing += after[1]
        return Match(places=places, missing=missing)

    def expected(self, first: tuple[int, int], count: int) -> list[Picture]:
        """`count` pictures of the loop, from the place `first` on."""
        pictures = self.clips[first[0]].pictures
        return [pictures[(first[1] + n) % len(pictures)] for n in range(count)]

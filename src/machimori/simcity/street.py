# SPDX-License-Identifier: AGPL-3.0-or-later
"""Draws a street: houses, a pavement, a road, people and cars that move, a name and a clock.

Plain byte slices, no array library: a background is made once with the noise of a real sensor (so
that an encoder has the work and the bit rate of a real camera), and a picture is a copy of it with
a few rectangles. Same arguments, same bytes, on every machine: `random.Random(seed)` is specified.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import av
from av.video.frame import VideoFrame

from machimori.simcity import font

_FIRST_MOMENT = datetime(2026, 4, 1, 12, 0, 0)  # noqa: DTZ001 the burned-in clock has no zone
_BACKGROUNDS = 5
"""Noise fields shown in turn; more than an encoder's reference pictures, so none is predicted."""


@dataclass(frozen=True, kw_only=True)
class Mover:
    """A person or a car: a rectangle that crosses the picture and comes back in at the other side.

    `speed` is in picture widths per second, negative to the left; the rest in pixels and luma.
    """

    x: int
    y: int
    width: int
    height: int
    speed: float
    luma: int
    u: int
    v: int


class Street:
    """One camera's view. `draw` gives picture after picture."""

    def __init__(
        self, *, name: str, width: int, height: int, seed: int, noise: int, full_range: bool = False
    ) -> None:
        """`noise` is the sensor noise's amplitude in luma steps; `full_range` as JPEG wants it."""
        self._name = name
        self._width = width
        self._height = height
        self._format = "yuvj420p" if full_range else "yuv420p"
        self._rng = random.Random(seed)
        self._stride = [p.line_size for p in av.VideoFrame(width, height, self._format).planes]
        self._scale = max(1, height // 140)
        bands = self._bands()
        self._lumas = [self._luma(bands, noise) for _ in range(_BACKGROUNDS)]
        self._chromas = [self._chroma(bands, plane) for plane in (1, 2)]
        self._movers = [self._mover(i) for i in range(7)]

    def draw(self, index: int, rate: Fraction) -> VideoFrame:
        """Picture number `index` at `rate` pictures a second, ready for the encoder."""
        frame = av.VideoFrame(self._width, self._height, self._format)
        luma = bytearray(self._lumas[index % _BACKGROUNDS])
        chromas = [bytearray(plane) for plane in self._chromas]
        seconds = float(index / rate)
        for mover in self._movers:
            self._paint(mover, seconds, luma, chromas)
        moment = _FIRST_MOMENT + timedelta(microseconds=int(index * 1_000_000 / rate))
        clock = moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-4]
        margin = 2 * self._scale
        self._write(luma, self._name, margin, margin)
        self._write(luma, clock, margin, self._height - margin - font.HEIGHT * self._scale)
        for plane, data in zip(frame.planes, (luma, *chromas), strict=True):
            plane.update(bytes(data))
        return frame

    def _bands(self) -> list[tuple[int, list[tuple[int, int, int, int]]]]:
        """Rows from the top: (height, [(pixels, luma, u, v) from the left])."""
        w, h, rng = self._width, self._height, self._rng
        sky = [(w, 190, 140, 118)]
        houses, at = [], 0
        while at < w:
            wide = min(w - at, rng.randrange(w // 10, w // 4) & ~1)
            wide = w - at if w - at - wide < 8 else wide
            houses.append((wide, rng.randrange(70, 150), rng.randrange(112, 132), 134))
            at += wide
        top = int(h * 0.22) & ~1
        middle = int(h * 0.34) & ~1
        pavement = int(h * 0.12) & ~1
        return [
            (top, sky),
            (middle, houses),
            (pavement, [(w, 150, 126, 130)]),
            (h - top - middle - pavement, [(w, 84, 128, 128)]),
        ]

    def _luma(self, bands: list[tuple[int, list[tuple[int, int, int, int]]]], noise: int) -> bytes:
        pad = self._stride[0] - self._width
        tables = {}
        rows = []
        for height, parts in bands:
            for _ in range(height):
                at = 0
                field = self._rng.randbytes(self._width)
                for pixels, level, _, _ in parts:
                    if level not in tables:
                        tables[level] = bytes(
                            level + (value * (2 * noise + 1) >> 8) - noise for value in range(256)
                        )
                    rows.append(field[at : at + pixels].translate(tables[level]))
                    at += pixels
                rows.append(bytes(pad))
        return b"".join(rows)

    def _chroma(
        self, bands: list[tuple[int, list[tuple[int, int, int, int]]]], plane: int
    ) -> bytes:
        stride = self._stride[plane]
        rows = []
        for height, parts in bands:
            row = b"".join(bytes((part[1 + plane],)) * (part[0] // 2) for part in parts)
            rows.extend([row.ljust(stride, b"\x80")[:stride]] * (height // 2))
        return b"".join(rows).ljust(stride * (self._height // 2), b"\x80")

    def _mover(self, number: int) -> Mover:
        w, h, rng = self._width, self._height, self._rng
        is_car = number % 2 == 0
        return Mover(
            x=rng.randrange(w) & ~1,
            y=int(h * (0.72 + 0.03 * number if is_car else 0.5 + 0.012 * number)) & ~1,
            width=(w // 6 if is_car else w // 28) & ~1 or 2,
            height=(h // 9 if is_car else h // 6) & ~1 or 2,
            speed=rng.choice((-1, 1)) * rng.uniform(0.15, 0.35) * (1 if is_car else 0.25),
            luma=rng.randrange(40, 220),
            u=rng.randrange(80, 176),
            v=rng.randrange(80, 176),
        )

    def _paint(
        self, mover: Mover, seconds: float, luma: bytearray, chromas: list[bytearray]
    ) -> None:
        x = int(mover.x + mover.speed * seconds * self._width) % self._width & ~1
        wide = min(mover.width, self._width - x)
        high = min(mover.height, self._height - mover.y)
        fill = bytes((mover.luma,)) * wide
        for row in range(mover.y, mover.y + high):
            at = row * self._stride[0] + x
            luma[at : at + wide] = fill
        for plane, data, value in ((1, chromas[0], mover.u), (2, chromas[1], mover.v)):
            fill = bytes((value,)) * (wide // 2)
            for row in range(mover.y // 2, (mover.y + high) // 2):
                at = row * self._stride[plane] + x // 2
                data[at : at + wide // 2] = fill

    def _write(self, luma: bytearray, text: str, x: int, y: int) -> None:
        room = (self._width - x) // (font.WIDTH * self._scale)
        for offset, row in enumerate(font.draw(text[:room], scale=self._scale)):
            at = (y + offset) * self._stride[0] + x
            luma[at : at + len(row)] = row

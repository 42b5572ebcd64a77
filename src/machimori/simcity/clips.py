# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clips: a few seconds of a street, encoded once and played in a loop.

A clip is the truth that a recording is compared with, so it keeps exactly what the encoder gave:
NAL units without their start codes (ITU-T H.264 and H.265, Annex B), or whole JPEG pictures. It is
a function of its specification (one encoder thread, no wall clock), so a file of it in a cache
directory never goes stale.
"""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.codeccontext import VideoCodecContext

from machimori.simcity.errors import UnknownError
from machimori.simcity.street import Street

CLOCK = 90_000
"""Ticks a second of the video time stamps (RFC 6184 8.2.1, RFC 7798 7.1, RFC 2435 3)."""

_START_CODE = re.compile(rb"\x00\x00+\x01")
_EDITION = 1
"""Raise it when the same specification renders to other bytes: names cache files."""


@dataclass(frozen=True, kw_only=True)
class ClipSpec:
    """What to render. `bit_rate` in bit/s (0: by quality), `gop` in pictures, `noise` in luma."""

    codec: str
    name: str
    width: int = 320
    height: int = 240
    rate: int = 15
    seconds: float = 4.0
    gop: int = 15
    bit_rate: int = 0
    b_frames: int = 0
    slices: int = 1
    noise: int = 1
    seed: int = 1

    def varied(self, **changes: int | float | str) -> "ClipSpec":
        """The same with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def digest(self) -> str:
        """Names the clip, 32 hexadecimal digits."""
        text = json.dumps([_EDITION, asdict(self)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One access unit. `pts` and `dts` in ticks of 1/90000 s from the clip's start."""

    pts: int
    dts: int
    key: bool
    units: tuple[bytes, ...]
    """NAL units in order without start codes; for MJPEG one whole JPEG."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A rendered clip: pictures in decoding order, `duration` of the loop in ticks."""

    spec: ClipSpec
    pictures: tuple[Picture, ...]
    duration: int

    @property
    def interval(self) -> int:
        """Ticks from one picture to the next."""
        return CLOCK // self.spec.rate

    def encode(self) -> bytes:
        """As a file: a JSON line that tells the lengths, then all units one after another."""
        head = {
            "spec": asdict(self.spec),
            "duration": self.duration,
            "pictures": [
                [p.pts, p.dts, int(p.key), [len(u) for u in p.units]] for p in self.pictures
            ],
        }
        units = b"".join(u for p in self.pictures for u in p.units)
        return json.dumps(head).encode() + b"\n" + units

    @classmethod
    def decode(cls, data: bytes) -> "Clip":
        """The inverse of `encode`, for a file that this package wrote."""
        line, _, rest = data.partition(b"\n")
        head: dict[str, Any] = json.loads(line)
        pictures, at = [], 0
        for pts, dts, key, lengths in head["pictures"]:
            units = []
            for length in lengths:
                units.append(rest[at : at + length])
                at += length
            pictures.append(Picture(pts=pts, dts=dts, key=bool(key), units=tuple(units)))
        return cls(
            spec=ClipSpec(**head["spec"]), pictures=tuple(pictures), duration=head["duration"]
        )


def _encoder(spec: ClipSpec) -> VideoCodecContext:
    name = {"h264": "libx264", "h265": "libx265", "mjpeg": "mjpeg"}.get(spec.codec)
    if name is None:
        raise UnknownError(f"no codec {spec.codec!r}", remedy="h264, h265 or mjpeg")
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height = spec.width, spec.height
    context.pix_fmt = "yuvj420p" if spec.codec == "mjpeg" else "yuv420p"
    context.framerate = Fraction(spec.rate)
    context.time_base = Fraction(1, spec.rate)
    context.gop_size = spec.gop
    context.thread_count = 1
    if spec.bit_rate:
        context.bit_rate = spec.bit_rate
    shape = f"keyint={spec.gop}:min-keyint={spec.gop}:scenecut=0:bframes={spec.b_frames}"
    if spec.bit_rate and spec.codec != "mjpeg":
        kilobits = spec.bit_rate // 1000
        shape += f":vbv-maxrate={kilobits}:vbv-bufsize={kilobits}"
    if spec.codec == "h264":
        shape += f":slices={spec.slices}:sliced-threads=0:b-adapt=0:rc-lookahead=0:mbtree=0"
        context.options = {"preset": "superfast", "x264-params": shape}
    elif spec.codec == "h265":
        shape += f":slices={spec.slices}:repeat-headers=1:log-level=none:pools=1"
        shape += ":frame-threads=1:b-adapt=0:open-gop=0:rc-lookahead=5"
        context.options = {"preset": "ultrafast", "x265-params": shape}
    else:
        # RFC 2435 carries no Huffman tables: the receiver puts in the standard ones.
        context.options = {"huffman": "default", "qmin": "3", "qmax": "8"}
    return context


def _pictures(spec: ClipSpec) -> Iterator[Picture]:
    context = _encoder(spec)
    street = Street(
        name=spec.name,
        width=spec.width,
        height=spec.height,
        seed=spec.seed,
        noise=spec.noise,
        full_range=spec.codec == "mjpeg",
    )
    rate = Fraction(spec.rate)
    packets = []
    for index in range(round(spec.rate * spec.seconds)):
        frame = street.draw(index, rate)
        frame.pts, frame.time_base = index, context.time_base
        packets.extend(context.encode(frame))
    packets.extend(context.encode(None))
    ticks = CLOCK // spec.rate
    first = packets[0].dts or 0
    for packet in packets:
        data = bytes(packet)
        units = (data,) if spec.codec == "mjpeg" else tuple(_START_CODE.split(data)[1:])
        yield Picture(
            pts=((packet.pts or 0) - first) * ticks,
            dts=((packet.dts or 0) - first) * ticks,
            key=bool(packet.is_keyframe),
            units=units,
        )


def render(spec: ClipSpec, cache: Path | None = None) -> Clip:
    """The clip of `spec`: from the directory `cache` if it is there, else rendered and put there.

    Raises UnknownError for an unknown codec.
    """
    path = None if cache is None else cache / f"{spec.digest}.clip"
    if path is not None and path.exists():
        return Clip.decode(path.read_bytes())
    pictures = tuple(_pictures(spec))
    clip = Clip(spec=spec, pictures=pictures, duration=len(pictures) * (CLOCK // spec.rate))
    if path is not None:
        # Renamed into place, since another process may read the directory; a cache needs no fsync.
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(clip.encode())
        Path(name).replace(path)
    return clip

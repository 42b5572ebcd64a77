# SPDX-License-Identifier: AGPL-3.0-or-later
"""Encoded pictures for tests and benchmarks, and what strangers (FFmpeg) say of a file."""

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from machimori.footage.rtp import testing
from machimori.footage.rtp.access import TimedChunk
from machimori.footage.rtp.nal import split_annex_b
from machimori.kernel.instants import Micros

_LIBRARIES = {"h264": "libx264", "h265": "libx265", "jpeg": "mjpeg"}
Codec = Literal["h264", "h265", "jpeg"]
RATE = 90_000
_FFPROBE = (
    *("ffprobe", "-v", "error", "-of", "json", "-count_frames"),
    *("-show_format", "-show_streams", "-show_packets"),
)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One encoded picture in decoding order."""

    pts: int
    """In 1/90,000 s."""
    units: tuple[bytes, ...]
    """NAL units, or one JPEG file."""
    key: bool


def encode(
    codec: Codec,
    *,
    size: tuple[int, int] = (320, 192),
    count: int = 30,
    fps: int = 15,
    options: Mapping[str, str] | None = None,
    first: int = 0,
    pixels: str = "",
) -> list[Picture]:
    """`count` pictures of a moving pattern. `options` are the encoder's, such as x264-params;
    `pixels` is a pixel format other than 4:2:0 with 8 bits."""
    context = CodecContext.create(_LIBRARIES[codec], "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height = size
    context.pix_fmt = pixels or ("yuvj420p" if codec == "jpeg" else "yuv420p")
    context.time_base = Fraction(1, fps)
    context.framerate = Fraction(fps)
    context.thread_count = 1
    defaults = {
        "h264": {"preset": "ultrafast", "x264-params": "keyint=15:repeat-headers=1"},
        "h265": {"preset": "ultrafast", "x265-params": "keyint=15:repeat-headers=1:log-level=none"},
        "jpeg": {"huffman": "default"},
    }
    context.options = dict(defaults[codec] | dict(options or {}))
    pictures: list[Picture] = []
    for index in [*range(count), None]:
        frame = None if index is None else _frame(context, index + first)
        for packet in context.encode(frame):
            assert packet.pts is not None
            data = bytes(packet)
            pictures.append(
                Picture(
                    pts=packet.pts * RATE // fps,
                    units=(data,) if codec == "jpeg" else split_annex_b(data),
                    key=packet.is_keyframe,
                )
            )
    return pictures


def _frame(context: VideoCodecContext, index: int) -> VideoFrame:
    frame = VideoFrame(context.width, context.height, context.pix_fmt or "yuv420p")
    for number, plane in enumerate(frame.planes):
        row = bytes((x * (number + 2) + index * 5) & 0xFF for x in range(plane.line_size + 256))
        plane.update(
            b"".join(row[(y + index) & 63 :][: plane.line_size] for y in range(plane.height))
        )
    frame.pts = index
    return frame


def chunks_of(
    pieces: list[tuple[float, bytes]], *, start: int = 1_790_000_000_000_000, period: float = 1.0
) -> list[TimedChunk]:
    """(seconds, bytes sent then) as the chunks that a drain every `period` seconds makes."""
    chunks: list[TimedChunk] = []
    pending = b""
    due = period
    for at, data in pieces:
        while at >= due:
            chunks.append(_chunk(pending, start, due, period))
            pending = b""
            due += period
        pending += data
    chunks.append(_chunk(pending, start, due, period))
    return [chunk for chunk in chunks if chunk.data]


def _chunk(data: bytes, start: int, due: float, period: float) -> TimedChunk:
    return TimedChunk(
        arrived_from=Micros(start + round((due - period) * 1e6)),
        arrived_to=Micros(start + round(due * 1e6)),
        data=data,
    )


def sent(
    codec: Codec,
    pictures: list[Picture],
    sender: testing.Sender | None = None,
) -> list[tuple[float, bytes]]:
    """The pictures as a camera sends them: (seconds, interleaved frames) of each."""
    sender = sender or testing.Sender()
    first = min(picture.pts for picture in pictures)
    pieces = []
    for picture in pictures:
        frames = sender.frames(_payloads(codec, picture, sender.mtu), picture.pts)
        pieces.append(((picture.pts - first) / RATE, b"".join(frames)))
    return pieces


def _payloads(codec: str, picture: Picture, mtu: int) -> list[bytes]:
    if codec == "jpeg":
        return testing.jpeg_payloads(picture.units[0], mtu)
    make = testing.h264_payloads if codec == "h264" else testing.h265_payloads
    return make(picture.units, mtu)


def ffprobe(path: Path) -> dict[str, Any]:
    """Format, stream, and every packet and frame as ffprobe sees them. Raises on any complaint."""
    done = subprocess.run(
        [*_FFPROBE, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    if done.stderr:
        raise AssertionError(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def ffmpeg_decodes(path: Path) -> None:
    """Decode every frame with `ffmpeg -v error -xerror`. Raises if it says anything."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or done.stderr:
        raise AssertionError(done.stderr)


def decoded(path: Path) -> list[tuple[int, str]]:
    """(pts, SHA-256 of the pixels) of every frame that a player would show."""
    with av.open(str(path)) as container:
        return [
            (frame.pts or 0, hashlib.sha256(b"".join(map(bytes, frame.planes))).hexdigest())
            for frame in container.decode(video=0)
        ]

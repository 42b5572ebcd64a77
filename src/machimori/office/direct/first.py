# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first picture of a package, as JPEG: what an investigator sees before all of it has come."""

import io
import os
import zipfile
from contextlib import closing
from fractions import Fraction
from typing import Any, BinaryIO, cast

import av
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from machimori.evidence.room import Room
from machimori.kernel.errors import MalformedError
from machimori.office.handover.packages import Packed

_WIDEST = 1280
"""Pixels: a still comes over a slow link."""


def first_picture(package: Packed) -> bytes:
    """Decoded from the package's first MP4, in memory. Raises OSError, MalformedError."""
    room = package.open()
    with closing(room), zipfile.ZipFile(cast(BinaryIO, _File(room))) as bag:
        names = sorted(name for name in bag.namelist() if name.endswith(".mp4"))
        if not names:
            raise MalformedError("a package without a picture", where=package.name)
        with bag.open(names[0]) as source, av.open(source, "r") as film:
            frame = next(film.decode(video=0), None)
            if frame is None:
                raise MalformedError("a package whose picture does not decode", where=names[0])
            return _jpeg(frame)


def _jpeg(frame: VideoFrame) -> bytes:
    width = min(frame.width, _WIDEST) & ~1
    height = max(2, frame.height * width // frame.width & ~1)
    encoder = CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    shrunk = frame.reformat(width=width, height=height, format="yuvj420p")
    shrunk.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(shrunk), *encoder.encode(None)))


class _File(io.RawIOBase):
    """A package as a file to read."""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self._room = room
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        found = self._room.read_at(self._position, len(view))
        view[: len(found)] = found
        self._position += len(found)
        return len(found)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._room.size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

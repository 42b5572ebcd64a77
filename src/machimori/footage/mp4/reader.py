# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads the samples of one video track back out of an MP4 file.

For the verifier, which compares every sample with the camera's original bytes. The index is held in
memory (about 17 bytes a sample, a table as large as its box says and no larger than the file), the
samples are read one after the other.
"""

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from machimori.footage.mp4.boxes import child, children
from machimori.footage.mp4.entries import parameter_units
from machimori.kernel.errors import MalformedError

MAX_INDEX = 512 * 1024 * 1024
"""Bytes of `moov` that are read: a year of pictures at 15 a second."""
MAX_SAMPLE = 64 * 1024 * 1024
_ENTRY_SIZE = 78
"""Bytes of a VisualSampleEntry before its own boxes."""


@dataclass(frozen=True, kw_only=True)
class StoredSample:
    """A sample as the file holds it."""

    data: bytes
    dts: int
    """In the track's units, from 0."""
    pts: int
    key: bool
    hidden: bool
    """The edit list begins behind it: decoded, not shown."""


class Mp4File:
    """The first video track of an MP4 file. Raises MalformedError on anything that is not one."""

    def __init__(self, file: BinaryIO) -> None:
        """`file` must be seekable; it is not closed."""
        self._file = file
        movie = self._find_movie()
        try:
            self._parse(movie)
        except (struct.error, IndexError, OverflowError) as error:
            raise MalformedError("MP4 index is cut off") from error

    def samples(self) -> Iterator[StoredSample]:
        """Every sample in decoding order."""
        keys = self._keys
        dts = 0
        for number, (size, offset) in enumerate(self._places()):
            if offset + size > self._end:
                raise MalformedError("MP4 sample lies outside the file", where=f"sample {number}")
            self._file.seek(offset)
            data = self._file.read(size)
            pts = dts + self._shifts[number]
            yield StoredSample(
                data=data,
                dts=dts,
                pts=pts,
                key=keys is None or number + 1 in keys,
                hidden=pts < self.shown_from,
            )
            dts += self._durations[number]

    @property
    def count(self) -> int:
        """Samples in the track."""
        return len(self._sizes)

    def _find_movie(self) -> bytes:
        self._file.seek(0, 2)
        self._end = end = self._file.tell()
        position = 0
        while position + 8 <= end:
            self._file.seek(position)
            head = self._file.read(16)
            size = int.from_bytes(head[:4], "big")
            skip = 8
            if size == 1:
                size = int.from_bytes(head[8:16], "big")
                skip = 16
            elif size == 0:
                size = end - position
            if size < skip or position + size > end:
                raise MalformedError("box with an impossible size", where=f"byte {position}")
            if head[4:8] == b"moov":
                if size > MAX_INDEX:
                    raise MalformedError("MP4 index larger than 512 MiB")
                self._file.seek(position + skip)
                return self._file.read(size - skip)
            position += size
        raise MalformedError("not an MP4 file: it has no index")

    def _parse(self, movie: bytes) -> None:
        track = next(
            (
                content
                for kind, content in children(movie)
                if kind == b"trak" and child(content, b"mdia", b"hdlr")[8:12] == b"vide"
            ),
            None,
        )
        if track is None:
            raise MalformedError("MP4 without a video track")
        header = child(track, b"mdia", b"mdhd")
        self.timescale: int = struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)[0]
        """Units of time in a second."""
        if not self.timescale:
            raise MalformedError("MP4 track without a time scale")
        table = child(track, b"mdia", b"minf", b"stbl")
        boxes = dict(reversed(list(children(table))))
        for needed in (b"stsd", b"stts", b"stsc", b"stsz"):
            if needed not in boxes:
                raise MalformedError("box missing", where=needed.decode())
        self.kind, self.parameter_units, self.size = _entry(boxes[b"stsd"])
        """Type of the sample entry (`avc1` …), parameter sets in it, (width, height)."""
        self._sizes = self._read_sizes(boxes[b"stsz"])
        count = len(self._sizes)
        self._durations = _runs(boxes[b"stts"], count, "I")
        shifts = boxes.get(b"ctts")
        signed = shifts is not None and shifts[:1] == b"\x01"
        self._shifts = (
            array("i", bytes(4 * count))
            if shifts is None
            else _runs(shifts, count, "i" if signed else "I")
        )
        keys = boxes.get(b"stss")
        self._keys = None if keys is None else frozenset(_numbers(keys, 4, "I"))
        if b"co64" in boxes:
            self._chunks = _numbers(boxes[b"co64"], 4, "Q")
        elif b"stco" in boxes:
            self._chunks = _numbers(boxes[b"stco"], 4, "I")
        else:
            raise MalformedError("box missing", where="co64")
        self._layout = _numbers(boxes[b"stsc"], 4, "I", width=3)
        edits = next((content for kind, content in children(track) if kind == b"edts"), None)
        self.shown_from = 0 if edits is None else _shown_from(child(edits, b"elst"))
        """Media time at which showing begins; pictures before it are only decoded."""

    def _read_sizes(self, content: bytes) -> "array[int]":
        same, count = struct.unpack_from(">II", content, 4)
        if not same:
            return _numbers(content, 8, "I")
        if same * count > self._end:
            raise MalformedError("MP4 with more samples than bytes")
        return array("I", [same] * count)

    def _places(self) -> Iterator[tuple[int, int]]:
        """(size, offset) of each sample."""
        layout = self._layout
        sample = 0
        for number, offset in enumerate(self._chunks, start=1):
            while len(layout) > 3 and layout[3] <= number:
                layout = layout[3:]
            for _ in range(layout[1] if layout else 0):
                if sample == len(self._sizes):
                    return
                size = self._sizes[sample]
                if size > MAX_SAMPLE:
                    raise MalformedError("MP4 sample larger than 64 MiB")
                yield size, offset
                offset += size
                sample += 1
        if sample < len(self._sizes):
            raise MalformedError("MP4 index names fewer chunks than samples")


def units_of(sample: bytes) -> tuple[bytes, ...]:
    """The NAL units of an H.264 or H.265 sample. Raises MalformedError."""
    units: list[bytes] = []
    position = 0
    while position < len(sample):
        end = position + 4 + int.from_bytes(sample[position : position + 4], "big")
        if end > len(sample) or end == position + 4:
            raise MalformedError("NAL unit in an MP4 sample is cut off")
        units.append(sample[position + 4 : end])
        position = end
    return tuple(units)


def _numbers(
    content: bytes, skip: int, code: Literal["I", "i", "Q"], *, width: int = 1
) -> "array[int]":
    """The count at `skip` and the big-endian numbers behind it, `width` of them each."""
    (count,) = struct.unpack_from(">I", content, skip)
    numbers: array[int] = array(code)
    start = skip + 4
    stop = start + count * width * numbers.itemsize
    if stop > len(content):
        raise MalformedError("MP4 table is cut off")
    numbers.frombytes(content[start:stop])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _runs(content: bytes, count: int, code: Literal["I", "i"]) -> "array[int]":
    """Run lengths expanded to exactly `count` values."""
    runs = _numbers(content, 4, "I", width=2)
    values: array[int] = array(code)
    for index in range(0, len(runs), 2):
        length, value = runs[index], runs[index + 1]
        if length > count - len(values):
            raise MalformedError("MP4 table has more entries than there are samples")
        if code == "i" and value >= 1 << 31:
            value -= 1 << 32
        values.extend(array(code, [value]) * length)
    if len(values) != count:
        raise MalformedError("MP4 table has fewer entries than there are samples")
    return values


def _shown_from(content: bytes) -> int:
    """Media time of the first edit that shows something (empty edits have -1)."""
    long = content[0] == 1
    (count,) = struct.unpack_from(">I", content, 4)
    row = 20 if long else 12
    if 8 + count * row > len(content):
        raise MalformedError("MP4 edit list is cut off")
    for index in range(count):
        place = 8 + index * row
        media: int = struct.unpack_from(
            ">q" if long else ">i", content, place + (8 if long else 4)
        )[0]
        if media >= 0:
            return media
    return 0


def _entry(content: bytes) -> tuple[str, tuple[bytes, ...], tuple[int, int]]:
    kind, entry = next(children(content, 8), (b"", b""))
    if len(entry) < _ENTRY_SIZE:
        raise MalformedError("MP4 sample entry is cut off")
    width, height = struct.unpack_from(">HH", entry, 24)
    units: tuple[bytes, ...] = ()
    for inner, configuration in children(entry, _ENTRY_SIZE):
        if inner in (b"avcC", b"hvcC"):
            units = parameter_units(inner, configuration)
    return kind.decode("latin-1"), units, (width, height)

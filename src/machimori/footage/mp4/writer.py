# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes one video track to an MP4 file: samples as they come, the index (`moov`) at the end.

Memory is what the index needs, about 17 bytes a sample: a day at 15 pictures a second is 22 MB,
however large the pictures are.

Samples come in decoding order with presentation times. Decoding times are rebuilt: the n-th sample
decodes at the n-th smallest presentation time, and composition offsets of version 1 (signed) carry
the difference, so that the film begins at 0 and no delay is invented. Durations are the camera's,
in its own clock's units.
"""

import sys
from array import array
from collections.abc import Iterable
from itertools import chain, groupby, pairwise
from struct import pack
from typing import BinaryIO

from machimori.footage.mp4.boxes import box, full_box
from machimori.kernel.instants import Micros

_TO_1904 = 2_082_844_800
"""Seconds from 1904, MP4's epoch, to 1970."""
_MATRIX = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000)
_PER_CHUNK = 32
"""Samples to a chunk of the index: a player finds its place without reading every size."""
_FTYP = box(b"ftyp", b"isom", b"\x00\x00\x02\x00", b"isom", b"iso4", b"mp41")


class Mp4Writer:
    """Writes to `file` from where it stands; it must be seekable and is not closed.

    The same samples give the same bytes: nothing depends on the clock or on the machine.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        entry: bytes,
        size: tuple[int, int],
        timescale: int,
        created: Micros,
    ) -> None:
        """`entry` is the track's sample entry; `timescale` the units of time in a second;
        `created` the time that the file says it was made (when the first picture arrived)."""
        self._file = file
        self._entry = entry
        self._size = size
        self._timescale = timescale
        self._created = max(0, created // 1_000_000 + _TO_1904)
        self._sizes = array("I")
        self._times = array("q")
        self._keys = array("I")
        self._start = file.tell()
        file.write(_FTYP)
        self._media = file.tell()
        # A size of 64 bits from the start: how much will come is not known.
        file.write(b"\x00\x00\x00\x01mdat" + bytes(8))
        self._position = self._media + 16
        self._hidden = 0

    @property
    def count(self) -> int:
        """Samples written so far."""
        return len(self._sizes)

    def add(self, sample: bytes, pts: int, *, key: bool, hidden: bool = False) -> None:
        """Append one sample. `hidden` samples come first, are decoded and never shown."""
        self._file.write(sample)
        self._position += len(sample)
        if key:
            self._keys.append(len(self._sizes) + 1)
        self._sizes.append(len(sample))
        self._times.append(pts)
        self._hidden += hidden

    def finish(self, last_duration: int) -> None:
        """Write the index. `last_duration`: how long the last picture is shown, in units."""
        end = self._position
        self._file.seek(self._media + 8)
        self._file.write((end - self._media).to_bytes(8, "big"))
        self._file.seek(end)
        self._file.write(self._movie(last_duration))

    def _movie(self, last_duration: int) -> bytes:
        times = self._times
        decode = _decode_times(times)
        origin = decode[0] if decode else 0
        duration = decode[-1] + last_duration - origin if decode else 0
        durations = chain((b - a for a, b in pairwise(decode)), [last_duration] * bool(decode))
        offsets = b""
        if decode is not times:
            shifts = (shown - at for shown, at in zip(times, decode, strict=True))
            offsets = full_box(b"ctts", 1, 0, _runs(shifts, signed=True))
        shown_from = min(times[self._hidden :], default=origin) - origin
        media = _scaled(duration - shown_from, self._timescale)
        stamps = pack(">QQ", self._created, self._created)
        header = full_box(
            b"mvhd",
            1,
            0,
            stamps,
            pack(">IQ", 1000, media),
            b"\x00\x01\x00\x00\x01\x00" + bytes(10) + _MATRIX + bytes(24) + pack(">I", 2),
        )
        width, height = self._size
        track = full_box(
            b"tkhd",
            1,
            3,
            stamps,
            pack(">IIQ", 1, 0, media),
            bytes(16) + _MATRIX + pack(">II", width << 16, height << 16),
        )
        edit = b""
        if self._hidden:
            entry = pack(">IQqI", 1, media, shown_from, 0x10000)
            edit = box(b"edts", full_box(b"elst", 1, 0, entry))
        table = box(
            b"stbl",
            full_box(b"stsd", 0, 0, pack(">I", 1), self._entry),
            full_box(b"stts", 0, 0, _runs(durations, signed=False)),
            offsets,
            full_box(b"stss", 0, 0, pack(">I", len(self._keys)), _big_endian(self._keys)),
            self._places(),
        )
        return box(
            b"moov",
            header,
            box(
                b"trak",
                track,
                edit,
                box(
                    b"mdia",
                    full_box(
                        b"mdhd",
                        1,
                        0,
                        stamps,
                        pack(">IQ", self._timescale, duration),
                        b"\x55\xc4\x00\x00",
                    ),
                    full_box(b"hdlr", 0, 0, bytes(4) + b"vide" + bytes(12) + b"Machimori\x00"),
                    box(
                        b"minf",
                        full_box(b"vmhd", 0, 1, bytes(8)),
                        box(
                            b"dinf",
                            full_box(b"dref", 0, 0, pack(">I", 1), full_box(b"url ", 0, 1)),
                        ),
                        table,
                    ),
                ),
            ),
        )

    def _places(self) -> bytes:
        """Sizes, chunks and their offsets: `stsz`, `stsc`, `co64`."""
        count = len(self._sizes)
        whole, rest = divmod(count, _PER_CHUNK)
        layout = [(1, _PER_CHUNK)] if whole else []
        if rest:
            layout.append((whole + 1, rest))
        chunks = array("Q")
        position = self._media + 16
        for first in range(0, count, _PER_CHUNK):
            chunks.append(position)
            position += sum(self._sizes[first : first + _PER_CHUNK])
        return b"".join(
            (
                full_box(b"stsz", 0, 0, pack(">II", 0, count), _big_endian(self._sizes)),
                full_box(
                    b"stsc",
                    0,
                    0,
                    pack(">I", len(layout)),
                    *(pack(">III", first, samples, 1) for first, samples in layout),
                ),
                full_box(b"co64", 0, 0, pack(">I", len(chunks)), _big_endian(chunks)),
            )
        )


def length_prefixed(units: Iterable[bytes]) -> bytes:
    """NAL units as an MP4 sample holds them: each behind its length in 4 bytes."""
    parts: list[bytes] = []
    for unit in units:
        parts.append(len(unit).to_bytes(4, "big"))
        parts.append(unit)
    return b"".join(parts)


def _decode_times(times: "array[int]") -> "array[int]":
    """Presentation times in rising order, made to differ where the camera repeated one; `times`
    itself if they are in order already, as they are without B-frames."""
    if all(a < b for a, b in pairwise(times)):
        return times
    decode = array("q", sorted(times))
    for index in range(1, len(decode)):
        if decode[index] <= decode[index - 1]:
            decode[index] = decode[index - 1] + 1
    return decode


def _runs(values: Iterable[int], *, signed: bool) -> bytes:
    """Run lengths of equal values: the count, then (length, value) pairs."""
    runs = array("I")
    for value, group in groupby(values):
        runs.append(sum(1 for _ in group))
        runs.append(value & 0xFFFF_FFFF if signed else min(value, 0xFFFF_FFFF))
    return pack(">I", len(runs) // 2) + _big_endian(runs)


def _big_endian(numbers: "array[int]") -> bytes:
    if sys.byteorder == "little":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


def _scaled(units: int, timescale: int) -> int:
    return max(0, (units * 1000 + timescale // 2) // timescale)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""One video track as fragmented MP4: a head, then fragments that a player takes as they come.

ISO/IEC 14496-12 sections 8.8 and 8.16, in the form of the W3C's byte stream format for Media
Source Extensions: an initialisation segment (`ftyp`, `moov` without samples), then media segments
(`moof`, `mdat`), each with the time at which it decodes, so that fragments may be had in any order.

Nothing is written anywhere: bytes in, bytes out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from struct import pack

from machimori.footage.mp4.boxes import box, full_box

_FTYP = box(b"ftyp", b"iso5", b"\x00\x00\x02\x00", b"iso5", b"iso6", b"mp41")
_MATRIX = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000)
_KEY = 0x0200_0000
"""sample_depends_on = 2: on no other sample."""
_DEPENDENT = 0x0101_0000
"""sample_depends_on = 1, and not a sync sample."""
_BASE_IS_MOOF = 0x02_0000
_DURATION, _SIZE, _FLAGS, _SHIFT, _OFFSET = 0x100, 0x200, 0x400, 0x800, 0x1


@dataclass(frozen=True, kw_only=True)
class TimedSample:
    """One sample in decoding order."""

    data: bytes
    pts: int
    """In the track's units; any origin."""
    key: bool


def head(entry: bytes, size: tuple[int, int], timescale: int) -> bytes:
    """The initialisation segment. `entry` is the track's sample entry, `timescale` the units of
    time in a second."""
    width, height = size
    movie = full_box(
        b"mvhd",
        0,
        0,
        pack(">IIII", 0, 0, timescale, 0),
        b"\x00\x01\x00\x00\x01\x00" + bytes(10) + _MATRIX + bytes(24) + pack(">I", 2),
    )
    track = full_box(
        b"tkhd",
        0,
        3,
        pack(">IIIII", 0, 0, 1, 0, 0),
        bytes(16) + _MATRIX + pack(">II", width << 16, height << 16),
    )
    table = box(
        b"stbl",
        full_box(b"stsd", 0, 0, pack(">I", 1), entry),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
    media = box(
        b"mdia",
        full_box(b"mdhd", 0, 0, pack(">IIII", 0, 0, timescale, 0), b"\x55\xc4\x00\x00"),
        full_box(b"hdlr", 0, 0, bytes(4) + b"vide" + bytes(12) + b"Machimori\x00"),
        box(
            b"minf",
            full_box(b"vmhd", 0, 1, bytes(8)),
            box(b"dinf", full_box(b"dref", 0, 0, pack(">I", 1), full_box(b"url ", 0, 1))),
            table,
        ),
    )
    extends = box(b"mvex", full_box(b"trex", 0, 0, pack(">IIIII", 1, 1, 0, 0, 0)))
    return _FTYP + box(b"moov", movie, box(b"trak", track, media), extends)


def fragment(
    number: int, samples: Sequence[TimedSample], *, start: int, last_duration: int
) -> bytes:
    """One media segment of at least one sample. The earliest of its pictures is shown at `start`
    units; negative is 0.

    The n-th sample decodes at the n-th smallest presentation time, as in `writer`; the last one
    lasts `last_duration`. `number` counts fragments from 1.
    """
    times = sorted(sample.pts for sample in samples)
    for index in range(1, len(times)):
        times[index] = max(times[index], times[index - 1] + 1)
    durations = [after - before for before, after in pairwise(times)] + [max(1, last_duration)]
    rows = b"".join(
        pack(
            ">IIIi",
            duration,
            len(sample.data),
            _KEY if sample.key else _DEPENDENT,
            sample.pts - at,
        )
        for sample, at, duration in zip(samples, times, durations, strict=True)
    )
    flags = _DURATION | _SIZE | _FLAGS | _SHIFT | _OFFSET
    at = full_box(b"tfdt", 1, 0, pack(">Q", max(0, start)))
    header = full_box(b"tfhd", 0, _BASE_IS_MOOF, pack(">I", 1))
    sequence = full_box(b"mfhd", 0, 0, pack(">I", number))

    def moof(offset: int) -> bytes:
        run = full_box(b"trun", 1, flags, pack(">Ii", len(samples), offset), rows)
        return box(b"moof", sequence, box(b"traf", header, at, run))

    return moof(len(moof(0)) + 8) + box(b"mdat", *(sample.data for sample in samples))


def groups(samples: Iterable[TimedSample], *, shortest: int) -> Iterator[list[TimedSample]]:
    """Runs of samples that begin with a key frame and last at least `shortest` units, but for the
    last one: what one fragment holds."""
    group: list[TimedSample] = []
    for sample in samples:
        if group and sample.key and sample.pts - group[0].pts >= shortest:
            yield group
            group = []
        group.append(sample)
    if group:
        yield group

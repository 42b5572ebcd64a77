# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where on the time line the pictures of a sealed segment stand, and how to begin in its midst.

A chunk tells to the second when its pictures arrived, the camera's RTP clock how far they are
apart. So the first picture stands where it arrived, and the others by their distance from it: the
same picture stands at the same instant whether a player reads the segment from its beginning or
jumped into it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from machimori.evidence.selection import Sealed
from machimori.footage.cutting import GAP
from machimori.footage.export import Clip, export
from machimori.footage.rtp.access import TimedChunk
from machimori.kernel.instants import Micros
from machimori.vault.client.release import SegmentKeys

_SECOND: Final = 1_000_000
_BEFORE: Final = (4 * _SECOND, 16 * _SECOND)
"""How long before the instant that is sought reading begins; most cameras send a key picture every
one to four seconds, some every ten. If there is none, the segment is read from its beginning."""
_HALF: Final = 1 << 31
"""RTP time stamps have 32 bits and wrap; within a segment two are never half of that apart."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """What can be decoded without a break, and when its first shown picture arrived."""

    clip: Clip
    begins: Micros


def placed(sealed: Sealed, keys: SegmentKeys, *, since: Micros | None = None) -> Iterator[Placed]:
    """The segment's released chunks as clips, read as they are asked for; with `since`, from the
    midst of the segment where a key picture at or before that instant is found there.

    Raises NotDeliverableError, DamagedSegmentError and MalformedError while being read.
    """
    whole = _clips(sealed, keys)
    first = next(whole, None)
    if first is None:
        return
    for before in _BEFORE if since is not None else ():
        assert since is not None
        later = _later(sealed, Micros(since - before))
        if later is None:
            break
        found = (_place(clip, first) for clip in _clips(later, keys))
        begun = next(found, None)
        # Parameter sets that differ were sent once, perhaps in what was passed over.
        if begun and begun.begins <= since and begun.clip.entry == first.entry:
            yield begun
            yield from found
            return
    yield Placed(clip=first, begins=first.arrived)
    for clip in whole:
        yield _place(clip, first)


def _clips(sealed: Sealed, keys: SegmentKeys) -> Iterator[Clip]:
    description = sealed.reader.description(keys.description)
    chunks = (
        TimedChunk(arrived_from=header.arrived_from, arrived_to=header.arrived_to, data=plain)
        for header, plain in sealed.plain(keys.chunks)
    )
    return export(description, chunks)


def _later(sealed: Sealed, since: Micros) -> Sealed | None:
    """The segment without the chunks that ended before `since`; None if there are none to leave
    out, or none left."""
    chunks = tuple(chunk for chunk in sealed.chunks if chunk.arrived_to >= since)
    if not chunks or len(chunks) == len(sealed.chunks):
        return None
    return replace(sealed, chunks=chunks)


def _place(clip: Clip, first: Clip) -> Placed:
    """By the camera's clock if that agrees with the arrival; else, as after a jump of that clock,
    by the arrival."""
    distance = (clip.first_pts - first.first_pts + _HALF) % (2 * _HALF) - _HALF
    told = first.arrived + distance * _SECOND // clip.timescale
    agrees = clip.timescale == first.timescale and abs(told - clip.arrived) <= GAP
    return Placed(clip=clip, begins=Micros(told) if agrees else clip.arrived)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is played on a screen: the released part of one sealed segment as fragmented MP4.

H.264 goes through as the camera sent it. H.265 and MJPEG, which browsers do not play, become H.264
picture by picture. Everything happens in memory; no fragment is kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from machimori.evidence.placing import placed
from machimori.evidence.selection import Sealed
from machimori.footage.export import Clip
from machimori.footage.mp4 import entries, fragments
from machimori.footage.mp4.fragments import TimedSample
from machimori.footage.mp4.writer import length_prefixed
from machimori.footage.recoding import Recoder, packets
from machimori.footage.rtp.parameters import ParameterSets
from machimori.footage.rtp.sdp import VideoTrack
from machimori.kernel.instants import Micros
from machimori.vault.client.release import SegmentKeys

_SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True)
class _Track:
    """What a player must know before the samples."""

    entry: bytes
    size: tuple[int, int]
    samples: Iterator[TimedSample]


def play(
    sealed: Sealed,
    keys: SegmentKeys,
    *,
    origin: Micros,
    since: Micros | None = None,
    until: Micros | None = None,
) -> Iterator[bytes]:
    """Heads and fragments of the segment's released chunks, on a time line that begins at
    `origin`; what ends before `since` is left out, and what begins at `until` or later, but for
    the first fragment.

    Raises NotDeliverableError, DamagedSegmentError and MalformedError while being read.
    """
    number = 0
    for one in placed(sealed, keys, since=since):
        clip = one.clip
        track = _copied(clip) if clip.codec == "h264" else _coded_anew(clip)
        if track is None:
            continue
        rate = clip.timescale
        # Of a presentation time of the clip on the time line.
        shift = _units(one.begins - origin, rate) - clip.first_pts
        wanted = None if since is None else _units(since - origin, rate) - shift
        told = False
        for group in _groups(track.samples, rate, begins=clip.first_pts, wanted=wanted):
            shown = [sample.pts for sample in group.samples]
            if wanted is not None and max(shown) < wanted:
                continue
            start = shift + min(shown)
            if number and until is not None and start >= _units(until - origin, rate):
                return
            if not told:
                yield fragments.head(track.entry, track.size, rate)
                told = True
            number += 1
            yield fragments.fragment(number, group.samples, start=start, last_duration=group.last)


@dataclass(frozen=True, kw_only=True)
class _Group:
    """What one fragment holds."""

    samples: list[TimedSample]
    last: int
    """Duration of the last one, in the track's units."""


def _groups(
    samples: Iterator[TimedSample], rate: int, *, begins: int, wanted: int | None
) -> Iterator[_Group]:
    """Whole groups of pictures; but where a player begins with the clip, its first picture alone:
    it is on the screen while the others are still read."""
    opening = list(islice(samples, 2))
    if len(opening) == 2 and (wanted is None or wanted <= opening[0].pts == begins):
        first, second = opening
        yield _Group(samples=[first], last=max(1, second.pts - first.pts))
        opening = [second]
    for group in fragments.groups(chain(opening, samples), shortest=rate):
        shown = [sample.pts for sample in group]
        last = (max(shown) - min(shown)) // max(1, len(shown) - 1) or rate // 15
        yield _Group(samples=group, last=last)


def is_converted(sealed: Sealed, keys: SegmentKeys) -> bool:
    """Whether what the camera sent is coded anew to be played. Raises MalformedError."""
    return VideoTrack.read(sealed.reader.description(keys.description)).codec != "h264"


def _copied(clip: Clip) -> _Track:
    samples = (TimedSample(data=s.data, pts=s.pts, key=s.key) for s in clip.samples())
    return _Track(entry=clip.entry, size=clip.size, samples=samples)


def _coded_anew(clip: Clip) -> _Track | None:
    """The clip as H.264, coded as fast as it goes; None if none of its pictures decodes."""
    recoder = Recoder(clip.codec, clip.timescale)
    source = packets(clip.samples(), clip.codec, clip.parameter_units)
    coded = chain.from_iterable(map(recoder.feed, source))
    opening = next(coded, None)
    if opening is None:
        return None
    sets = ParameterSets("h264")
    sets.update(opening.units)

    def samples() -> Iterator[TimedSample]:
        for one in chain((opening,), coded):
            yield TimedSample(data=length_prefixed(one.units), pts=one.pts, key=one.key)

    return _Track(entry=entries.h264_entry(sets), size=clip.size, samples=samples())


def _units(micros: int, rate: int) -> int:
    return micros * rate // _SECOND

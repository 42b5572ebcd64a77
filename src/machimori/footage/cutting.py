# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where one clip ends and the next begins: one camera's access units, handed to clips in turn.

A clip holds what one decoder shows without a break. It is cut where the parameter sets change, the
time jumps by more than two seconds, or the camera began a new stream, and it can only begin where
decoding can: at a whole key frame, or, if only the camera's clock jumped, with hidden copies of the
pictures since the last one.

Standard library only: the offline verifier is built from this module.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from machimori.footage.mp4 import entries
from machimori.footage.rtp import h264, h265
from machimori.footage.rtp.access import AccessUnit, Assembler, TimedChunk
from machimori.footage.rtp.parameters import ParameterSets
from machimori.footage.rtp.sdp import VideoTrack
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros

Cause = Literal["start", "session", "stream", "parameters", "gap", "clock"]
"""Why a clip begins: first of all; another RTSP session; the camera restarted its stream; new
parameter sets; a gap in time; a jump of the camera's RTP clock that arrival does not show."""
Progress = Callable[[int], None]
"""Called with the bytes read so far."""

GAP = 2_000_000
"""Microseconds without a picture that begin a new clip."""
_SLOW = 4
"""A camera that sends few pictures has a gap only after this many of its usual intervals."""
_MAX_LEAD = 64 * 1024 * 1024
"""Bytes of pictures kept since the last key frame, for the hidden beginning of the next clip."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Consecutive chunks that share a stream description: a segment, or a part of one."""

    description: bytes
    """Canonical JSON as stored in the segment: SDP, track, channels."""
    chunks: Iterable[TimedChunk]
    continues: bool = False
    """The same RTSP session as the stretch before, and no byte missing between them."""
    synchronised: bool = False
    """The first chunk begins at an interleaved frame (true of a segment's first chunk)."""


@dataclass(frozen=True, kw_only=True)
class Undecodable:
    """Pictures that no clip shows, because no key frame precedes them."""

    pictures: int
    arrived_from: Micros
    arrived_to: Micros


@dataclass(frozen=True, kw_only=True)
class ClipReport:
    """What a clip shows."""

    number: int
    cause: Cause
    codec: str
    width: int
    height: int
    timescale: int
    pictures: int
    """Shown, without the hidden ones."""
    hidden: int
    incomplete: int
    """Pictures shown with slices missing."""
    lost: int
    """RTP packets missing inside the clip."""
    arrived_from: Micros
    """The first picture arrived no earlier."""
    arrived_to: Micros
    """The last picture had arrived by then."""
    camera_from: Micros | None
    """The same by the camera's own clock, if it tells it."""
    camera_to: Micros | None
    duration: int
    """Microseconds, by the camera's RTP clock."""


@dataclass(kw_only=True)
class ExportReport:
    """Totals, complete once the export has been read to its end."""

    bytes_read: int = 0
    bytes_skipped: int = 0
    """Bytes that were neither RTP, RTCP nor RTSP."""
    packets: int = 0
    lost: int = 0
    malformed: int = 0
    unusable: int = 0
    """Pictures of which packets came and nothing can be shown."""
    cut_off: int = 0
    """Pictures at the end of a session's footage of which only the beginning is there."""
    undecodable: list[Undecodable] = field(default_factory=list)
    clips: list[ClipReport] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How the next clip begins."""

    unit: AccessUnit
    cause: Cause
    lead: tuple[AccessUnit, ...] = ()


class Take:
    """Hands the units of one camera to clips, one after the other, and finds where to cut."""

    def __init__(self, stretches: Iterable[Stretch], progress: Progress) -> None:
        self.report = ExportReport()
        self.interval = 0
        """The usual distance between pictures, in the track's units."""
        self.last_duration = 0
        self.track: VideoTrack | None = None
        self.sets = ParameterSets("h264")
        self.opening: Opening | None = None
        self._units = self._shown(self._read(stretches, progress))
        self._changed = False
        """Parameter sets differ from the open clip's: it ends before the next key frame."""
        self._broken = False
        """Those of a sequence do, and came without their key frame: it is lost."""
        self._session = False
        self._shape = (0, 0)
        self._waiting = False
        self._cause: Cause = "start"

    def advance(self) -> bool:
        """Find how the next clip begins, if that is not known yet; False at the end."""
        while self.opening is None:
            unit = next(self._units, None)
            if unit is None:
                return False
            self._update(unit)
            if self._session:
                self._cause = "session" if self.report.clips else "start"
            elif unit.restarted:
                self._cause = "stream"
            if unit.key and unit.complete and self._ready(unit):
                self.opening = Opening(unit=unit, cause=self._cause)
            else:
                self._undecodable(unit)
        return True

    def units(self, opening: Opening) -> Iterator[AccessUnit]:
        """The units of the clip that begins with `opening`, up to the cut behind it."""
        self.opening = None
        self._changed = self._broken = self._session = self._waiting = False
        rate = self.track.clock_rate if self.track else 1
        lead: list[AccessUnit] | None = list(opening.lead)
        size = 0
        last = opening.unit
        highest = last.pts
        step = self.interval or rate // 15
        unit: AccessUnit | None = last
        while unit is not None:
            if unit is not opening.unit:
                self._update(unit)
                cause = self._cut(unit, last, highest, rate)
                if cause is not None:
                    distance = unit.pts - highest
                    exact = cause == "parameters" and distance > 0
                    self.last_duration = distance if exact else step
                    self._resume(unit, cause, lead)
                    return
                distance = abs(unit.pts - last.pts)
                step = max(1, abs(unit.pts - highest))
                self.interval = (7 * self.interval + distance) // 8 if self.interval else distance
            if unit.key:
                lead, size = [], 0
            size += sum(map(len, unit.units))
            if lead is not None:
                lead.append(unit)
            if size > _MAX_LEAD or not unit.complete or (unit.lost_before and not unit.key):
                lead = None
            highest = max(highest, unit.pts)
            last = unit
            yield unit
            unit = next(self._units, None)
        self.last_duration = step

    def _cut(self, unit: AccessUnit, last: AccessUnit, highest: int, rate: int) -> Cause | None:
        """Why `unit` cannot be in the same clip as the units before it; None: it can."""
        if self._session:
            return "session"
        if unit.restarted:
            return "stream"
        if self._broken or (unit.key and self._changed):
            return "parameters"
        if not self.interval and not unit.lost_before:
            # The first distance tells the pace: a slow camera does not begin with a gap.
            return None
        limit = max(GAP * rate // 1_000_000, _SLOW * self.interval)
        distance = unit.pts - highest
        if -limit <= distance <= limit:
            return None
        shortest = (unit.arrived_from - last.arrived) * rate // 1_000_000
        longest = (unit.arrived - last.arrived_from) * rate // 1_000_000
        return "gap" if shortest - limit <= distance <= longest + limit else "clock"

    def _resume(self, unit: AccessUnit, cause: Cause, lead: list[AccessUnit] | None) -> None:
        """Begin the next clip at `unit` if that can be decoded, now or with a hidden beginning."""
        if unit.key and unit.complete and self._ready(unit):
            self.opening = Opening(unit=unit, cause=cause)
        elif lead and cause == "clock" and not unit.lost_before and unit.complete:
            # Pictures kept coming, so none is missing. Behind a gap in arrival one cannot know:
            # cameras drop pictures without leaving a hole in their sequence numbers.
            self.opening = Opening(unit=unit, cause=cause, lead=tuple(lead))
        else:
            self._cause = cause
            self._undecodable(unit)

    def _ready(self, unit: AccessUnit) -> bool:
        """Whether the parameter sets that decoding needs are known."""
        if self.track is None:
            return False
        try:
            sample_entry(self.track, self.sets, unit)
        except MalformedError:
            return False
        return True

    def _update(self, unit: AccessUnit) -> None:
        """Take the parameter sets of a unit, and see what they change."""
        if self.track is None or self.track.codec != "jpeg":
            kinds = self.sets.update(unit.units)
            self._changed |= bool(kinds)
            # Picture parameter sets may change anywhere, the others at a key frame only.
            self._broken |= bool(kinds - {h264.PPS, h265.PPS}) and not (unit.key and unit.shown)
            return
        try:
            shape = entries.jpeg_size(unit.units[0])
        except (MalformedError, IndexError):
            return
        self._changed |= shape != self._shape
        self._shape = shape

    def _undecodable(self, unit: AccessUnit) -> None:
        found = self.report.undecodable
        if self._waiting:
            before = found.pop()
            found.append(
                Undecodable(
                    pictures=before.pictures + 1,
                    arrived_from=before.arrived_from,
                    arrived_to=unit.arrived,
                )
            )
        else:
            found.append(
                Undecodable(pictures=1, arrived_from=unit.arrived_from, arrived_to=unit.arrived)
            )
        self._waiting = True

    def _shown(self, units: Iterator[AccessUnit]) -> Iterator[AccessUnit]:
        """Leave out what has nothing to show, and let the unit behind it tell the loss."""
        lost = 0
        for unit in units:
            if not unit.shown:
                self.report.unusable += 1
                self._update(unit)
                # Malformed payloads lose a picture without losing a packet.
                lost += max(unit.lost_before, 1)
            elif lost:
                yield replace(unit, lost_before=unit.lost_before + lost)
                lost = 0
            else:
                yield unit

    def _read(self, stretches: Iterable[Stretch], progress: Progress) -> Iterator[AccessUnit]:
        assembler: Assembler | None = None
        for stretch in stretches:
            track = VideoTrack.read(stretch.description)
            if assembler is None or not stretch.continues or track != self.track:
                if assembler is not None:
                    yield from self._end(assembler)
                self._session = True
                if self.track is None or track.codec != self.track.codec:
                    self.sets = ParameterSets("h265" if track.codec == "h265" else "h264")
                self.track = track
                self.sets.update(track.parameter_sets)
                assembler = Assembler(track, synchronised=stretch.synchronised)
            for chunk in stretch.chunks:
                self.report.bytes_read += len(chunk.data)
                yield from assembler.feed(chunk)
                progress(self.report.bytes_read)
        if assembler is not None:
            yield from self._end(assembler)

    def _end(self, assembler: Assembler) -> Iterator[AccessUnit]:
        for unit in assembler.flush():
            # Footage ends where it was cut, mostly inside a picture: nothing was lost there.
            if unit.complete or unit.lost_before:
                yield unit
            else:
                self.report.cut_off += 1
        self.report.packets += assembler.counts.packets
        self.report.lost += assembler.counts.lost
        self.report.malformed += assembler.counts.malformed
        self.report.bytes_skipped += assembler.splitter.skipped


def sample_entry(
    track: VideoTrack, sets: ParameterSets, unit: AccessUnit
) -> tuple[bytes, tuple[int, int]]:
    """(sample entry, (width, height)). Raises MalformedError."""
    if track.codec == "jpeg":
        size = entries.jpeg_size(unit.units[0])
        return entries.jpeg_entry(*size), size
    picture = sets.picture()
    make = entries.h264_entry if track.codec == "h264" else entries.h265_entry
    return make(sets), (picture.width, picture.height)

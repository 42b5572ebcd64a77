# SPDX-License-Identifier: AGPL-3.0-or-later
"""From what a camera sent to MP4 clips, by stream copy, in one pass and bounded memory.

A clip is what one decoder can show without a break: a new one begins at each change of parameter
sets, at each gap of more than two seconds, and where the camera began a new stream. Every picture
that can be decoded is in a clip, every NAL unit of it, SEI included; what cannot be decoded (no key
frame before it) is reported, and stays in the original bytes beside the clips.

A gap in time without a lost packet (a camera that stood still and went on) does not break decoding:
the clip behind it then begins with hidden copies of the pictures since the last key frame, which a
player decodes and does not show.

The same bytes always give the same clips, so that a verifier re-derives every sample.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from machimori.footage.mp4 import entries
from machimori.footage.mp4.writer import Mp4Writer, length_prefixed
from machimori.footage.rtp.access import AccessUnit, Assembler, TimedChunk
from machimori.footage.rtp.parameters import ParameterSets
from machimori.footage.rtp.sdp import VideoTrack
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros

__all__ = [
    "Clip",
    "ClipReport",
    "Export",
    "Sample",
    "Stretch",
    "TimedChunk",
    "export",
    "export_stretches",
]

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
class Sample:
    """One sample of a clip as it stands in the file."""

    data: bytes
    pts: int
    """In the track's units."""
    key: bool
    hidden: bool
    unit: AccessUnit


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
    undecodable: list[Undecodable] = field(default_factory=list)
    clips: list[ClipReport] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Opening:
    """How the next clip begins."""

    unit: AccessUnit
    cause: Cause
    lead: tuple[AccessUnit, ...] = ()


class Clip:
    """One MP4 file to be. Write it, or read its samples, before asking for the next one."""

    def __init__(
        self, number: int, opening: _Opening, track: VideoTrack, sets: ParameterSets, take: "_Take"
    ) -> None:
        self.number = number
        self.cause = opening.cause
        self.codec = track.codec
        self.timescale = track.clock_rate
        self.entry, self.size = _entry(track, sets, opening.unit)
        """The sample entry's bytes; (width, height)."""
        self.report: ClipReport | None = None
        """Set once the clip has been read to its end."""
        self._opening = opening
        self._take = take
        self._last_duration = 0
        self._samples = self._read()

    def samples(self) -> Iterator[Sample]:
        """The clip's samples in decoding order, once."""
        return self._samples

    def _read(self) -> Iterator[Sample]:
        opening = self._opening
        first = opening.unit
        hidden = len(opening.lead)
        # The hidden pictures keep their distances and end where the first shown one begins.
        shift = 0
        if hidden:
            shift = first.pts - max(unit.pts for unit in opening.lead) - self._take.interval
        for unit in opening.lead:
            yield self._sample(unit, unit.pts + shift, hidden=True)
        pictures = incomplete = lost = 0
        lowest = highest = first.pts
        last = first
        for unit in self._take.units(opening):
            pictures += 1
            incomplete += not unit.complete
            lost += unit.lost_before if pictures > 1 else 0
            lowest = min(lowest, unit.pts)
            highest = max(highest, unit.pts)
            last = unit
            yield self._sample(unit, unit.pts, hidden=False)
        self._last_duration = self._take.last_duration
        width, height = self.size
        self.report = ClipReport(
            number=self.number,
            cause=self.cause,
            codec=self.codec,
            width=width,
            height=height,
            timescale=self.timescale,
            pictures=pictures,
            hidden=hidden,
            incomplete=incomplete,
            lost=lost,
            arrived_from=first.arrived_from,
            arrived_to=last.arrived,
            camera_from=first.camera,
            camera_to=last.camera,
            duration=(highest - lowest + self._last_duration) * 1_000_000 // self.timescale,
        )

    def write_to(self, file: BinaryIO) -> ClipReport:
        """Write the MP4 to a seekable file."""
        writer = Mp4Writer(
            file,
            entry=self.entry,
            size=self.size,
            timescale=self.timescale,
            created=self._opening.unit.arrived,
        )
        for sample in self.samples():
            writer.add(sample.data, sample.pts, key=sample.key, hidden=sample.hidden)
        writer.finish(self._last_duration)
        if self.report is None:
            raise RuntimeError("a clip's samples can be read once only")
        return self.report

    def write(self, path: Path) -> ClipReport:
        """Write the MP4 to a new file. Raises FileExistsError."""
        with path.open("xb", buffering=1 << 20) as file:
            return self.write_to(file)

    def _sample(self, unit: AccessUnit, pts: int, *, hidden: bool) -> Sample:
        data = unit.units[0] if self.codec == "jpeg" else length_prefixed(unit.units)
        return Sample(data=data, pts=pts, key=unit.key, hidden=hidden, unit=unit)


class _Take:
    """Hands the units of one camera to clips, one after the other, and finds where to cut."""

    def __init__(self, stretches: Iterable[Stretch], progress: Progress) -> None:
        self.report = ExportReport()
        self.interval = 0
        """The usual distance between pictures, in the track's units."""
        self.last_duration = 0
        self.track: VideoTrack | None = None
        self.sets = ParameterSets("h264")
        self.opening: _Opening | None = None
        self._units = self._read(stretches, progress)
        self._changed = False
        self._session = False
        self._shape = (0, 0)
        self._waiting = False

    def advance(self) -> bool:
        """Find how the next clip begins, if that is not known yet; False at the end."""
        cause: Cause = "start" if not self.report.clips else "gap"
        while self.opening is None:
            unit = next(self._units, None)
            if unit is None:
                return False
            self._changed |= self._update(unit)
            if self._session:
                cause = "session" if self.report.clips else "start"
            elif unit.restarted:
                cause = "stream"
            if unit.key and unit.complete and self._ready(unit):
                self.opening = _Opening(unit=unit, cause=cause)
            else:
                self._undecodable(unit)
        return True

    def units(self, opening: _Opening) -> Iterator[AccessUnit]:
        """The units of the clip that begins with `opening`, up to the cut behind it."""
        self.opening = None
        self._changed = self._session = self._waiting = False
        rate = self.track.clock_rate if self.track else 1
        lead: list[AccessUnit] | None = list(opening.lead)
        size = 0
        last = opening.unit
        highest = last.pts
        step = self.interval or rate // 15
        unit: AccessUnit | None = last
        while unit is not None:
            if unit is not opening.unit:
                self._changed |= self._update(unit)
                cause = self._cut(unit, last, highest, rate)
                if cause is not None:
                    distance = unit.pts - highest
                    self.last_duration = distance if cause == "parameters" else step
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
            if size > _MAX_LEAD or not unit.complete:
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
        if unit.key and self._changed:
            return "parameters"
        limit = max(GAP * rate // 1_000_000, _SLOW * self.interval)
        if -limit <= unit.pts - highest <= limit:
            return None
        passed = (unit.arrived - last.arrived) * rate // 1_000_000
        return "gap" if abs(unit.pts - highest - passed) <= limit else "clock"

    def _resume(self, unit: AccessUnit, cause: Cause, lead: list[AccessUnit] | None) -> None:
        """Begin the next clip at `unit` if that can be decoded, now or with a hidden beginning."""
        if unit.key and unit.complete and self._ready(unit):
            self.opening = _Opening(unit=unit, cause=cause)
        elif lead and cause in ("gap", "clock") and not unit.lost_before and unit.complete:
            self.opening = _Opening(unit=unit, cause=cause, lead=tuple(lead))
        else:
            self._undecodable(unit)

    def _ready(self, unit: AccessUnit) -> bool:
        """Whether the parameter sets that decoding needs are known."""
        if self.track is None:
            return False
        try:
            _entry(self.track, self.sets, unit)
        except MalformedError:
            return False
        return True

    def _update(self, unit: AccessUnit) -> bool:
        """Whether decoding from here on needs another sample entry."""
        if self.track is None or self.track.codec != "jpeg":
            return self.sets.update(unit.units)
        try:
            shape = entries.jpeg_size(unit.units[0])
        except MalformedError:
            return False
        changed = shape != self._shape
        self._shape = shape
        return changed

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
        yield from assembler.flush()
        self.report.packets += assembler.counts.packets
        self.report.lost += assembler.counts.lost
        self.report.malformed += assembler.counts.malformed
        self.report.bytes_skipped += assembler.splitter.skipped


class Export:
    """An iterator of clips; `report` is complete when it has ended."""

    def __init__(self, stretches: Iterable[Stretch], progress: Progress) -> None:
        self._take = _Take(stretches, progress)
        self._clip: Clip | None = None

    @property
    def report(self) -> ExportReport:
        """What has been read so far, and what of it is in no clip."""
        return self._take.report

    def __iter__(self) -> Iterator[Clip]:
        return self

    def __next__(self) -> Clip:
        """The next clip. What of the one before was not read is passed over."""
        if self._clip is not None:
            if self._clip.report is None:
                for _ in self._clip.samples():
                    pass
            if self._clip.report is not None:
                self.report.clips.append(self._clip.report)
            self._clip = None
        opening = self._take.opening if self._take.advance() else None
        if opening is None or self._take.track is None:
            raise StopIteration
        number = len(self.report.clips) + 1
        self._clip = Clip(number, opening, self._take.track, self._take.sets, self._take)
        return self._clip


def _quiet(read: int) -> None:
    del read


def export_stretches(stretches: Iterable[Stretch], *, progress: Progress = _quiet) -> Export:
    """The clips of one camera's footage that spans segments, in order of time.

    Raises MalformedError while being read if a description is not one.
    """
    return Export(stretches, progress)


def export(
    description: bytes, chunks: Iterable[TimedChunk], *, progress: Progress = _quiet
) -> Export:
    """The clips of one RTSP session's chunks. Raises MalformedError while being read."""
    return export_stretches([Stretch(description=description, chunks=chunks)], progress=progress)


def _entry(
    track: VideoTrack, sets: ParameterSets, unit: AccessUnit
) -> tuple[bytes, tuple[int, int]]:
    """(sample entry, (width, height)). Raises MalformedError."""
    if track.codec == "jpeg":
        size = entries.jpeg_size(unit.units[0])
        return entries.jpeg_entry(*size), size
    picture = sets.picture()
    make = entries.h264_entry if track.codec == "h264" else entries.h265_entry
    return make(sets), (picture.width, picture.height)

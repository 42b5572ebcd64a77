# SPDX-License-Identifier: AGPL-3.0-or-later
"""From what a camera sent to MP4 clips, by stream copy, in one pass and bounded memory.

A clip is what one decoder can show without a break: a new one begins at each change of parameter
sets, at each gap of more than two seconds, and where the camera began a new stream. Every picture
that can be decoded is in a clip, every NAL unit of it, SEI included; what cannot be decoded (no key
frame before it) is reported, and stays in the original bytes beside the clips.

A jump of the camera's clock while pictures kept coming does not break decoding: the clip behind it
then begins with hidden copies of the pictures since the last key frame, which a player decodes and
does not show.

The same bytes always give the same clips, so that a verifier re-derives every sample.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from machimori.footage.cutting import (
    ClipReport,
    ExportReport,
    Opening,
    Progress,
    Stretch,
    Take,
    Undecodable,
    sample_entry,
)
from machimori.footage.mp4.writer import Mp4Writer, length_prefixed
from machimori.footage.rtp.access import AccessUnit, TimedChunk
from machimori.footage.rtp.parameters import ParameterSets
from machimori.footage.rtp.sdp import VideoTrack

__all__ = [
    "Clip",
    "ClipReport",
    "Export",
    "ExportReport",
    "Sample",
    "Stretch",
    "TimedChunk",
    "Undecodable",
    "decodable",
    "export",
    "export_stretches",
]

_START_CODE = b"\x00\x00\x00\x01"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One sample of a clip as it stands in the file."""

    data: bytes
    pts: int
    """In the track's units."""
    key: bool
    hidden: bool
    unit: AccessUnit


def decodable(sample: Sample, codec: str, *, lead: tuple[bytes, ...] = ()) -> bytes:
    """A sample's picture as a decoder takes it, with these parameter sets before it."""
    if codec == "jpeg":
        return sample.data
    return b"".join(_START_CODE + unit for unit in (*lead, *sample.unit.units))


class Clip:
    """One MP4 file to be. Write it, or read its samples, before asking for the next one."""

    def __init__(
        self, number: int, opening: Opening, track: VideoTrack, sets: ParameterSets, take: Take
    ) -> None:
        self.number = number
        self.cause = opening.cause
        self.codec = track.codec
        self.timescale = track.clock_rate
        self.entry, self.size = sample_entry(track, sets, opening.unit)
        """The sample entry's bytes; (width, height)."""
        self.arrived = opening.unit.arrived_from
        """No picture that is shown arrived earlier."""
        self.first_pts = opening.unit.pts
        """Of the first one, in the track's units."""
        self.parameter_units = sets.all() if track.codec != "jpeg" else ()
        """The parameter sets in force where the clip begins."""
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

    def write_to(
        self, file: BinaryIO, *, watch: Callable[[AccessUnit], None] | None = None
    ) -> ClipReport:
        """Write the MP4 to a seekable file. `watch` sees each picture that is shown."""
        writer = Mp4Writer(
            file,
            entry=self.entry,
            size=self.size,
            timescale=self.timescale,
            created=self._opening.unit.arrived,
        )
        for sample in self.samples():
            writer.add(sample.data, sample.pts, key=sample.key, hidden=sample.hidden)
            if watch is not None and not sample.hidden:
                watch(sample.unit)
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


class Export:
    """An iterator of clips; `report` is complete when it has ended."""

    def __init__(self, stretches: Iterable[Stretch], progress: Progress) -> None:
        self._take = Take(stretches, progress)
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

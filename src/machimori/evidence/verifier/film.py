# SPDX-License-Identifier: AGPL-3.0-or-later
"""The MP4 clips of one camera's part of a package: made by the maker, made again by the verifier.

Both run this code, once writing and once comparing, so that what a statement says about clips, the
time before the first picture and the camera's clock is what follows from the original bytes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from machimori.evidence.verifier.coverage import Interval
from machimori.evidence.verifier.statement import Clock, Video
from machimori.footage.export import Stretch, export_stretches
from machimori.footage.rtp.access import AccessUnit, TimedChunk
from machimori.vault.sealing.layout import ChunkHeader
from machimori.vault.sealing.skeleton import Skeleton

_MINUTE = 60_000_000


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What of one segment goes into the film, in order."""

    skeleton: Skeleton
    chunks: tuple[ChunkHeader, ...]
    """The headers of the chunks inside the interval."""
    description: bytes
    data: Iterable[TimedChunk]
    """Their bytes, read while the film is made."""


@dataclass(frozen=True, kw_only=True)
class Film:
    """What was made of one camera's pieces."""

    videos: tuple[Video, ...]
    lead_in: int
    lost: int
    clock: Clock
    pictures: int


class _CameraClock:
    """The camera's clock (RTCP sender reports) against the recorder's, minute by minute.

    A picture cannot arrive before it was taken, so camera time minus arrival is never more than
    the true offset; the greatest difference of a minute, from a picture that arrived just before a
    drain, comes within about one picture's interval of it.
    """

    def __init__(self) -> None:
        self._minutes: dict[int, int] = {}

    def watch(self, unit: AccessUnit) -> None:
        """Take one picture into account."""
        if unit.camera is not None:
            minute = unit.arrived // _MINUTE
            difference = unit.camera - unit.arrived
            self._minutes[minute] = max(self._minutes.get(minute, difference), difference)

    def offset(self) -> int | None:
        """µs in the first minute with a report."""
        return self._minutes[min(self._minutes)] if self._minutes else None

    def drift(self) -> int | None:
        """µs by which the offset changed until the last minute."""
        if len(self._minutes) < 2:
            return None
        return self._minutes[max(self._minutes)] - self._minutes[min(self._minutes)]


def video_path(camera: str, number: int) -> str:
    """Where clip `number` (from 1) of a camera is in the package."""
    return f"data/video/{camera}-{number:02d}.mp4"


def make_film(
    camera: str,
    pieces: Iterable[Piece],
    delivered: tuple[Interval, ...],
    create: Callable[[str], BinaryIO],
    close: Callable[[str], None],
) -> Film:
    """Make every clip in a file that `create` gives, and `close` it.

    Raises MalformedError if a description is none.
    """
    bounds: list[int | None] = []
    exported = export_stretches(_stretches(pieces, bounds))
    videos = []
    pictures = 0
    camera_clock = _CameraClock()
    for clip in exported:
        path = video_path(camera, clip.number)
        report = clip.write_to(create(path), watch=camera_clock.watch)
        close(path)
        pictures += report.pictures
        videos.append(
            Video(
                path=path,
                kind="copy",
                codec=report.codec,
                start=report.arrived_from,
                end=report.arrived_to,
                samples=report.pictures,
            )
        )
    first = videos[0].start if videos else (delivered[-1][1] if delivered else 0)
    return Film(
        videos=tuple(videos),
        lead_in=max(0, first - delivered[0][0]) if delivered else 0,
        lost=exported.report.lost,
        clock=Clock(
            bound=_worst(bounds),
            camera_offset=camera_clock.offset(),
            camera_drift=camera_clock.drift(),
        ),
        pictures=pictures,
    )


def _stretches(pieces: Iterable[Piece], bounds: list[int | None]) -> Iterator[Stretch]:
    before: Piece | None = None
    for piece in pieces:
        bounds.append(piece.skeleton.sealed.header.clock_bound)
        if not piece.chunks:
            continue
        yield Stretch(
            description=piece.description,
            chunks=piece.data,
            continues=before is not None and _continues(before, piece),
            synchronised=piece.chunks[0].index == 0,
        )
        before = piece


def _continues(before: Piece, after: Piece) -> bool:
    """Whether not a byte of the camera's connection is missing between the two."""
    one, two = before.skeleton, after.skeleton
    return (
        two.end.trailer.previous == one.end.head().hex()
        and one.end.trailer.reason not in ("reconnect", "shutdown", "recovered")
        and before.chunks[-1].index == len(one.chunks) - 1
        and after.chunks[0].index == 0
        and before.description == after.description
    )


def _worst(bounds: list[int | None]) -> int | None:
    """The largest bound; unknown if one of them is unknown."""
    known = [bound for bound in bounds if bound is not None]
    return max(known) if known and len(known) == len(bounds) else None

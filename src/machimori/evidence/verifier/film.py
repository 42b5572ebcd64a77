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
from machimori.footage.rtp.access import TimedChunk
from machimori.kernel.instants import Micros
from machimori.vault.sealing.layout import ChunkHeader
from machimori.vault.sealing.skeleton import Skeleton


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
    offsets: list[tuple[Micros, int]] = []
    for clip in exported:
        path = video_path(camera, clip.number)
        report = clip.write_to(create(path))
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
        if report.camera_to is not None:
            offsets.append((report.arrived_to, report.camera_to - report.arrived_to))
    first = videos[0].start if videos else (delivered[-1][1] if delivered else 0)
    return Film(
        videos=tuple(videos),
        lead_in=max(0, first - delivered[0][0]) if delivered else 0,
        lost=exported.report.lost,
        clock=Clock(
            bound=_worst(bounds),
            camera_offset=offsets[0][1] if offsets else None,
            camera_drift=offsets[-1][1] - offsets[0][1] if len(offsets) > 1 else None,
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

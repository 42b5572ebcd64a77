# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where to cut an interval so that the package of each part fits on a medium.

The size of a package is known only when it is made (a film for viewing may be larger or smaller
than its source), so this is an estimate: whoever makes the packages cuts a part again that turned
out too large.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from machimori.evidence.selection import CameraFootage
from machimori.kernel.instants import Micros

GROWTH: Final = 2.05
"""Bytes of a package for each byte that a camera sent: the original, and the film made of it."""
_MINUTE: Final = 60_000_000


def cut(
    footage: Sequence[CameraFootage], start: Micros, end: Micros, parts: int
) -> tuple[tuple[Micros, Micros], ...]:
    """[start, end) in `parts` parts of about as many bytes, or fewer if there is too little to cut.

    Each part holds footage of some camera. Cuts are on whole minutes where the parts are long.
    """
    chunks = sorted(
        (max(start, chunk.arrived_from), chunk.length)
        for camera in footage
        for segment in camera.segments
        for chunk in segment.chunks
    )
    total = sum(length for _, length in chunks)
    cuts: list[Micros] = []
    done = 0
    for at, length in chunks:
        if done >= total * (len(cuts) + 1) / parts:
            even = Micros(at - at % _MINUTE)
            last = cuts[-1] if cuts else start
            where = even if even - last > 5 * _MINUTE else at
            if last < where < end:
                cuts.append(where)
        done += length
    bounds = [start, *cuts, end]
    return tuple(pairwise(bounds))


def estimate(footage: Sequence[CameraFootage]) -> int:
    """Bytes of one package of all of it, about."""
    return round(GROWTH * sum(one.length for camera in footage for one in camera.segments))

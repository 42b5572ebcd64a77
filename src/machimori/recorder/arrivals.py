# SPDX-License-Identifier: AGPL-3.0-or-later
"""When each camera was last recorded by an earlier run: where the gap `recorder_down` begins.

A recorder notes the last arrivals every few seconds; what a crash left open knows better. Both are
hints for a gap's beginning, never for footage, so a damaged file is no reason not to record.
"""

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from machimori.footage.segment import BODY, read_header
from machimori.kernel import canonical
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError, MalformedError
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros
from machimori.vault.sealing.layout import CORE_SIZE, TAG_SIZE, ChunkHeader

FILE = "arrivals.json"
"""In the recorder's directory."""
SAVE_EVERY = 10.0
"""Seconds between two notes."""


def save(path: Path, arrivals: Mapping[CameraId, Micros], disk: Disk) -> None:
    """Note the last arrivals (`Disk.replace`). Raises DurabilityError."""
    disk.replace(path, canonical.dumps(dict(arrivals)))


def load(path: Path) -> dict[CameraId, Micros]:
    """What was noted; empty if there is nothing, or nothing sound."""
    with contextlib.suppress(OSError, MachimoriError):
        source = canonical.load_object(path.read_bytes())
        return {CameraId(name): Micros(at) for name, at in source.items() if isinstance(at, int)}
    return {}


def before(directory: Path, left: Iterable[Path]) -> dict[CameraId, Micros]:
    """The last arrivals of an earlier run in `directory`, of which the parts `left` are left."""
    known = load(directory / FILE)
    for part in left:
        camera, last = CameraId(part.parent.name), of_part(part)
        if last is not None:
            known[camera] = max(last, known.get(camera, last))
    return known


def of_part(path: Path) -> Micros | None:
    """Arrival of the last chunk that a crash left whole in a part; None if there is none.

    Chunk headers only: the repair, which comes later, reads everything.
    """
    last: Micros | None = None
    with contextlib.suppress(OSError, MalformedError), path.open("rb", buffering=0) as file:
        number = file.fileno()
        size = os.fstat(number).st_size
        _, position = read_header(lambda at, length: os.pread(number, length, at), size)
        while position + BODY + TAG_SIZE <= size:
            header = ChunkHeader.decode(os.pread(number, CORE_SIZE, position))
            position += BODY + header.length + TAG_SIZE
            if position <= size:
                last = header.arrived_to
    return last

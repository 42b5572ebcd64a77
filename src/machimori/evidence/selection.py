# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which sealed segments and records belong to an interval. Needs no key: names and skeletons do."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from machimori.evidence.errors import NotDeliverableError
from machimori.footage import naming, records
from machimori.footage.segment import SegmentReader
from machimori.footage.store import Store
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros, local_day
from machimori.vault.sealing.layout import ChunkHeader
from machimori.vault.sealing.skeleton import Skeleton

READ_AHEAD = 4 * 1024 * 1024
_SMALL = 256


class ReadAhead:
    """Reads chunks of a stored object in large blocks, since they are read front to back.

    Chunk headers alone, which lie far apart, are read one by one.
    """

    def __init__(self, store: Store, name: str, size: int) -> None:
        self._store = store
        self._name = name
        self._size = size
        self._start = 0
        self._block = b""

    def __call__(self, offset: int, length: int) -> bytes:
        at = offset - self._start
        if at >= 0 and at + length <= len(self._block):
            return self._block[at : at + length]
        if length <= _SMALL:
            return self._store.read(self._name, offset, length)
        wanted = max(length, min(READ_AHEAD, self._size - offset))
        self._block = self._store.read(self._name, offset, wanted)
        self._start = offset
        return self._block[:length]

    def drop(self) -> None:
        """Forget the block: an hour of segments must not stay in memory."""
        self._block = b""


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A stored segment and its chunks inside the interval."""

    stem: str
    """Its name's times: `<start>-<end>`."""
    source: ReadAhead
    reader: SegmentReader
    skeleton: Skeleton
    chunks: tuple[ChunkHeader, ...]

    @property
    def id(self) -> bytes:
        """SHA-256 that names the segment."""
        return self.reader.segment_id

    @property
    def length(self) -> int:
        """Bytes the camera sent in those chunks."""
        return sum(chunk.length for chunk in self.chunks)

    def plain(self, keys: Mapping[int, bytes]) -> Iterator[tuple[ChunkHeader, bytes]]:
        """Each of the chunks, decrypted. Their SHA-256 is for the verifier, which judges what is
        written from them before it is handed out.

        Raises NotDeliverableError if a key is missing, MalformedError if a chunk does not open.
        """
        for chunk in self.chunks:
            key = keys.get(chunk.index)
            if key is None:
                raise NotDeliverableError(
                    "the vault released fewer chunks than lie in the interval",
                    where=f"segment {self.id.hex()[:16]} chunk {chunk.index}",
                )
            yield chunk, self.reader.chunk(chunk.index, key, compare=False)
        self.source.drop()


@dataclass(frozen=True, kw_only=True)
class StoredRecord:
    """A signed record as it goes into the package."""

    path: str
    data: bytes
    record: records.Record


@dataclass(frozen=True, kw_only=True)
class CameraFootage:
    """Everything stored of one camera that touches the interval, in order of time."""

    camera: str
    segments: tuple[Sealed, ...]
    records: tuple[StoredRecord, ...]


def select(
    store: Store, cameras: tuple[str, ...], start: Micros, end: Micros
) -> tuple[CameraFootage, ...]:
    """What the store holds of the cameras in [start, end).

    Raises MalformedError for a segment whose frame is damaged, and what the store raises.
    """
    return tuple(_camera(store, camera, start, end) for camera in cameras)


def _camera(store: Store, camera: str, start: Micros, end: Micros) -> CameraFootage:
    segments = []
    found = []
    for name, size in _names(store, camera, start, end):
        if isinstance(name, naming.SegmentName):
            if (sealed := _sealed(store, name, size, start, end)) is not None:
                segments.append(sealed)
        elif isinstance(name, naming.RecordName):
            data = store.get(str(name))
            record, _ = records.decode(data)
            path = f"data/records/{camera}/{str(name).rpartition('/')[2]}"
            found.append(StoredRecord(path=path, data=data, record=record))
    segments.sort(key=lambda s: (s.skeleton.end.trailer.first, s.id))
    return CameraFootage(camera=camera, segments=tuple(segments), records=tuple(found))


def _names(
    store: Store, camera: str, start: Micros, end: Micros
) -> Iterator[tuple[naming.Name, int]]:
    """Names that touch the interval. A segment belongs to the day of its start, hence one more."""
    day = local_day(start) - dt.timedelta(days=1)
    while day <= local_day(end):
        for item in store.list(f"{day.isoformat()}/{camera}/"):
            try:
                name = naming.parse(item.name)
            except MalformedError:
                continue  # `footage check` reports foreign files
            if isinstance(name, naming.ManifestName):
                continue
            if name.first < end and name.last > start:
                yield name, item.size
        day += dt.timedelta(days=1)


def _sealed(
    store: Store, name: naming.SegmentName, size: int, start: Micros, end: Micros
) -> Sealed | None:
    source = ReadAhead(store, str(name), size)
    reader = SegmentReader(source, size)
    skeleton = reader.skeleton()
    inside = set(skeleton.inside(start, end))
    if not inside:
        return None
    return Sealed(
        stem=f"{naming.stamp(name.first)}-{naming.stamp(name.last)}",
        source=source,
        reader=reader,
        skeleton=skeleton,
        chunks=tuple(chunk for chunk in skeleton.chunks if chunk.index in inside),
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which sealed segments and records belong to an interval. Needs no key: names and skeletons do."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from machimori.evidence.errors import DamagedSegmentError, NotDeliverableError
from machimori.footage import naming, records
from machimori.footage.segment import SegmentReader
from machimori.footage.store import Store
from machimori.kernel.envelope import Verifier
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros, local_day
from machimori.vault.sealing.layout import ChunkHeader
from machimori.vault.sealing.skeleton import Skeleton

READ_AHEAD = 4 * 1024 * 1024
_SMALL = 8192
"""Headers, trailers and chunk headers are no longer than this; they lie far apart."""


class ReadAhead:
    """Reads chunks of a stored object in large blocks, since they are read front to back.

    What is small is read by itself.
    """

    def __init__(self, store: Store, name: str, size: int) -> None:
        self._store = store
        self._name = name
        self.size = size
        self._start = 0
        self._block = b""

    def __call__(self, offset: int, length: int) -> bytes:
        at = offset - self._start
        if at >= 0 and at + length <= len(self._block):
            return self._block[at : at + length]
        if length <= _SMALL:
            return self._store.read(self._name, offset, length)
        wanted = max(length, min(READ_AHEAD, self.size - offset))
        self._block = self._store.read(self._name, offset, wanted)
        self._start = offset
        return self._block[:length]

    def drop(self) -> None:
        """Forget the block: an hour of segments must not stay in memory."""
        self._block = b""


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A stored segment and its chunks inside the interval."""

    name: naming.SegmentName
    source: ReadAhead
    reader: SegmentReader
    skeleton: Skeleton
    chunks: tuple[ChunkHeader, ...]

    @property
    def stem(self) -> str:
        """Its name's times: `<start>-<end>`."""
        return f"{naming.stamp(self.name.first)}-{naming.stamp(self.name.last)}"

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

        Raises NotDeliverableError if a key is missing, DamagedSegmentError if a chunk does not
        open.
        """
        for chunk in self.chunks:
            key = keys.get(chunk.index)
            if key is None:
                raise NotDeliverableError(
                    "the vault released fewer chunks than lie in the interval",
                    where=f"segment {self.id.hex()[:16]} chunk {chunk.index}",
                )
            try:
                plain = self.reader.chunk(chunk.index, key, compare=False)
            except MalformedError as error:
                raise DamagedSegmentError(error.message, segment=self.id) from error
            yield chunk, plain
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
    damaged: tuple[naming.SegmentName, ...] = ()
    """What is stored but cannot be used: it does not open, or no recorder of the city signed it."""

    def without(self, segments: Set[bytes]) -> "CameraFootage":
        """The same with some segments found damaged."""
        return replace(
            self,
            segments=tuple(s for s in self.segments if s.id not in segments),
            damaged=(*self.damaged, *(s.name for s in self.segments if s.id in segments)),
        )


Keys = Callable[[str], Sequence[Verifier]]
"""The keys that the city certified for a recorder's name."""


def select(
    store: Store,
    cameras: tuple[str, ...],
    start: Micros,
    end: Micros,
    *,
    keys: Keys,
    city: Verifier,
) -> tuple[CameraFootage, ...]:
    """What the store holds of the cameras in [start, end). Raises what the store raises.

    The store is not trusted: what no recorder of the city signed is set aside, so that neither a
    bad sector nor a planted file keeps the rest from being handed out.
    """
    return tuple(_camera(store, camera, start, end, keys, city) for camera in cameras)


def _camera(
    store: Store, camera: str, start: Micros, end: Micros, keys: Keys, city: Verifier
) -> CameraFootage:
    segments: list[Sealed] = []
    found: list[StoredRecord] = []
    damaged: list[naming.SegmentName] = []
    for name, size in _names(store, camera, start, end):
        try:
            if isinstance(name, naming.SegmentName):
                if (sealed := part_of(store, name, size, start, end)) is not None:
                    _check(sealed.skeleton, camera, keys)
                    segments.append(sealed)
            elif isinstance(name, naming.RecordName):
                found.append(_record(store, name, keys, city))
        except MalformedError:
            if isinstance(name, naming.SegmentName):
                damaged.append(name)
    segments.sort(key=lambda s: (s.skeleton.end.trailer.first, s.id))
    return CameraFootage(
        camera=camera, segments=tuple(segments), records=tuple(found), damaged=tuple(damaged)
    )


def _check(skeleton: Skeleton, camera: str, keys: Keys) -> None:
    """Raises MalformedError unless a recorder of the city signed it, for this camera."""
    header = skeleton.sealed.header
    if header.camera != camera:
        raise MalformedError("a segment of another camera")
    found = MalformedError("the city certified no recorder of this name")
    for key in keys(header.recorder):
        try:
            skeleton.check(key)
        except MalformedError as error:
            found = error
        else:
            return
    raise found


def _record(store: Store, name: naming.RecordName, keys: Keys, city: Verifier) -> StoredRecord:
    """Raises MalformedError unless a recorder of the city signed it, for this camera."""
    data = store.get(str(name))
    record, envelope = records.decode(data)
    signers = [*keys(record.recorder), *([city] if record.kind == "expired" else [])]
    if record.camera != name.camera or not any(envelope.signed_with(key) for key in signers):
        raise MalformedError("no recorder of the city signed this record")
    path = f"data/records/{name.camera}/{str(name).rpartition('/')[2]}"
    return StoredRecord(path=path, data=data, record=record)


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


def part_of(
    store: Store, name: naming.SegmentName, size: int, start: Micros, end: Micros
) -> Sealed | None:
    """The chunks of one stored segment in [start, end); None if there are none.

    Whose it is stays unchecked: `select` asks for that. Raises MalformedError and what the store
    raises.
    """
    source = ReadAhead(store, str(name), size)
    reader = SegmentReader(source, size)
    skeleton = reader.skeleton()
    inside = set(skeleton.inside(start, end))
    if not inside:
        return None
    return Sealed(
        name=name,
        source=source,
        reader=reader,
        skeleton=skeleton,
        chunks=tuple(chunk for chunk in skeleton.chunks if chunk.index in inside),
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one stored object is in its camera's chain, from a few small reads.

For whoever must know an object's place without reading its footage: the closing of a day, expiry,
overwriting, and the repair of what a crash left.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from machimori.footage import records
from machimori.footage.naming import RecordName, SegmentName, parse
from machimori.footage.records import Record, Removed
from machimori.footage.segment import SegmentReader
from machimori.footage.store import Store, StoredObject
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, RecorderId
from machimori.kernel.instants import Micros


@dataclass(frozen=True, kw_only=True)
class Item:
    """One link of a chain: a segment or a record. Its signature is not judged here."""

    name: str
    size: int
    camera: CameraId
    recorder: RecorderId
    session: str
    sequence: int
    previous: str
    digest: str
    """What it adds to the chain, hex: with the head before it gives `head`."""
    head: str
    first: Micros
    last: Micros
    kind: str
    """`segment` or the record's kind."""
    recovered: bool = False


def identify(store: Store, stored: StoredObject) -> Item:
    """The item that a stored segment or record is. Raises MalformedError for anything else."""
    name = parse(stored.name)
    if isinstance(name, SegmentName):
        reader = SegmentReader(
            lambda offset, length: store.read(stored.name, offset, length), stored.size
        )
        return item_of_segment(stored, reader)
    if isinstance(name, RecordName):
        return item_of_record(stored, *records.decode(store.get(stored.name)))
    raise MalformedError("not an item of a chain", where=stored.name)


def identify_source(name: str, source: Path | bytes) -> Item:
    """The item that is about to be put under `name`. Raises MalformedError."""
    parsed = parse(name)
    if isinstance(parsed, SegmentName):
        if isinstance(source, bytes):
            size, reader = len(source), SegmentReader.of_bytes(source)
        else:
            size, reader = source.stat().st_size, SegmentReader.of_file(source)
        return item_of_segment(StoredObject(name=name, size=size), reader)
    data = source if isinstance(source, bytes) else source.read_bytes()
    return item_of_record(StoredObject(name=name, size=len(data)), *records.decode(data))


def item_of_segment(stored: StoredObject, reader: SegmentReader) -> Item:
    """The item that a segment is, from its header and trailer. Raises MalformedError."""
    header = reader.sealed.header
    end = reader.end
    return Item(
        name=stored.name,
        size=stored.size,
        camera=header.camera,
        recorder=header.recorder,
        session=header.session,
        sequence=header.sequence,
        previous=end.trailer.previous,
        digest=end.digest().hex(),
        head=end.head().hex(),
        first=end.trailer.first,
        last=end.trailer.last,
        kind="segment",
        recovered=end.trailer.recovered,
    )


def item_of_record(stored: StoredObject, record: Record, envelope: Envelope) -> Item:
    """The item that a record (`records.decode`) is."""
    return Item(
        name=stored.name,
        size=stored.size,
        camera=record.camera,
        recorder=record.recorder,
        session=record.session,
        sequence=record.sequence,
        previous=record.previous,
        digest=envelope.digest().hex(),
        head=record.head(envelope).hex(),
        first=record.first,
        last=record.last,
        kind=record.kind,
    )


def runs(items: Iterable[Item]) -> tuple[Removed, ...]:
    """The items as runs of consecutive sequence numbers, for an `overwritten` or `expired` record.

    Records outside the chain (`expired`) are left out.
    """
    found: list[Removed] = []
    chained = [item for item in items if item.session]
    for item in sorted(chained, key=lambda item: (item.session, item.sequence)):
        last = found[-1] if found else None
        if last and last.session == item.session and last.last + 1 == item.sequence:
            found[-1] = Removed(
                session=item.session, first=last.first, last=item.sequence, head=item.head
            )
        else:
            found.append(
                Removed(
                    session=item.session,
                    first=item.sequence,
                    last=item.sequence,
                    head=item.head,
                )
            )
    return tuple(found)

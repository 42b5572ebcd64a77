# SPDX-License-Identifier: AGPL-3.0-or-later
"""Inspect one stored segment: everything that can be wrong with it, told apart, with its place."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from machimori.footage.errors import NoSuchObjectError
from machimori.footage.items import Item, item_of_segment
from machimori.footage.naming import SegmentName
from machimori.footage.scan import Scan, ScannedChunk, header_is_cut, scan
from machimori.footage.segment import BODY, TRAILER_FRAME, Read, SegmentReader, open_chunk
from machimori.footage.store import Store, StoredObject
from machimori.footage.verdicts import Finding
from machimori.kernel.envelope import Verifier
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import RecorderId
from machimori.vault.sealing.layout import END_MAGIC, MAX_TRAILER_JSON, TAG_SIZE, TRAILER_MAGIC
from machimori.vault.sealing.skeleton import Skeleton

Trusted = Mapping[RecorderId, tuple[Verifier, ...]]
"""Public keys by recorder, old ones included; the vault certifies them."""
_AT_ONCE = 128 * 1024 * 1024
_LONGEST_TRAILER = MAX_TRAILER_JSON + TRAILER_FRAME


class Keys(Protocol):
    """What the vault released of one segment (`vault.client.reader.SegmentKeys`)."""

    @property
    def description(self) -> bytes: ...
    @property
    def chunks(self) -> Mapping[int, bytes]: ...


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """The segment's place in its chain, None if that cannot be believed, and what was found."""

    item: Item | None
    findings: tuple[Finding, ...]


def inspect_segment(
    store: Store,
    name: SegmentName,
    stored: StoredObject,
    *,
    trusted: Trusted,
    keys: Mapping[str, Keys],
    content: bool,
) -> Inspected:
    """Judge one segment. Raises what the store raises, and nothing for what is wrong with it."""

    read = _reading(store, stored, whole=content)
    try:
        reader = SegmentReader(read, stored.size)
        skeleton = reader.skeleton()
    except MalformedError:
        return _broken(stored, read, trusted)
    problem = _authenticity(stored, skeleton, trusted)
    if problem is not None:
        return _broken(stored, read, trusted, problem)
    misplaced = _place(store, name, stored, skeleton)
    if misplaced is not None and misplaced.verdict != "reordered":
        return Inspected(item=None, findings=(misplaced,))
    findings = [misplaced] if misplaced is not None else []
    if content:
        found = scan(read, stored.size)
        findings.extend(_damage(stored, found))
        released = keys.get(reader.segment_id.hex())
        if released is not None:
            whole = {chunk.header.index for chunk in found.chunks if chunk.whole}
            findings.extend(_opened(stored, reader, released, found, whole))
    item = item_of_segment(stored, reader)
    if item.recovered:
        findings.append(
            Finding(
                verdict="recovered",
                name=stored.name,
                meaning="crash",
                first=item.first,
                last=item.last,
            )
        )
    return Inspected(item=item, findings=tuple(findings))


def _reading(store: Store, stored: StoredObject, *, whole: bool) -> Read:
    """Fetch an object at once if all of it will be read: hundreds of small requests to a distant
    store cost more than the bytes."""
    if whole and stored.size <= _AT_ONCE:
        data = store.get(stored.name)
        return lambda offset, length: data[offset : offset + length]
    return lambda offset, length: store.read(stored.name, offset, length)


def _authenticity(
    stored: StoredObject,
    skeleton: Skeleton,
    trusted: Trusted,
) -> Finding | None:
    """What is wrong with signature, totals and order, or None."""
    keys = trusted.get(skeleton.sealed.header.recorder, ())
    if not keys:
        return Finding(verdict="foreign", name=stored.name, meaning="signer")
    key = next((key for key in keys if skeleton.end.signed_by(key)), None)
    if key is None:
        return Finding(verdict="foreign", name=stored.name, meaning="signature")
    try:
        skeleton.check(key)
    except MalformedError:
        return Finding(verdict="damaged", name=stored.name, meaning="trailer")
    return None


def _place(
    store: Store, name: SegmentName, stored: StoredObject, skeleton: Skeleton
) -> Finding | None:
    """Whether the segment stands where its signed content says it belongs."""
    header, trailer = skeleton.sealed.header, skeleton.end.trailer
    home = SegmentName(day=header.day, camera=header.camera, first=trailer.first, last=trailer.last)
    if home == name:
        return None
    if _holds(store, str(home), skeleton):
        return Finding(verdict="duplicated", name=stored.name, meaning="twice")
    if header.camera != name.camera or header.day != name.day:
        return Finding(verdict="foreign", name=stored.name, meaning="other_camera")
    return Finding(verdict="reordered", name=stored.name, meaning="other_time")


def _holds(store: Store, name: str, skeleton: Skeleton) -> bool:
    """Whether the same segment stands under this name too."""
    expected = skeleton.sealed.encode()
    try:
        return store.read(name, 0, len(expected)) == expected
    except NoSuchObjectError:
        return False


def _broken(
    stored: StoredObject, read: Read, trusted: Trusted, problem: Finding | None = None
) -> Inspected:
    """A segment whose frame is not as signed: say which of the ways it is broken in."""
    found = scan(read, stored.size)
    name = stored.name
    if found.size == 0:
        findings = [Finding(verdict="truncated", name=name, meaning="empty", byte=0)]
    elif found.sealed is None:
        cut = header_is_cut(read, found.size)
        findings = [
            Finding(verdict="truncated" if cut else "damaged", name=name, meaning="header", byte=0)
        ]
    elif found.end is None:
        tail = _tail(found)
        findings = [f for f in _damage(stored, found) if f.byte is None or f.byte < tail]
        findings.extend(_order(stored, found))
        findings.append(_end(stored, read, found, tail))
    else:
        findings = [*_damage(stored, found), *_order(stored, found)]
        if not findings or (problem is not None and problem.verdict == "foreign"):
            findings = [problem or Finding(verdict="damaged", name=name, meaning="trailer")]
    return Inspected(item=_item(stored, found, trusted), findings=tuple(findings))


def _end(stored: StoredObject, read: Read, found: Scan, tail: int) -> Finding:
    """A file without a readable trailer: is it there and damaged, or is the file cut off?"""
    rest = read(tail, _LONGEST_TRAILER + 1)
    whole = rest[-len(END_MAGIC) :] == END_MAGIC or (
        rest[:4] == TRAILER_MAGIC and len(rest) == int.from_bytes(rest[4:8], "big") + TRAILER_FRAME
    )
    if whole:
        return Finding(verdict="damaged", name=stored.name, meaning="trailer", byte=tail)
    last = found.chunks[-1] if found.chunks else None
    return Finding(
        verdict="truncated",
        name=stored.name,
        meaning="no_trailer",
        chunk=last.header.index if last else None,
        byte=tail,
    )


def _item(stored: StoredObject, found: Scan, trusted: Trusted) -> Item | None:
    """The broken segment's place in its chain, as far as its header and trailer can be believed;
    an empty head says that the next link cannot be judged."""
    if found.sealed is None:
        return None
    header = found.sealed.header
    end = found.end
    believed = (
        end is not None
        and end.trailer.segment == found.sealed.segment_id().hex()
        and any(end.signed_by(key) for key in trusted.get(header.recorder, ()))
    )
    if end is not None and not believed:
        return None
    last = found.chunks[-1].header.arrived_to if found.chunks else header.start
    return Item(
        name=stored.name,
        size=stored.size,
        camera=header.camera,
        recorder=header.recorder,
        session=header.session,
        sequence=header.sequence,
        previous=end.trailer.previous if end else "",
        digest=end.digest().hex() if end else "",
        head=end.head().hex() if end else "",
        first=end.trailer.first if end else header.start,
        last=end.trailer.last if end else max(last, header.start),
        kind="segment",
        recovered=end.trailer.recovered if end else False,
    )


def _tail(found: Scan) -> int:
    return found.chunks[-1].end if found.chunks else found.header_size


def _damage(stored: StoredObject, found: Scan) -> Iterator[Finding]:
    for chunk in found.chunks:
        if not chunk.whole:
            yield _chunk_finding(stored, chunk, "chunk")
    for start, _ in found.gaps:
        yield Finding(verdict="damaged", name=stored.name, meaning="bytes", byte=start)


def _order(stored: StoredObject, found: Scan) -> Iterator[Finding]:
    """Chunks exchanged, cut out or doubled, by the indexes that their headers carry."""
    indexes = [chunk.header.index for chunk in found.chunks if chunk.whole]
    for index, times in Counter(indexes).items():
        if times > 1:
            yield Finding(
                verdict="duplicated", name=stored.name, meaning="chunk_twice", chunk=index
            )
    distinct = list(dict.fromkeys(indexes))
    for index, expected in zip(distinct, sorted(distinct), strict=True):
        if index != expected:
            at = next(chunk for chunk in found.chunks if chunk.header.index == index)
            yield Finding(
                verdict="reordered",
                name=stored.name,
                meaning="chunk_order",
                chunk=expected,
                byte=at.offset,
            )
            break
    if found.end is not None and not found.gaps and len(indexes) == len(found.chunks):
        present = {chunk.header.index for chunk in found.chunks}
        lost = [i for i in range(min(found.end.trailer.chunks, 100_000)) if i not in present]
        if lost:
            yield Finding(
                verdict="missing",
                name=stored.name,
                meaning="chunk_missing",
                chunk=lost[0],
                count=len(lost),
            )


def _opened(
    stored: StoredObject, reader: SegmentReader, keys: Keys, found: Scan, whole: set[int]
) -> Iterator[Finding]:
    """Open what was released; a chunk whose CRC32 is wrong was reported already."""
    try:
        reader.description(keys.description)
    except MalformedError:
        yield Finding(verdict="damaged", name=stored.name, meaning="description")
    for chunk in found.chunks:
        key = keys.chunks.get(chunk.header.index)
        if key is None or chunk.header.index not in whole:
            continue
        size = chunk.header.length + TAG_SIZE
        try:
            open_chunk(
                reader.segment_id, chunk.header, reader.bytes_at(chunk.offset + BODY, size), key
            )
        except MalformedError:
            yield _chunk_finding(stored, chunk, "authentication")


def _chunk_finding(stored: StoredObject, chunk: ScannedChunk, meaning: str) -> Finding:
    return Finding(
        verdict="damaged",
        name=stored.name,
        meaning=meaning,
        chunk=chunk.header.index,
        byte=chunk.offset,
        first=chunk.header.arrived_from,
        last=chunk.header.arrived_to,
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Walk a segment that may be damaged, and go on where a strict reader stops.

Used by check (what is wrong, and what of it still opens) and by repair (how far a torn file is
good). A chunk counts as whole if its header parses and its CRC32 agrees. Where a header does not
parse, the walk looks for the next whole chunk behind it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from isal import isal_zlib

from machimori.footage.segment import BODY, Read, read_header, read_trailer
from machimori.kernel.errors import MalformedError
from machimori.vault.sealing.layout import (
    CHUNK_MAGIC,
    CORE_SIZE,
    HEADER_MAGIC,
    MAX_CHUNKS,
    MAX_DESCRIPTION,
    MAX_HEADER_JSON,
    TAG_SIZE,
    TRAILER_MAGIC,
    ChunkHeader,
    SealedHeader,
    SignedTrailer,
)

_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ScannedChunk:
    """A chunk whose header parses and whose bytes are all there."""

    header: ChunkHeader
    offset: int
    tag: bytes
    whole: bool
    """Whether its CRC32 agrees."""

    @property
    def end(self) -> int:
        """Offset behind the chunk."""
        return self.offset + BODY + self.header.length + TAG_SIZE


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What was found in a file that should be a segment."""

    size: int
    sealed: SealedHeader | None
    """None if the header is damaged or cut off; nothing of the segment opens then."""
    header_size: int
    chunks: tuple[ScannedChunk, ...]
    """In file order; all that could be found."""
    gaps: tuple[tuple[int, int], ...]
    """Byte ranges [from, to) that belong to no chunk and no trailer."""
    end: SignedTrailer | None
    """The trailer, if the file ends with one that parses. Its signature is not judged."""

    @property
    def prefix(self) -> tuple[ScannedChunk, ...]:
        """The chunks before the first thing that is wrong: what repair keeps."""
        kept: list[ScannedChunk] = []
        position = self.header_size
        last = self.sealed.header.start if self.sealed else 0
        for chunk in self.chunks:
            if (
                not chunk.whole
                or chunk.offset != position
                or chunk.header.index != len(kept)
                or chunk.header.arrived_to < last
            ):
                break
            kept.append(chunk)
            position = chunk.end
            last = chunk.header.arrived_to
        return tuple(kept)


def scan(read: Read, size: int) -> Scan:
    """Walk the whole file once, reading every byte. Raises nothing of its own."""
    try:
        sealed, header_size = read_header(read, size)
    except MalformedError:
        return Scan(size=size, sealed=None, header_size=0, chunks=(), gaps=(), end=None)
    try:
        end, stop = read_trailer(read, size)
    except MalformedError:
        end, stop = None, size
    chunks: list[ScannedChunk] = []
    gaps: list[tuple[int, int]] = []
    position = header_size
    budget = [4 * size + _BLOCK]
    while position < stop and len(chunks) < MAX_CHUNKS:
        chunk = _chunk_at(read, position, stop)
        if chunk is None or _misleads(read, chunk, stop):
            found = next(_whole_chunks_after(read, position + 1, stop, budget), stop)
            gaps.append((position, found))
            position = found
        else:
            chunks.append(chunk)
            position = chunk.end
    return Scan(
        size=size,
        sealed=sealed,
        header_size=header_size,
        chunks=tuple(chunks),
        gaps=tuple(gaps),
        end=end,
    )


def header_is_cut(read: Read, size: int) -> bool:
    """Whether the file ends inside its header, as far as its lengths can be believed."""
    # Width and greatest value of each length: header, sealed key, description; then the CRC32.
    fields = ((4, MAX_HEADER_JSON), (2, 0xFFFF), (4, MAX_DESCRIPTION), (4, 0))
    if not HEADER_MAGIC.startswith(read(0, min(8, size))):
        return False
    position = 8
    for width, most in fields:
        row = read(position, width)
        if len(row) < width:
            return True
        length = int.from_bytes(row, "big") if most else 0
        if length > most:
            return False
        position += width + length
    return position > size


def _chunk_at(read: Read, position: int, stop: int) -> ScannedChunk | None:
    row = read(position, BODY)
    try:
        header = ChunkHeader.decode(row[:CORE_SIZE])
    except MalformedError:
        return None
    end = position + BODY + header.length + TAG_SIZE
    if end > stop or len(row) < BODY:
        return None
    crc = isal_zlib.crc32(row[:CORE_SIZE])
    tag = b""
    offset = position + BODY
    while offset < end:
        block = read(offset, min(_BLOCK, end - offset))
        if not block:
            return None
        crc = isal_zlib.crc32(block, crc)
        tag = (tag + block[-TAG_SIZE:])[-TAG_SIZE:]
        offset += len(block)
    return ScannedChunk(
        header=header,
        offset=position,
        tag=tag,
        whole=crc == int.from_bytes(row[CORE_SIZE:BODY], "big"),
    )


def _misleads(read: Read, chunk: ScannedChunk, stop: int) -> bool:
    """Whether a damaged chunk's own length is wrong: nothing of ours stands where it ends."""
    if chunk.whole or chunk.end == stop:
        return False
    return read(chunk.end, 4) not in (CHUNK_MAGIC, TRAILER_MAGIC)


def _whole_chunks_after(read: Read, position: int, stop: int, budget: list[int]) -> Iterator[int]:
    """Offsets behind `position` at which a chunk stands whose CRC32 agrees.

    `budget` bounds the bytes that candidates may cost over the whole file: whoever fills a file
    with marks of chunks must not be able to keep a check busy for days.
    """
    overlap = len(CHUNK_MAGIC) - 1
    while position < stop and budget[0] > 0:
        block = read(position, min(_BLOCK + overlap, stop - position))
        if not block:
            return
        at = block.find(CHUNK_MAGIC)
        while at >= 0 and budget[0] > 0:
            chunk = _chunk_at(read, position + at, stop)
            if chunk is not None:
                budget[0] -= chunk.end - chunk.offset
                if chunk.whole:
                    yield position + at
            at = block.find(CHUNK_MAGIC, at + 1)
        position += max(len(block) - overlap, 1)

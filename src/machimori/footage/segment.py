# SPDX-License-Identifier: AGPL-3.0-or-later
"""What reads a sealed segment back; `footage.sealer` writes it.

docs/design/footage-format.md has the byte tables; header, chunk headers and trailer are
`vault.sealing.layout`. `SegmentReader` asks a function for bytes and touches no file, so that disk,
S3 and tests are the same to it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from isal import isal_zlib

from machimori.kernel.errors import MalformedError
from machimori.kernel.slices import sliced_digest
from machimori.vault.sealing.layout import (
    CORE_SIZE,
    END_MAGIC,
    MAX_CHUNKS,
    MAX_DESCRIPTION,
    MAX_HEADER_JSON,
    MAX_TRAILER_JSON,
    TAG_SIZE,
    ChunkHeader,
    SealedHeader,
    SignedTrailer,
)
from machimori.vault.sealing.skeleton import Skeleton

BODY = CORE_SIZE + 4
"""Where a chunk's ciphertext begins: behind the core and its CRC32."""
NONCE = bytes(12)
"""Every key encrypts once, so the nonce may be constant."""
_END = 4 + len(END_MAGIC)
_FIRST_READ = 8192
"""Holds every header that this version writes; a longer one costs a second read."""
_LONGEST_HEADER = 12 + MAX_HEADER_JSON + 2 + 0xFFFF + 4 + MAX_DESCRIPTION + 4
TRAILER_FRAME = 88
"""Bytes of a trailer beside its JSON."""

Read = Callable[[int, int], bytes]
"""`read(offset, length)`: the bytes there, fewer only at the end."""


@dataclass(frozen=True, kw_only=True)
class RawChunk:
    """A chunk as it stands in the file."""

    header: ChunkHeader
    offset: int
    """Of the core, from the start of the file."""
    crc: int
    body: bytes
    """Ciphertext ‖ tag."""

    def crc_matches(self) -> bool:
        """Whether the CRC32 agrees: a check for disk errors, not against an attacker."""
        return bool(isal_zlib.crc32(self.body, isal_zlib.crc32(self.header.encode())) == self.crc)

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return BODY + len(self.body)


class SegmentReader:
    """Reads a closed segment. Raises MalformedError on any byte that is not as it must be.

    Without keys it yields what is in the clear; `chunk` and `description` need what the vault
    released. Damage is described by `footage.scan`, which goes on where this class stops.
    """

    def __init__(self, read: Read, size: int) -> None:
        self._read = read
        self._size = size
        self.sealed, self.header_size = read_header(read, size)
        self.segment_id = self.sealed.segment_id()
        self._end: SignedTrailer | None = None
        self._end_offset = 0
        self._skeleton: Skeleton | None = None
        self._offsets: tuple[int, ...] = ()

    @classmethod
    def of_bytes(cls, data: bytes) -> "SegmentReader":
        """A segment in memory."""
        return cls(lambda offset, length: data[offset : offset + length], len(data))

    @classmethod
    def of_file(cls, path: Path) -> "SegmentReader":
        """A segment in a file, which is opened for each read."""

        def read(offset: int, length: int) -> bytes:
            with path.open("rb", buffering=0) as file:
                file.seek(offset)
                return file.read(length)

        return cls(read, path.stat().st_size)

    @property
    def end(self) -> SignedTrailer:
        """The signed trailer; its signature is not judged here (`Skeleton.check`)."""
        if self._end is None:
            self._end, self._end_offset = read_trailer(self._read, self._size)
        return self._end

    def skeleton(self) -> Skeleton:
        """Header, chunk headers, tags and trailer: one small read per chunk."""
        if self._skeleton is None:
            end = self.end
            headers: list[ChunkHeader] = []
            tags: list[bytes] = []
            offsets: list[int] = []
            position = self.header_size
            row = self._read(position, BODY)
            while position < self._end_offset:
                header = chunk_header(row, position)
                if header.index != len(headers) or header.index >= MAX_CHUNKS:
                    raise MalformedError("chunks out of order", where=f"byte {position}")
                offsets.append(position)
                position += BODY + header.length
                row = self._read(position, TAG_SIZE + BODY)
                if position + TAG_SIZE > self._end_offset:
                    raise MalformedError("chunk is cut off", where=f"byte {offsets[-1]}")
                headers.append(header)
                tags.append(row[:TAG_SIZE])
                position += TAG_SIZE
                row = row[TAG_SIZE:]
            self._offsets = tuple(offsets)
            self._skeleton = Skeleton(
                sealed=self.sealed, chunks=tuple(headers), tags=tuple(tags), end=end
            )
        return self._skeleton

    def description(self, key: bytes) -> bytes:
        """The stream description under the released description key."""
        try:
            return AESGCM(key).decrypt(NONCE, self.sealed.description, self.segment_id)
        except (InvalidTag, ValueError) as error:
            raise MalformedError("stream description does not open with this key") from error

    def chunk(self, index: int, key: bytes, *, compare: bool = True) -> bytes:
        """What the camera sent in chunk `index`, decrypted and compared with its digest.

        Without `compare` the AES-GCM tag alone vouches for it: for who takes the digest later.
        """
        header = self.skeleton().chunks[index]
        offset = self._offsets[index]
        body = self._read(offset + BODY, header.length + TAG_SIZE)
        return open_chunk(self.segment_id, header, body, key, compare=compare)

    def bytes_at(self, offset: int, length: int) -> bytes:
        """Bytes of the file as they stand there."""
        return self._read(offset, length)

    def raw(self) -> Iterator[RawChunk]:
        """The chunks as they stand in the file, one in memory at a time."""
        skeleton = self.skeleton()
        for header, offset in zip(skeleton.chunks, self._offsets, strict=True):
            row = self._read(offset + CORE_SIZE, 4 + header.length + TAG_SIZE)
            yield RawChunk(
                header=header, offset=offset, crc=int.from_bytes(row[:4], "big"), body=row[4:]
            )


def open_chunk(
    segment_id: bytes, header: ChunkHeader, body: bytes, key: bytes, *, compare: bool = True
) -> bytes:
    """Decrypt ciphertext ‖ tag of one chunk and compare with its digest. MalformedError if not."""
    where = f"segment {segment_id.hex()[:16]} chunk {header.index}"
    try:
        plain = AESGCM(key).decrypt(NONCE, body, segment_id + header.encode())
    except (InvalidTag, ValueError) as error:
        raise MalformedError("chunk does not open with this key", where=where) from error
    if len(plain) != header.length or (compare and sliced_digest(plain) != header.digest):
        raise MalformedError("chunk differs from its digest", where=where)
    return plain


def chunk_header(row: bytes, position: int) -> ChunkHeader:
    """The chunk header at the start of `row`. Raises MalformedError naming `position`."""
    try:
        return ChunkHeader.decode(row[:CORE_SIZE])
    except MalformedError as error:
        raise MalformedError(error.message, where=f"byte {position}") from error


def read_header(read: Read, size: int) -> tuple[SealedHeader, int]:
    """The header of a segment and the bytes it takes. Raises MalformedError."""
    try:
        return SealedHeader.decode_from(read(0, min(size, _FIRST_READ)))
    except MalformedError:
        if size <= _FIRST_READ:
            raise
    return SealedHeader.decode_from(read(0, min(size, _LONGEST_HEADER)))


def read_trailer(read: Read, size: int) -> tuple[SignedTrailer, int]:
    """The trailer at the end of a segment and its offset. Raises MalformedError."""
    tail = read(size - _END, _END) if size >= _END else b""
    if len(tail) != _END or tail[4:] != END_MAGIC:
        raise MalformedError("segment has no trailer", where=f"byte {size}")
    length = int.from_bytes(tail[:4], "big")
    if not TRAILER_FRAME <= length <= min(size, MAX_TRAILER_JSON + TRAILER_FRAME):
        raise MalformedError("segment trailer with an impossible length", where=f"byte {size}")
    return SignedTrailer.decode(read(size - length, length)), size - length

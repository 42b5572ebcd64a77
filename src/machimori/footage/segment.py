# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sealed segments: what writes one while a camera sends, and what reads one back.

docs/design/footage-format.md has the byte tables; header, chunk headers and trailer are
`vault.sealing.layout`. Neither class touches a file: `Sealer` returns bytes, `SegmentReader` asks a
function for them, so that disk, S3 and tests are the same to both.

`Sealer.chunk` is the hot path of a thousand cameras in one process, hence its plain style: one
copy of the data in all (encryption, straight into the caller's buffer), no object per chunk but
the key's.
"""

import hashlib
import mmap
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from isal import isal_zlib

from machimori.footage.wiping import wipe
from machimori.kernel.envelope import Signer
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros
from machimori.kernel.slices import sliced_digest
from machimori.vault.sealing.layout import (
    CHUNK_MAGIC,
    CHUNK_OVERHEAD,
    CORE,
    CORE_SIZE,
    END_MAGIC,
    MAX_CHUNK,
    MAX_CHUNKS,
    MAX_DESCRIPTION,
    MAX_HEADER_JSON,
    MAX_TRAILER_JSON,
    TAG_SIZE,
    ChunkHeader,
    EndReason,
    Header,
    SealedHeader,
    SignedTrailer,
    Trailer,
)
from machimori.vault.sealing.seal import SealingKey, chunk_key, description_key, new_data_key
from machimori.vault.sealing.skeleton import Skeleton

BODY = CORE_SIZE + 4
"""Where a chunk's ciphertext begins: behind the core and its CRC32."""
NONCE = bytes(12)
"""Every key encrypts once, so the nonce may be constant."""
_AHEAD = 4
"""Chunks whose ciphers are made together: one at a time, from cold caches, costs a multiple. Each
takes 2.5 KB."""
_CRC = struct.Struct(">I")
_END = 4 + len(END_MAGIC)
_FIRST_READ = 8192
"""Holds every header that this version writes; a longer one costs a second read."""
_LONGEST_HEADER = 12 + MAX_HEADER_JSON + 2 + 0xFFFF + 4 + MAX_DESCRIPTION + 4
TRAILER_FRAME = 88
"""Bytes of a trailer beside its JSON."""

Buffer = bytes | bytearray | memoryview
Read = Callable[[int, int], bytes]
"""`read(offset, length)`: the bytes there, fewer only at the end."""


class Cipher(Protocol):
    """An AEAD that encrypts into a buffer; `cryptography`'s AESGCM."""

    def __init__(self, key: bytes) -> None: ...

    def encrypt_into(
        self, nonce: Buffer, data: Buffer, associated_data: Buffer | None, buf: Buffer
    ) -> int: ...


class Sealer:
    """Turns what one camera sends into one sealed segment. Not for use by several threads."""

    cipher: ClassVar[type[Cipher]] = AESGCM
    """The AEAD. The benchmark replaces it by a copy, to measure what encryption costs."""

    def __init__(
        self,
        *,
        header: Header,
        key: SealingKey,
        description: bytes,
        signer: Signer,
        previous: bytes | None,
        digest: Callable[[Buffer], bytes] = sliced_digest,
    ) -> None:
        """Seals a fresh data key to `key`. `previous` is the chain's head, None at its start;
        `digest` computes `sliced_digest`, faster perhaps."""
        self._data_key = new_data_key()
        self._signer = signer
        self._previous = previous
        self._digest = digest
        sealed_key = key.seal(self._data_key, header.seal_info())
        sealed = SealedHeader(header=header, sealed_key=sealed_key, description=b"")
        self.header = header
        self.segment_id = sealed.segment_id()
        secret = description_key(self._data_key)
        encrypted = AESGCM(secret).encrypt(NONCE, description, self.segment_id)
        wipe(secret)
        if len(encrypted) > MAX_DESCRIPTION:
            raise MalformedError("stream description too long", where=f"camera {header.camera}")
        self._sealed = SealedHeader(header=header, sealed_key=sealed_key, description=encrypted)
        self._total = hashlib.sha256()
        self._aad = bytearray(self.segment_id + bytes(CORE_SIZE))
        self._core = memoryview(self._aad)[32:]
        self._ciphers: list[Cipher] = []
        self._index = 0
        self._length = 0
        self._first = self._last = header.start
        self._head = b""

    def open(self) -> bytes:
        """The header: what the file begins with."""
        return self._sealed.encode()

    @property
    def chunks(self) -> int:
        """Chunks so far."""
        return self._index

    @property
    def length(self) -> int:
        """Bytes the camera sent so far."""
        return self._length

    @property
    def first(self) -> Micros:
        """Arrival of the first chunk; the header's start while there is none."""
        return self._first

    @property
    def last(self) -> Micros:
        """Arrival of the last chunk; the header's start while there is none."""
        return self._last

    def chunk(
        self,
        plain: Buffer,
        *,
        arrived_from: Micros,
        arrived_to: Micros,
        flags: int = 0,
        out: bytearray | mmap.mmap | None = None,
    ) -> memoryview:
        """The next chunk, encoded: core 64, CRC32 4, ciphertext n, tag 16 bytes.

        Written into `out` (a bytearray grows if it is too small), and valid until `out` is used
        again (release the view first). Raises MalformedError for a chunk that no segment can hold.
        """
        length = len(plain)
        index = self._index
        if (
            not self._last <= arrived_to
            or arrived_from > arrived_to
            or length > MAX_CHUNK
            or index >= MAX_CHUNKS
        ):
            raise MalformedError(
                "chunk out of order or too large",
                where=f"camera {self.header.camera} chunk {index}",
            )
        size = length + CHUNK_OVERHEAD
        if out is None:
            out = bytearray(size)
        elif len(out) < size:
            if not isinstance(out, bytearray):
                raise ValueError("the map is too small for the chunk")
            out.extend(bytes(size - len(out)))
        view = memoryview(out)
        core = self._core
        CORE.pack_into(
            core,
            0,
            CHUNK_MAGIC,
            index,
            arrived_from,
            arrived_to,
            length,
            self._digest(plain),
            flags,
        )
        view[:CORE_SIZE] = core
        if not self._ciphers:
            self._prepare(index)
        body = view[BODY:size]
        self._ciphers[-1].encrypt_into(NONCE, plain, self._aad, body)
        crc32 = isal_zlib.crc32
        _CRC.pack_into(out, CORE_SIZE, crc32(body, crc32(core)))
        update = self._total.update
        update(core)
        update(body[length:])
        if not index:
            self._first = arrived_from
        self._last = arrived_to
        self._index = index + 1
        self._ciphers.pop()  # here, so that index and key cannot come apart
        self._length += length
        return view[:size]

    def _prepare(self, index: int) -> None:
        """Ciphers of the next chunks, the last one first, while their code is in the CPU's cache.

        They give away nothing that the data key, open as long as they are, would not.
        """
        for ahead in reversed(range(_AHEAD)):
            key = chunk_key(self._data_key, index + ahead)
            self._ciphers.append(self.cipher(key))
            wipe(key)

    def finish(self, *, reason: EndReason, lost: int = 0) -> bytes:
        """The signed trailer, which ends the file; the data key is overwritten in memory."""
        signed = sign_trailer(
            Trailer(
                segment=self.segment_id.hex(),
                chunks=self._index,
                length=self._length,
                first=self._first,
                last=self._last,
                digest=self._total.hexdigest(),
                previous=(self._previous or b"").hex(),
                reason=reason,
                recovered=False,
                lost=lost,
            ),
            self._signer,
        )
        self._ciphers.clear()  # OpenSSL overwrites what it frees
        wipe(self._data_key)
        self._data_key = b""
        self._head = signed.head()
        return signed.encode()

    @property
    def head(self) -> bytes:
        """The chain's head after this segment (32 bytes); empty before `finish`."""
        return self._head


def sign_trailer(trailer: Trailer, signer: Signer) -> SignedTrailer:
    """The trailer with the recorder's signature."""
    unsigned = SignedTrailer(trailer=trailer, signature=b"")
    return SignedTrailer(trailer=trailer, signature=signer.sign(unsigned.message()))


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

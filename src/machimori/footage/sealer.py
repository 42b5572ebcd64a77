# SPDX-License-Identifier: AGPL-3.0-or-later
"""What writes a sealed segment while a camera sends.

docs/design/footage-format.md has the byte tables; header, chunk headers and trailer are
`vault.sealing.layout`. A `Sealer` returns bytes and touches no file.

`Sealer.chunk` is the hot path of a thousand cameras in one process, hence its plain style: one
copy of the data in all (encryption, straight into the caller's buffer), no object per chunk but
the key's.
"""

import hashlib
import mmap
import struct
from collections.abc import Callable
from typing import ClassVar, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from isal import isal_zlib

from machimori.footage.segment import BODY, NONCE
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
    MAX_CHUNK,
    MAX_CHUNKS,
    MAX_DESCRIPTION,
    EndReason,
    Header,
    SealedHeader,
    SignedTrailer,
    Trailer,
)
from machimori.vault.sealing.seal import SealingKey, chunk_key, description_key, new_data_key

_AHEAD = 4
"""Chunks whose ciphers are made together: one at a time, from cold caches, costs a multiple. Each
takes 2.5 KB."""
_CRC = struct.Struct(">I")

Buffer = bytes | bytearray | memoryview


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

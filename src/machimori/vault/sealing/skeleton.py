# SPDX-License-Identifier: AGPL-3.0-or-later
"""A segment without its footage: header, chunk headers and tags, trailer.

This is what is shown to the vault for a release, and what goes into an evidence package: a few
kilobytes from which anyone with the recorder's public key sees when each chunk arrived and what
its SHA-256 is, and from which the vault computes which chunks lie inside an interval without
believing whoever asks. Standard library only: the offline verifier is built from this module.
"""

import hashlib
import struct
from dataclasses import dataclass

from machimori.kernel.envelope import Verifier
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros
from machimori.vault.sealing.layout import (
    CORE_SIZE,
    MAX_CHUNKS,
    TAG_SIZE,
    ChunkHeader,
    SealedHeader,
    SignedTrailer,
)

_ROW = CORE_SIZE + TAG_SIZE


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """The authenticated frame of one closed segment."""

    sealed: SealedHeader
    chunks: tuple[ChunkHeader, ...]
    tags: tuple[bytes, ...]
    end: SignedTrailer

    def segment_id(self) -> bytes:
        """SHA-256 that names the segment."""
        return self.sealed.segment_id()

    def digest(self) -> str:
        """SHA-256 over core ‖ tag of every chunk, hex."""
        total = hashlib.sha256()
        for chunk, tag in zip(self.chunks, self.tags, strict=True):
            total.update(chunk.encode())
            total.update(tag)
        return total.hexdigest()

    def check(self, recorder: Verifier) -> None:
        """Raise MalformedError unless `recorder` signed exactly this header and these chunks."""
        trailer = self.end.trailer
        where = f"segment {trailer.segment[:16]}"
        if trailer.segment != self.segment_id().hex():
            raise MalformedError("trailer belongs to another segment", where=where)
        if not self.end.signed_by(recorder):
            raise MalformedError("trailer is not signed by its recorder", where=where)
        if trailer.chunks != len(self.chunks) or trailer.digest != self.digest():
            raise MalformedError("chunk headers are not the ones that were signed", where=where)
        if trailer.length != sum(chunk.length for chunk in self.chunks):
            raise MalformedError("trailer's total differs from its chunks", where=where)
        last = self.sealed.header.start
        for index, chunk in enumerate(self.chunks):
            if chunk.index != index or chunk.arrived_to < last:
                raise MalformedError("chunks out of order", where=f"{where} chunk {index}")
            last = chunk.arrived_to

    def inside(self, start: Micros, end: Micros) -> tuple[int, ...]:
        """Indexes of the chunks that arrived, at least in part, inside [start, end)."""
        return tuple(
            chunk.index
            for chunk in self.chunks
            if chunk.arrived_to > start and chunk.arrived_from < end
        )

    def encode(self) -> bytes:
        """Header bytes, u32 chunk count, (core ‖ tag) of each chunk, trailer bytes."""
        rows = b"".join(
            chunk.encode() + tag for chunk, tag in zip(self.chunks, self.tags, strict=True)
        )
        return b"".join(
            (self.sealed.encode(), struct.pack(">I", len(self.chunks)), rows, self.end.encode())
        )

    @classmethod
    def decode(cls, data: bytes) -> "Skeleton":
        """The inverse of `encode`. Raises MalformedError."""
        sealed, position = SealedHeader.decode_from(data)
        if len(data) < position + 4:
            raise MalformedError("skeleton is cut off")
        (count,) = struct.unpack_from(">I", data, position)
        position += 4
        if count > MAX_CHUNKS or len(data) < position + count * _ROW:
            raise MalformedError("skeleton is cut off", where=f"byte {position}")
        chunks = []
        tags = []
        for _ in range(count):
            chunks.append(ChunkHeader.decode(data[position : position + CORE_SIZE]))
            tags.append(data[position + CORE_SIZE : position + _ROW])
            position += _ROW
        return cls(
            sealed=sealed,
            chunks=tuple(chunks),
            tags=tuple(tags),
            end=SignedTrailer.decode(data[position:]),
        )

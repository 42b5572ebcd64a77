# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts of a sealed segment that the vault must judge: header, chunk headers, trailer.

docs/design/footage-format.md has the byte tables; all integers are big-endian. What holds the
camera's bytes (ciphertext) and how a file of these parts is written and read is
`machimori.footage.sealer`. Standard library only: the offline verifier is built from this module.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import Any, Literal, get_args

from machimori.kernel import canonical
from machimori.kernel.envelope import Verifier, pae
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, ClassId, KeyId, RecorderId, SchemeId, check_name
from machimori.kernel.instants import Micros, parse_day

HEADER_MAGIC = b"MMSEG\x00\x00\x01"
CHUNK_MAGIC = b"CHNK"
TRAILER_MAGIC = b"TRLR"
END_MAGIC = b"MMSEGEND"
FORMAT = "machimori segment v1"
CHAIN = b"machimori chain v1\0"
"""Prefix of what a head of the chain is the SHA-256 of."""
SEAL_INFO = b"machimori segment v1\x00"
"""Prefix of the HPKE `info` of a data key; the canonical header follows it."""
TRAILER_TYPE = "application/vnd.machimori.segment-trailer+json"

CORE = struct.Struct(">4sIQQI32sI")
"""Magic, index, arrived_from, arrived_to (µs), length, digest of the camera's bytes, flags."""
CORE_SIZE = 64
TAG_SIZE = 16
CHUNK_OVERHEAD = CORE_SIZE + 4 + TAG_SIZE
"""Core, CRC32, and the tag behind the ciphertext."""
MAX_HEADER_JSON = 4096
MAX_DESCRIPTION = 65_536
MAX_CHUNK = 64 * 1024 * 1024
MAX_CHUNKS = 100_000
MAX_TRAILER_JSON = 8192

EndReason = Literal[
    "duration", "parameters", "reconnect", "midnight", "disk", "clock", "shutdown", "recovered"
]
FLAG_KEY_FRAME = 1
"""The chunk's first video packet begins a key frame (or its parameter sets)."""

assert CORE.size == CORE_SIZE


@dataclass(frozen=True, kw_only=True)
class Header:
    """Who recorded what, from when, sealed to which key. Authenticated as the seal's `info`."""

    scheme: SchemeId
    retention_class: ClassId
    camera: CameraId
    day: str
    """Local day of the start, YYYY-MM-DD; retention counts from it."""
    recorder: RecorderId
    session: str
    """32 hex digits, fresh each time the recorder starts; chains do not cross sessions."""
    sequence: int
    """Place in the chain of this camera and session, from 0."""
    start: Micros
    key: KeyId
    needs_predecessor: bool
    """True if the first picture cannot be decoded without the segment before."""
    clock_bound: int | None
    """Bound on the recorder's clock error in µs, as chrony gave it; None: unknown."""

    def encode(self) -> bytes:
        """Canonical JSON."""
        return canonical.dumps(
            {
                "camera": self.camera,
                "class": self.retention_class,
                "clock_bound": self.clock_bound,
                "day": self.day,
                "format": FORMAT,
                "key": self.key,
                "needs_predecessor": self.needs_predecessor,
                "recorder": self.recorder,
                "scheme": self.scheme,
                "sequence": self.sequence,
                "session": self.session,
                "start": self.start,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> "Header":
        """The inverse of `encode`. Raises MalformedError."""
        source = canonical.load_object(data)
        if source.get("format") != FORMAT:
            raise MalformedError("not a segment of this format", where=str(source.get("format")))
        day = canonical.field(source, "day", str)
        parse_day(day)
        bound = source.get("clock_bound")
        if bound is not None:
            bound = canonical.field(source, "clock_bound", int)
            if bound < 0:
                raise MalformedError("a clock bound is not negative", where=str(bound))
        header = cls(
            scheme=SchemeId(check_name(canonical.field(source, "scheme", str), what="scheme")),
            retention_class=ClassId(
                check_name(canonical.field(source, "class", str), what="class")
            ),
            camera=CameraId(check_name(canonical.field(source, "camera", str), what="camera")),
            day=day,
            recorder=RecorderId(
                check_name(canonical.field(source, "recorder", str), what="recorder")
            ),
            session=canonical.field(source, "session", str),
            sequence=canonical.field(source, "sequence", int),
            start=Micros(canonical.field(source, "start", int)),
            key=KeyId(canonical.field(source, "key", str)),
            needs_predecessor=canonical.field(source, "needs_predecessor", bool),
            clock_bound=bound,
        )
        if header.encode() != data:
            raise MalformedError("segment header has unknown members")
        return header

    def seal_info(self) -> bytes:
        """HPKE `info` of the data key: no header can lend its key to another."""
        return SEAL_INFO + self.encode()


@dataclass(frozen=True, kw_only=True)
class SealedHeader:
    """The header's bytes as they stand at the start of a segment."""

    header: Header
    sealed_key: bytes
    description: bytes
    """Encrypted SDP (ciphertext ‖ tag)."""

    def prefix(self) -> bytes:
        """Everything up to and including the sealed key."""
        header = self.header.encode()
        return b"".join(
            (
                HEADER_MAGIC,
                struct.pack(">I", len(header)),
                header,
                struct.pack(">H", len(self.sealed_key)),
                self.sealed_key,
            )
        )

    def segment_id(self) -> bytes:
        """SHA-256 of `prefix()`: names the segment and is authenticated with every chunk."""
        return hashlib.sha256(self.prefix()).digest()

    def encode(self) -> bytes:
        """The header as written: prefix, description, CRC32."""
        body = self.prefix() + struct.pack(">I", len(self.description)) + self.description
        return body + struct.pack(">I", zlib.crc32(body))

    @classmethod
    def decode_from(cls, data: bytes) -> tuple["SealedHeader", int]:
        """The header at the start of `data`, and its size. Raises MalformedError."""
        try:
            if data[:8] != HEADER_MAGIC:
                raise MalformedError("no segment header here", where="byte 0")
            (size,) = struct.unpack_from(">I", data, 8)
            if size > MAX_HEADER_JSON:
                raise MalformedError("segment header too long", where="byte 8")
            position = 12 + size
            header = Header.decode(data[12:position])
            (sealed_size,) = struct.unpack_from(">H", data, position)
            sealed_key = data[position + 2 : position + 2 + sealed_size]
            position += 2 + sealed_size
            (description_size,) = struct.unpack_from(">I", data, position)
            if description_size > MAX_DESCRIPTION:
                raise MalformedError("description too long", where=f"byte {position}")
            description = data[position + 4 : position + 4 + description_size]
            position += 4 + description_size
            (crc,) = struct.unpack_from(">I", data, position)
        except struct.error as error:
            raise MalformedError("segment header is cut off") from error
        if zlib.crc32(data[:position]) != crc:
            raise MalformedError("segment header is damaged", where=f"byte {position}")
        return cls(header=header, sealed_key=sealed_key, description=description), position + 4


@dataclass(frozen=True, kw_only=True)
class ChunkHeader:
    """One drain's worth of one camera: when it arrived and what it was."""

    index: int
    arrived_from: Micros
    """The drain before: nothing in the chunk arrived earlier."""
    arrived_to: Micros
    """This drain: nothing in the chunk arrived later."""
    length: int
    digest: bytes
    """Sliced digest (`kernel.slices`) of what the camera sent."""
    flags: int = 0

    def encode(self) -> bytes:
        """The 64 bytes that are authenticated with the chunk."""
        return CORE.pack(
            CHUNK_MAGIC,
            self.index,
            self.arrived_from,
            self.arrived_to,
            self.length,
            self.digest,
            self.flags,
        )

    @classmethod
    def decode(cls, data: bytes) -> "ChunkHeader":
        """The inverse of `encode`. Raises MalformedError."""
        if len(data) != CORE_SIZE:
            raise MalformedError("chunk header is cut off")
        magic, index, arrived_from, arrived_to, length, digest, flags = CORE.unpack(data)
        if magic != CHUNK_MAGIC:
            raise MalformedError("no chunk header here")
        if length > MAX_CHUNK or arrived_to < arrived_from:
            raise MalformedError("chunk header with impossible values", where=f"chunk {index}")
        return cls(
            index=index,
            arrived_from=Micros(arrived_from),
            arrived_to=Micros(arrived_to),
            length=length,
            digest=digest,
            flags=flags,
        )


def head_after(previous: str, digest: bytes) -> bytes:
    """The chain's head after an item: SHA-256 over the item's digest and the head before (hex).

    Digests alone lead from one head to a later one, so whoever is shown that a head is anchored
    need not be shown what was recorded in between.
    """
    return hashlib.sha256(CHAIN + digest + previous.encode()).digest()


@dataclass(frozen=True, kw_only=True)
class Trailer:
    """The signed end of a segment: what it holds and what came before it."""

    segment: str
    """Segment id, hex."""
    chunks: int
    length: int
    """Bytes the camera sent, in total."""
    first: Micros
    last: Micros
    digest: str
    """SHA-256 over core ‖ tag of every chunk, hex."""
    previous: str
    """Head of the chain before this segment, hex; "" at the start of a session."""
    reason: EndReason
    recovered: bool
    """True if a restarted recorder found and signed what its predecessor left."""
    lost: int
    """RTP packets that never arrived, by sequence numbers."""

    def encode(self) -> bytes:
        """Canonical JSON, the signed payload."""
        return canonical.dumps(
            {
                "bytes": self.length,
                "chunks": self.chunks,
                "digest": self.digest,
                "first": self.first,
                "last": self.last,
                "lost": self.lost,
                "previous": self.previous,
                "reason": self.reason,
                "recovered": self.recovered,
                "segment": self.segment,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> "Trailer":
        """The inverse of `encode`. Raises MalformedError."""
        source = canonical.load_object(data)
        reason: Any = source.get("reason")
        if reason not in get_args(EndReason):
            raise MalformedError("unknown reason for a segment's end", where=str(reason)[:40])
        trailer = cls(
            segment=canonical.field(source, "segment", str),
            chunks=canonical.field(source, "chunks", int),
            length=canonical.field(source, "bytes", int),
            first=Micros(canonical.field(source, "first", int)),
            last=Micros(canonical.field(source, "last", int)),
            digest=canonical.field(source, "digest", str),
            previous=canonical.field(source, "previous", str),
            reason=reason,
            recovered=canonical.field(source, "recovered", bool),
            lost=canonical.field(source, "lost", int),
        )
        if trailer.encode() != data:
            raise MalformedError("segment trailer has unknown members")
        return trailer


@dataclass(frozen=True, kw_only=True)
class SignedTrailer:
    """A trailer with the recorder's Ed25519 signature over its DSSE encoding."""

    trailer: Trailer
    signature: bytes

    def message(self) -> bytes:
        """What is signed."""
        return pae(TRAILER_TYPE, self.trailer.encode())

    def digest(self) -> bytes:
        """SHA-256 of `message()`: what this segment adds to the chain."""
        return hashlib.sha256(self.message()).digest()

    def head(self) -> bytes:
        """The chain's head after this segment."""
        return head_after(self.trailer.previous, self.digest())

    def signed_by(self, recorder: Verifier) -> bool:
        """Whether the recorder's key made the signature."""
        return recorder.verify(self.signature, self.message())

    def encode(self) -> bytes:
        """The trailer as written at the end of the file."""
        payload = self.trailer.encode()
        body = TRAILER_MAGIC + struct.pack(">I", len(payload)) + payload + self.signature
        body += struct.pack(">I", zlib.crc32(body))
        return body + struct.pack(">I", len(body) + 4 + len(END_MAGIC)) + END_MAGIC

    @classmethod
    def decode(cls, data: bytes) -> "SignedTrailer":
        """The trailer that is exactly `data`. Raises MalformedError."""
        if len(data) < 88 or data[:4] != TRAILER_MAGIC or data[-8:] != END_MAGIC:
            raise MalformedError("no segment trailer here")
        (size,) = struct.unpack_from(">I", data, 4)
        if size > MAX_TRAILER_JSON or len(data) != 8 + size + 64 + 4 + 4 + 8:
            raise MalformedError("segment trailer with an impossible length")
        signed = cls(
            trailer=Trailer.decode(data[8 : 8 + size]), signature=data[8 + size : 72 + size]
        )
        if signed.encode() != data:
            raise MalformedError("segment trailer is damaged")
        return signed

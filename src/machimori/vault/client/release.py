# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is shown to the vault for a release, and what it hands out.

A release holds, for each segment, the keys of exactly the chunks inside the authorised interval,
sealed to the reader whom the authorisation names. docs/design/key-custody.md has the byte tables.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CaseId

RELEASE_INFO = b"machimori release v1\x00"
CASE_INFO = b"machimori case key v1\x00"
_ROW = struct.Struct(">I32s")


def release_info(release_id: bytes, segment_id: bytes) -> bytes:
    """HPKE `info` of one segment's keys: bound to this release and this segment."""
    return RELEASE_INFO + release_id + segment_id


def case_info(segment_id: bytes) -> bytes:
    """HPKE `info` of a data key that a hold re-sealed to its case."""
    return CASE_INFO + segment_id


@dataclass(frozen=True, kw_only=True)
class ReleaseRequest:
    """Everything the vault needs to judge a release, none of which it takes on trust."""

    authorisation: Envelope
    authorisation_entry: bytes
    """Ledger entry `authorisation.signed`, whose data.authorisation is the digest in hex."""
    authorisation_inclusion: bytes
    opening_entry: bytes
    """Ledger entry `release.requested`, data {authorisation, challenge}, both hex."""
    opening_inclusion: bytes
    skeletons: tuple[bytes, ...]
    consistency: bytes = b""
    """Proof from the ledger the vault saw last (`Status.ledger_size`) to that of
    `opening_inclusion`; empty if it has seen none, or this very one."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """Sealed chunk keys, by segment id."""

    release_id: bytes
    sealed: Mapping[bytes, bytes]


@dataclass(frozen=True, kw_only=True)
class SegmentKeys:
    """The keys of one segment's released part."""

    description: bytes
    chunks: Mapping[int, bytes]

    def encode(self) -> bytes:
        """description key ‖ n × (u32 index ‖ key), indexes ascending."""
        rows = (_ROW.pack(index, self.chunks[index]) for index in sorted(self.chunks))
        return self.description + b"".join(rows)

    @classmethod
    def decode(cls, data: bytes) -> "SegmentKeys":
        """The inverse of `encode`. Raises MalformedError."""
        if len(data) < 32 or (len(data) - 32) % _ROW.size:
            raise MalformedError("released keys have an impossible length")
        rows = list(_ROW.iter_unpack(data[32:]))
        indexes = [index for index, _ in rows]
        if indexes != sorted(set(indexes)):
            raise MalformedError("released keys are not in order")
        return cls(description=data[:32], chunks=dict(rows))


@dataclass(frozen=True, kw_only=True)
class CaseKeys:
    """What a hold, or more headers for it, added to a case."""

    case: CaseId
    public: bytes
    """The case's sealing key."""
    sealed: Mapping[bytes, bytes]
    """Data keys re-sealed by this call and by none before, by segment id."""
    segments: int
    """How many segments the case has in all."""


@dataclass(frozen=True, kw_only=True)
class Destruction:
    """What became of one epoch, or of part of one."""

    name: str
    """The epoch's: `day.<class>.<day>` or `case.<case>`."""
    at: int
    kept: tuple[str, ...]
    """Key ids that a puncture kept; empty if everything is gone."""
    places: Mapping[str, str]
    """Each named place and its method: `overwritten and unlinked`, `absent` or `pending`."""
    attestation: Envelope
    """The vault's journal record of it, signed by the journal key."""
    punctured: tuple[str, ...] = field(default=())
    """Key ids that a puncture destroyed; empty if the whole epoch went."""

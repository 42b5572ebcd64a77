# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed records in a camera's chain: gaps, overwriting, expiry, the orderly end of a session.

Segments and records of one camera and recorder session form one chain: each carries `sequence`
and, in `previous`, the head of the one before it. What is not footage is said by a record, so that
an end or a hole of the chain never looks like tampering, nor tampering like an end.

A record is a DSSE envelope. `expired` is written by whoever expires, outside the chain (sequence
0, empty session), and carries the vault's attestation of the destroyed keys. Standard library
only: the offline verifier is built from this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from machimori.footage.naming import RecordKind, RecordName
from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope, Signer
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, RecorderId, check_name
from machimori.kernel.instants import Micros, parse_day
from machimori.vault.sealing.layout import head_after

RECORD_TYPE = "application/vnd.machimori.footage-record+json"
GapCause = Literal[
    "refused",
    "stalled",
    "network",
    "disk",
    "recorder_down",
    "clock",
    "no_key",
    "camera_lost",
    "withdrawn",
]
Cause = Literal[GapCause, "disk_full", "retention", "early", "shutdown"]
CAUSES: Mapping[RecordKind, tuple[str, ...]] = {
    "gap": get_args(GapCause),
    "overwritten": ("disk_full",),
    "expired": ("retention", "early"),
    "closed": ("shutdown", "withdrawn"),
}
MAX_DETAIL = 500
MAX_REMOVED = 10_000


@dataclass(frozen=True, kw_only=True)
class Removed:
    """A run of chain items that is gone: from sequence `first` to `last`, and the head after it."""

    session: str
    first: int
    last: int
    head: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """What happened to `camera` from `first` to `last`, if it was not footage."""

    kind: RecordKind
    day: str
    camera: CameraId
    recorder: RecorderId
    session: str
    sequence: int
    previous: str
    """Head before this record, hex; "" at the start of a session."""
    first: Micros
    last: Micros
    cause: Cause
    detail: str = ""
    """For people; never an address, a credential or a person."""
    removed: tuple[Removed, ...] = ()
    """`overwritten` and `expired`: the chain items that this record stands in for."""
    attestation: str = ""
    """`expired`: base64 of the vault's envelope that attests the destruction of the keys."""

    def __post_init__(self) -> None:
        where = f"{self.kind} record of {self.camera}"
        if self.kind not in CAUSES or self.cause not in CAUSES[self.kind]:
            raise MalformedError(f"cause {self.cause!r} does not fit", where=where)
        if self.last < self.first or self.first < 0 or self.sequence < 0:
            raise MalformedError("record with impossible values", where=where)
        if len(self.detail) > MAX_DETAIL or len(self.removed) > MAX_REMOVED:
            raise MalformedError("record too long", where=where)
        parse_day(self.day)
        check_name(self.camera, what="camera")
        check_name(self.recorder, what="recorder")

    @property
    def name(self) -> RecordName:
        """Where the store keeps it."""
        return RecordName(
            day=self.day, camera=self.camera, first=self.first, last=self.last, kind=self.kind
        )

    def statement(self) -> dict[str, Json]:
        """The payload, to be signed."""
        value: dict[str, Json] = {
            "camera": self.camera,
            "cause": self.cause,
            "day": self.day,
            "detail": self.detail,
            "from": self.first,
            "kind": self.kind,
            "previous": self.previous,
            "recorder": self.recorder,
            "sequence": self.sequence,
            "session": self.session,
            "to": self.last,
        }
        if self.removed:
            value["removed"] = [
                {"first": r.first, "head": r.head, "last": r.last, "session": r.session}
                for r in self.removed
            ]
        if self.attestation:
            value["attestation"] = self.attestation
        return value

    @classmethod
    def of_statement(cls, source: Mapping[str, Json]) -> "Record":
        """The inverse of `statement`. Raises MalformedError."""
        kind: Any = source.get("kind")
        cause: Any = source.get("cause")
        removed = canonical.field(source, "removed", list) if "removed" in source else []
        record = cls(
            kind=kind if isinstance(kind, str) else "",  # type: ignore[arg-type]
            day=canonical.field(source, "day", str),
            camera=CameraId(canonical.field(source, "camera", str)),
            recorder=RecorderId(canonical.field(source, "recorder", str)),
            session=canonical.field(source, "session", str),
            sequence=canonical.field(source, "sequence", int),
            previous=canonical.field(source, "previous", str),
            first=Micros(canonical.field(source, "from", int)),
            last=Micros(canonical.field(source, "to", int)),
            cause=cause,
            detail=canonical.field(source, "detail", str),
            removed=tuple(_removed(item) for item in removed),
            attestation=(
                canonical.field(source, "attestation", str) if "attestation" in source else ""
            ),
        )
        if record.statement() != dict(source):
            raise MalformedError("record has unknown members")
        return record

    def sign(self, keyid: str, signer: Signer) -> Envelope:
        """The signed envelope; `encode()` is what the store keeps."""
        return Envelope.of(RECORD_TYPE, self.statement()).signed_by(keyid, signer)

    def head(self, envelope: Envelope) -> bytes:
        """The chain's head after this record, whose envelope that is."""
        return head_after(self.previous, envelope.digest())


def decode(data: bytes) -> tuple[Record, Envelope]:
    """The record in a stored object, and its envelope to judge. Raises MalformedError."""
    envelope = Envelope.decode(data)
    if envelope.payload_type != RECORD_TYPE:
        raise MalformedError("not a footage record", where=envelope.payload_type[:80])
    return Record.of_statement(envelope.statement()), envelope


def _removed(item: Json) -> Removed:
    if not isinstance(item, dict):
        raise MalformedError("object expected", where="removed")
    return Removed(
        session=canonical.field(item, "session", str),
        first=canonical.field(item, "first", int),
        last=canonical.field(item, "last", int),
        head=canonical.field(item, "head", str),
    )

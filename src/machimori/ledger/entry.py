# SPDX-License-Identifier: AGPL-3.0-or-later
"""Entries: what the ledger records, as canonical JSON of at most 65,535 bytes (C2SP tlog-tiles).

An entry holds a type, a time, pseudonymous ids and numbers, never personal data: text from people
enters only as a salted commitment, SHA-256 over a 128-bit salt and the value. Whoever is shown
salt and value can check them; whoever holds only the entry cannot guess short values such as
names, because the salt is not in the ledger. Free text is kept out by form: `subject` holds
identifiers, and the strings of `data` are ASCII.

Standard library only: the offline verifier is built from this module.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, get_args

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import new_id
from machimori.kernel.instants import Micros
from machimori.ledger.errors import MalformedLedgerError

MAX_ENTRY: Final = 65_535
"""Bytes of an encoded entry: tlog-tiles' bundles give lengths in 16 bits."""

VERSION: Final = 1

LATEST: Final = Micros(2**53 - 1)
"""The last time that canonical JSON can carry in microseconds: June 2255."""

EntryType = Literal[
    "officer.appointed",
    "officer.revoked",
    "officer.delegated",
    "rules.adopted",
    "camera.classed",
    "recorder.enrolled",
    "agreement.adopted",
    "live.allowed",
    "live.granted",
    "bundle.issued",
    "provision.requested",
    "authorisation.signed",
    "authorisation.ended",
    "release.requested",
    "release.made",
    "hold.placed",
    "hold.ended",
    "epoch.destroyed",
    "epoch.punctured",
    "destruction.ordered",
    "expiry.overridden",
    "time.stated",
    "footage.expired",
    "footage.overwritten",
    "recorder.anchor",
    "recorder.time_confirmed",
    "evidence.made",
    "evidence.handed_over",
    "appointment.made",
    "appointment.ended",
    "appointment.decided",
    "delegation.signed",
    "delegation.ended",
    "custody.step",
    "adoption.made",
    "adoption.numbered",
    "scheme.started",
    "enrolment.issued",
    "key.registered",
    "key.revoked",
    "key.custody",
    "key.corrected",
    "password.issued",
    "pledge.recorded",
    "pledge.corrected",
    "transfer.made",
    "transfer.decided",
    "post.handed_over",
    "duty.reported",
    "duty.corrected",
    "camera.registered",
    "camera.corrected",
    "camera.connected",
    "vault.opened",
    "vault.rehearsed",
    "terminal.registered",
    "terminal.keyed",
    "terminal.custody",
    "disclosure.step",
    "provision.step",
    "recording.searched",
    "scan.step",
    "internal.step",
    "viewing.opened",
    "viewing.watched",
    "copy.step",
    "print.made",
    "print.checked",
    "print.ended",
    "oversight.step",
    "record.disposed",
    "police.step",
    "police.posted",
    "direct.agreed",
    "direct.step",
    "watch.step",
    "refusal",
]
"""Every type there is. A new one is added here and in docs/design/ledger.md."""

TYPES: Final[frozenset[str]] = frozenset(get_args(EntryType))

_ID = re.compile(r"[0-9a-f]{32}\Z")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/=+-]{0,255}\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_MEMBERS = frozenset(("at", "commitments", "data", "id", "subject", "type", "v"))


class Commitment(NamedTuple):
    """A value that the ledger commits to: `digest` goes in, salt and value stay outside."""

    salt: bytes
    digest: str

    def opens_to(self, value: str) -> bool:
        """Whether this is the commitment to `value`."""
        return hmac.compare_digest(self.digest, _commit(self.salt, value))


def commit(value: str) -> Commitment:
    """Commit to `value` under a fresh 128-bit salt. One salt per field, never reused."""
    salt = secrets.token_bytes(16)
    return Commitment(salt=salt, digest=_commit(salt, value))


def _commit(salt: bytes, value: str) -> str:
    return hashlib.sha256(b"machimori commitment v1\0" + salt + value.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry. `id` is 32 random hexadecimal digits and makes appending idempotent.

    `subject` maps roles to pseudonymous ids (`{"case": "c-104", "camera": "cam-0001"}`), `data`
    holds numbers, digests and ASCII codes, `commitments` maps field names to hexadecimal SHA-256
    digests from `commit`. Raises MalformedLedgerError if anything has another form.
    """

    type: EntryType
    at: Micros
    subject: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Json] = field(default_factory=dict)
    commitments: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=new_id)

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise MalformedLedgerError("unknown type of entry", where=str(self.type)[:40])
        if not isinstance(self.at, int) or not 0 <= self.at <= LATEST:
            raise MalformedLedgerError("a time outside the years 1970 to 2255", where="at")
        if not _ID.match(self.id):
            raise MalformedLedgerError("an entry's id is 32 hexadecimal digits", where="id")
        _check_map(self.subject, _SUBJECT, where="subject")
        _check_map(self.commitments, _DIGEST, where="commitments")
        for name, value in self.data.items():
            if not isinstance(name, str) or not _NAME.match(name):
                raise MalformedLedgerError("not a field name", where="data")
            _check_ascii(value, where=f"data.{name}")

    def encode(self) -> bytes:
        """Canonical JSON. Raises MalformedLedgerError above 65,535 bytes."""
        try:
            encoded = canonical.dumps(
                {
                    "at": self.at,
                    "commitments": dict(self.commitments),
                    "data": dict(self.data),
                    "id": self.id,
                    "subject": dict(self.subject),
                    "type": self.type,
                    "v": VERSION,
                }
            )
        except MalformedError as error:
            raise MalformedLedgerError(error.message, where="data") from error
        if len(encoded) > MAX_ENTRY:
            raise MalformedLedgerError(
                f"an entry has at most {MAX_ENTRY} bytes, this one {len(encoded)}",
                where=self.type,
                remedy="put the document's SHA-256 into the entry instead of the document",
            )
        return encoded

    @classmethod
    def decode(cls, data: bytes) -> "Entry":
        """The inverse of `encode`. Raises MalformedLedgerError."""
        if len(data) > MAX_ENTRY:
            raise MalformedLedgerError(f"an entry has at most {MAX_ENTRY} bytes")
        try:
            source = canonical.load_object(data)
            if source.keys() != _MEMBERS:
                raise MalformedLedgerError("an entry has exactly the members of version 1")
            if canonical.field(source, "v", int) != VERSION:
                raise MalformedLedgerError("unknown version of entry")
            return cls(
                type=canonical.field(source, "type", str),
                at=Micros(canonical.field(source, "at", int)),
                id=canonical.field(source, "id", str),
                subject=canonical.field(source, "subject", dict),
                data=canonical.field(source, "data", dict),
                commitments=canonical.field(source, "commitments", dict),
            )
        except MalformedLedgerError:
            raise
        except MalformedError as error:
            raise MalformedLedgerError(error.message, where=error.where) from error


def _check_map(values: Mapping[str, str], form: re.Pattern[str], *, where: str) -> None:
    for name, value in values.items():
        if not isinstance(name, str) or not _NAME.match(name):
            raise MalformedLedgerError("not a field name", where=where)
        if not isinstance(value, str) or not form.match(value):
            # The value is not shown: what was put here by mistake may be somebody's name.
            raise MalformedLedgerError(
                "not an identifier or digest",
                where=f"{where}.{name}",
                remedy="record a pseudonymous id, or a commitment to the text",
            )


def _check_ascii(value: Json, *, where: str, depth: int = 0) -> None:
    if depth > 16:
        raise MalformedLedgerError("nested too deeply", where=where)
    if isinstance(value, str):
        if not value.isascii() or not (value.isprintable() or not value):
            raise MalformedLedgerError(
                "the strings of an entry are printable ASCII",
                where=where,
                remedy="record a commitment to the text instead",
            )
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _check_ascii(key, where=where, depth=depth + 1)
            _check_ascii(item, where=where, depth=depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_ascii(item, where=where, depth=depth + 1)

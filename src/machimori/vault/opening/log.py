# SPDX-License-Identifier: AGPL-3.0-or-later
"""The vault's log: every fact that must not be forgotten or rolled back, in one serial order.

One line per record, synced before anything is answered, kept in the vault's directory and in every
place. A record is attested by the journal key (a key that the closed vault has too, so that it can
destroy), linked to the record before it, and becomes a ledger entry for the courier. When the
vault starts, the longest copy wins and the others are brought up to it, so that restoring an old
copy of the directory undoes nothing while one place still stands.
"""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.durable import Disk, Journal
from machimori.kernel.envelope import Envelope, Signer, Verifier
from machimori.kernel.errors import DurabilityError, MalformedError
from machimori.kernel.instants import Micros
from machimori.ledger.entry import TYPES, Entry, EntryType
from machimori.vault.errors import VaultDurabilityError
from machimori.vault.opening.places import Places

RECORD_TYPE = "application/vnd.machimori.vault-record+json"
FILE = "vault.log"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One fact. `facts` and `subject` go to the ledger, `body` stays with the vault."""

    sequence: int
    previous: str
    kind: str
    at: Micros
    attestation: Envelope
    subject: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Json] = field(default_factory=dict)
    body: Mapping[str, Json] = field(default_factory=dict)

    def head(self) -> str:
        """SHA-256 of the attestation's DSSE encoding, hex: what the next record links to."""
        return self.attestation.digest().hex()

    def line(self) -> bytes:
        """Canonical JSON, one line."""
        return canonical.dumps(
            {"attestation": canonical.b64(self.attestation.encode()), "body": dict(self.body)}
        )

    def entry(self) -> bytes | None:
        """The ledger entry that carries this record, or None if its kind is the vault's own."""
        if self.kind not in TYPES:
            return None
        return Entry(
            type=cast(EntryType, self.kind),
            at=self.at,
            id=self.head()[:32],
            subject=self.subject,
            data={**self.facts, "attestation": canonical.b64(self.attestation.encode())},
        ).encode()


def make_record(
    *,
    signer: Signer,
    sequence: int,
    previous: str,
    kind: str,
    at: Micros,
    subject: Mapping[str, str],
    facts: Mapping[str, Json],
    body: Mapping[str, Json],
) -> Record:
    """A record, attested by the journal key."""
    statement = {
        "at": at,
        "body": hashlib.sha256(canonical.dumps(dict(body))).hexdigest(),
        "facts": dict(facts),
        "kind": kind,
        "previous": previous,
        "sequence": sequence,
        "subject": dict(subject),
    }
    return Record(
        sequence=sequence,
        previous=previous,
        kind=kind,
        at=at,
        attestation=Envelope.of(RECORD_TYPE, statement).signed_by("journal", signer),
        subject=subject,
        facts=facts,
        body=body,
    )


def read_record(line: bytes, journal_key: Verifier) -> Record:
    """The record of a line. Raises MalformedError unless the journal key attested all of it."""
    source = canonical.load_object(line)
    body = canonical.field(source, "body", dict)
    envelope = Envelope.decode(canonical.unb64(source.get("attestation"), where="attestation"))
    if envelope.payload_type != RECORD_TYPE or not envelope.signed_with(journal_key):
        raise MalformedError("a record is not attested by this vault's journal key")
    statement = envelope.statement()
    if statement.get("body") != hashlib.sha256(canonical.dumps(body)).hexdigest():
        raise MalformedError("a record's body is not the one that was attested")
    return Record(
        sequence=canonical.field(statement, "sequence", int),
        previous=canonical.field(statement, "previous", str),
        kind=canonical.field(statement, "kind", str),
        at=Micros(canonical.field(statement, "at", int)),
        attestation=envelope,
        subject=canonical.field(statement, "subject", dict),
        facts=canonical.field(statement, "facts", dict),
        body=body,
    )


class VaultLog:
    """The log and its copies. Raises VaultDurabilityError if copies contradict each other."""

    def __init__(self, home: Path, places: Places, journal_key: Verifier, disk: Disk) -> None:
        self._disk = disk
        self._places = places
        self._pool = ThreadPoolExecutor(thread_name_prefix="log")
        self._broken = False
        self._journals = {"": Journal(home / FILE, disk)}
        self.catch_up()
        self.records = tuple(self._read(journal_key))

    def catch_up(self) -> None:
        """Bring every reachable copy up to the longest one."""
        for place, path in self._places.reachable():
            if place not in self._journals:
                with suppress(DurabilityError, OSError):
                    self._journals[place] = Journal(path / FILE, self._disk)
        longest = max((j.lines for j in self._journals.values()), key=len)
        for place, journal in self._journals.items():
            if journal.lines != longest[: len(journal)]:
                raise VaultDurabilityError(
                    "this copy of the log contradicts another one",
                    where=f"place {place or 'home'}",
                    remedy="detach the place; it is another vault's, or it was altered",
                )
            for line in longest[len(journal) :]:
                journal.append(line)

    def append(self, line: bytes) -> None:
        """Write a line to every copy at once, each synced. A place may be away, home may not.

        After a failure at home nothing is appended any more: the line may be in a place already,
        and only a restart can tell. The same holds for whatever a place does beyond being away.
        """
        if self._broken:
            raise VaultDurabilityError(
                "the log could not be written before",
                remedy="mend the disk of the vault's directory and restart the vault",
            )
        places = [place for place in self._journals if place]
        writes = {place: self._pool.submit(self._journals[place].append, line) for place in places}
        try:
            self._journals[""].append(line)
        except BaseException:
            self._broken = True
            raise
        finally:
            wait(writes.values())
        failures = {place: write.exception() for place, write in writes.items()}
        for place, failure in failures.items():
            if failure is not None:
                # Closed, and read again when the place is back: catch_up completes it.
                self._journals.pop(place).close()
        for failure in failures.values():
            if failure is not None and not isinstance(failure, DurabilityError):
                self._broken = True
                raise failure

    def copies(self) -> int:
        """How many copies, the one at home included, have every line."""
        return len(self._journals)

    def close(self) -> None:
        """Release the files."""
        self._pool.shutdown()
        for journal in self._journals.values():
            journal.close()

    def _read(self, journal_key: Verifier) -> list[Record]:
        records: list[Record] = []
        previous = ""
        for line in self._journals[""].lines:
            try:
                record = read_record(line, journal_key)
            except MalformedError as error:
                raise VaultDurabilityError(
                    f"the vault's log was altered: {error.message}",
                    where=f"record {len(records)}",
                    remedy="restore it from another place; it was not written by this vault",
                ) from error
            if record.sequence != len(records) or record.previous != previous:
                raise VaultDurabilityError(
                    "the vault's log has a record that does not follow the one before",
                    where=f"record {len(records)}",
                )
            previous = record.head()
            records.append(record)
        return records

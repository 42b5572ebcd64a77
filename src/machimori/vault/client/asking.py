# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking for a release, the whole way: authorisation and request into the ledger, proofs, vault."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from machimori.kernel.canonical import Json
from machimori.kernel.clock import Clock
from machimori.kernel.envelope import Envelope
from machimori.ledger.checkpoint import Checkpoint, Note
from machimori.ledger.entry import Entry
from machimori.ledger.errors import NotIncludedError
from machimori.ledger.interface import LedgerInterface
from machimori.ledger.proof import Inclusion
from machimori.vault.client.release import Release, ReleaseRequest
from machimori.vault.client.statements import Authorisation

_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")


class Seen(Protocol):
    """Of a vault's status, the size of the largest ledger it has seen."""

    @property
    def ledger_size(self) -> int: ...


class Asked(Protocol):
    """What is asked of a vault here (`VaultClient`)."""

    def status(self) -> Seen: ...
    def challenge(self) -> bytes: ...
    def release(self, request: ReleaseRequest) -> Release: ...


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A release and the ledger entries that it was made against, with their proofs."""

    release: Release
    authorisation_entry: bytes
    authorisation_inclusion: Inclusion
    opening_entry: bytes
    opening_inclusion: Inclusion


def authorisation_entry(envelope: Envelope, clock: Clock) -> Entry:
    """The entry `authorisation.signed`; its id is the statement's, so it is recorded once."""
    statement = Authorisation.decode(envelope)
    return Entry(
        type="authorisation.signed",
        at=clock.now(),
        id=envelope.digest().hex()[:32],
        subject={"case": statement.case, "scheme": statement.scheme},
        data={"authorisation": envelope.digest().hex()} | _ground(statement),
    )


def _ground(statement: Authorisation) -> dict[str, Json]:
    """The ground, where it is a rules' id and no text: the ledger alone counts openings by it."""
    return {"ground": statement.ground} if _ID.match(statement.ground) else {}


def ask_release(
    client: Asked,
    ledger: LedgerInterface,
    authorisation: Envelope,
    skeletons: Iterable[bytes],
    *,
    clock: Clock,
    timeout: float = 10.0,
) -> Recorded:
    """Record, prove, ask.

    1. `authorisation.signed` into the ledger, unless it is there; 2. a challenge from the vault;
    3. `release.requested` with it; 4. proofs of both, and that the ledger only grew; 5. the vault.
    Raises what ledger and client raise: LedgerUnavailableError, NotIncludedError,
    VaultRefusedError, VaultUnavailableError.
    """
    digest = authorisation.digest().hex()
    statement = Authorisation.decode(authorisation)
    signed_id = digest[:32]
    try:
        # Signed a moment ago, it may still wait for its index: a second one would be refused.
        ledger.entry(signed_id)
    except NotIncludedError:
        ledger.append(authorisation_entry(authorisation, clock))
    ledger.wait(signed_id, timeout)
    requested = Entry(
        type="release.requested",
        at=clock.now(),
        subject={"case": statement.case},
        data={"authorisation": digest, "challenge": client.challenge().hex()},
    )
    ledger.append(requested)
    opening = ledger.wait(requested.id, timeout)
    signed = ledger.inclusion(signed_id)
    seen = client.status().ledger_size
    entry, request_entry = ledger.entry(signed_id), ledger.entry(requested.id)
    size = _size(opening)
    release = client.release(
        ReleaseRequest(
            authorisation=authorisation,
            authorisation_entry=entry,
            authorisation_inclusion=signed.encode(),
            opening_entry=request_entry,
            opening_inclusion=opening.encode(),
            skeletons=tuple(skeletons),
            consistency=ledger.consistency(seen, size).encode() if 0 < seen < size else b"",
        )
    )
    return Recorded(
        release=release,
        authorisation_entry=entry,
        authorisation_inclusion=signed,
        opening_entry=request_entry,
        opening_inclusion=opening,
    )


def _size(inclusion: Inclusion) -> int:
    return Checkpoint.parse(Note.decode(inclusion.checkpoint).text).size

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Was this opened under an authorisation that is on record, and does the package keep within it?"""

import hashlib
from dataclasses import dataclass

from machimori.evidence.verifier import statement as names
from machimori.evidence.verifier.container import Source, whole
from machimori.evidence.verifier.statement import Statement
from machimori.evidence.verifier.trust import Trust
from machimori.evidence.verifier.verdict import Judgement
from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros
from machimori.ledger.checkpoint import LogKey
from machimori.ledger.entry import Entry
from machimori.ledger.errors import ProofError
from machimori.ledger.proof import Inclusion

AUTHORISATION_TYPE = "application/vnd.machimori.authorisation+json"
_SMALL = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What of an authorisation bounds a package (`vault.client.statements` has all of it)."""

    digest: str
    scheme: str
    case: str
    ground: str
    purpose: str
    requester: str
    cameras: tuple[str, ...]
    start: Micros
    end: Micros
    keyids: tuple[str, ...]

    @classmethod
    def of(cls, envelope: Envelope) -> "Scope":
        """Raises MalformedError."""
        if envelope.payload_type != AUTHORISATION_TYPE:
            raise MalformedError("not an authorisation", where=envelope.payload_type[:80])
        source = envelope.statement()
        return cls(
            digest=envelope.digest().hex(),
            scheme=canonical.field(source, "scheme", str),
            case=canonical.field(source, "case", str),
            ground=canonical.field(source, "ground", str),
            purpose=canonical.field(source, "purpose", str),
            requester=canonical.field(source, "requester", str),
            cameras=tuple(str(item) for item in canonical.field(source, "cameras", list)),
            start=Micros(canonical.field(source, "from", int)),
            end=Micros(canonical.field(source, "to", int)),
            keyids=tuple(signature.keyid for signature in envelope.signatures),
        )


def check_scope(source: Source, statement: Statement, judgement: Judgement) -> None:
    """The statement against the authorisation that is in the package (A15)."""
    if names.AUTHORISATION not in source.files:
        return  # reported as missing by whoever compares the list of files
    try:
        scope = Scope.of(Envelope.decode(whole(source, names.AUTHORISATION, limit=_SMALL)))
    except MalformedError:
        judgement.add("altered", "authorisation_form", names.AUTHORISATION)
        return
    if scope.digest != statement.authorisation or not scope.keyids:
        judgement.add("altered", "authorisation_other", names.AUTHORISATION)
    same = (
        (scope.scheme, statement.scheme),
        (scope.case, statement.case),
        (scope.ground, statement.ground),
        (scope.purpose, statement.purpose),
        (scope.requester, statement.requester),
    )
    if any(said != stated for said, stated in same):
        judgement.add("altered", "authorisation_facts", names.STATEMENT)
    if not scope.start <= statement.start < statement.end <= scope.end:
        judgement.add("altered", "beyond_interval", names.STATEMENT)
    for camera in statement.cameras:
        if camera.camera not in scope.cameras:
            judgement.add("altered", "beyond_cameras", names.STATEMENT, camera.camera)
        if not statement.start <= camera.start < camera.end <= statement.end:
            judgement.add("altered", "beyond_interval", names.STATEMENT)
    if {approval.keyid for approval in statement.approvals} - set(scope.keyids):
        judgement.add("altered", "approvals_other", names.STATEMENT)


def check_ledger(source: Source, statement: Statement, trust: Trust, judgement: Judgement) -> None:
    """Authorisation and opening are in the ledger whose key the city certified."""
    try:
        key = trust.ledger(statement.keys.ledger_name)
    except MalformedError:
        judgement.add("altered", "ledger_key", names.IDENTITY, statement.keys.ledger_name)
        return
    if _fingerprint(key) != statement.keys.ledger:
        judgement.add("altered", "ledger_key", names.STATEMENT, statement.keys.ledger_name)
    pairs = (
        (names.AUTHORISATION_ENTRY, names.AUTHORISATION_PROOF, "authorisation.signed"),
        (names.OPENING_ENTRY, names.OPENING_PROOF, "release.requested"),
    )
    for entry_path, proof_path, kind in pairs:
        if entry_path not in source.files or proof_path not in source.files:
            continue
        entry = whole(source, entry_path, limit=_SMALL)
        try:
            proof = Inclusion.decode(whole(source, proof_path, limit=_SMALL))
            found = Entry.decode(entry)
            proof.verify(entry, key)
        except (MalformedError, ProofError) as error:
            judgement.add("altered", "ledger_proof", proof_path, error.message)
            continue
        if found.type != kind or found.data.get("authorisation") != statement.authorisation:
            judgement.add("altered", "ledger_entry", entry_path)
        judgement.signatures += 1


def _fingerprint(key: LogKey) -> str:
    return hashlib.sha256(key.public.raw).hexdigest()

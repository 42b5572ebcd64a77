# SPDX-License-Identifier: AGPL-3.0-or-later
"""The charter: what the vault pins when it is made, signed by its own city key.

It names the first officers, how many of which posts must sign what changes the vault, the ledger's
key, the FIDO2 relying party and the places. Whoever swaps it needs the root: an opened vault
refuses a charter that its city key did not sign.
"""

from dataclasses import dataclass

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import check_name
from machimori.kernel.signing import PublicKey
from machimori.ledger.checkpoint import LogKey
from machimori.vault.client.statements import Appointment
from machimori.vault.errors import VaultMalformedError
from machimori.vault.opening.officers import RelyingParty

CHARTER_TYPE = "application/vnd.machimori.charter+json"


@dataclass(frozen=True, kw_only=True)
class Charter:
    """The pinned beginning of a vault."""

    officers: tuple[Appointment, ...]
    quorum: int
    """Signers that appointments, revocations, rules, classes and enrolments need."""
    posts: tuple[str, ...]
    """Posts whose holders count towards the quorum."""
    override_signers: int
    """Signers of the same posts that an override or a statement of the time needs."""
    ledger_key: str
    """The ledger's verifier key, `<name>+<hash>+<key>` (C2SP signed-note)."""
    party: RelyingParty
    city: bytes
    journal: bytes
    places: tuple[str, ...]
    rehearsal: bool
    """A rehearsal vault takes its clock from a file and says so in its status."""

    def log_key(self) -> LogKey:
        """The pinned key of the ledger. Raises MalformedError."""
        return LogKey.parse(self.ledger_key, PublicKey)

    def check(self) -> None:
        """Raise MalformedError if the charter could never be obeyed, or by too few."""
        holders = {a.officer for a in self.officers if set(a.posts) & set(self.posts)}
        publics = [key.public for a in self.officers for key in a.keys]
        keyids = [key.keyid for a in self.officers for key in a.keys]
        if not 1 <= self.quorum <= len(holders) or not 1 <= self.override_signers <= len(holders):
            raise VaultMalformedError("the charter asks for more signers than it names officers")
        if len(set(publics)) < len(publics) or len(set(keyids)) < len(keyids):
            raise VaultMalformedError("the charter names a key twice")
        self.log_key()

    def envelope(self) -> Envelope:
        """The unsigned statement."""
        return Envelope.of(
            CHARTER_TYPE,
            {
                "city": canonical.b64(self.city),
                "journal": canonical.b64(self.journal),
                "ledger_key": self.ledger_key,
                "officers": [canonical.b64(a.envelope().encode()) for a in self.officers],
                "origins": list(self.party.origins),
                "override_signers": self.override_signers,
                "places": list(self.places),
                "posts": list(self.posts),
                "quorum": self.quorum,
                "rehearsal": self.rehearsal,
                "rp_id": self.party.rp_id,
            },
        )

    @classmethod
    def decode(cls, envelope: Envelope) -> "Charter":
        """The charter in an envelope that its own city key signed. Raises MalformedError."""
        if envelope.payload_type != CHARTER_TYPE:
            raise VaultMalformedError("not a vault's charter")
        source = envelope.statement()
        charter = cls(
            officers=tuple(
                Appointment.decode(Envelope.decode(canonical.unb64(item, where="officers")))
                for item in canonical.field(source, "officers", list)
            ),
            quorum=canonical.field(source, "quorum", int),
            posts=_names(source, "posts"),
            override_signers=canonical.field(source, "override_signers", int),
            ledger_key=canonical.field(source, "ledger_key", str),
            party=RelyingParty(
                rp_id=canonical.field(source, "rp_id", str),
                origins=tuple(canonical.field(source, "origins", list)),
            ),
            city=canonical.unb64(source.get("city"), where="city"),
            journal=canonical.unb64(source.get("journal"), where="journal"),
            places=_names(source, "places"),
            rehearsal=canonical.field(source, "rehearsal", bool),
        )
        if not envelope.signed_with(PublicKey(charter.city)):
            raise MalformedError("the charter is not signed by its city key")
        charter.check()
        return charter


def _names(source: dict[str, Json], member: str) -> tuple[str, ...]:
    names = canonical.field(source, member, list)
    if not all(isinstance(name, str) for name in names):
        raise VaultMalformedError("names are text", where=member)
    return tuple(check_name(name, what=member) for name in names)

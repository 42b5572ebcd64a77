# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the city's fingerprint to every other key in the package.

The city's key signs the statement and certifies the keys of recorders and ledger; nothing else in
a package vouches for a key.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from machimori.evidence.verifier.ed25519 import PublicKey
from machimori.kernel.errors import MalformedError
from machimori.ledger.checkpoint import LogKey
from machimori.vault.client.identity import Certificate, Identity


@dataclass(frozen=True, kw_only=True)
class Trust:
    """The city's key and the certificates that it signed."""

    city: PublicKey
    certificates: tuple[Certificate, ...]

    @classmethod
    def of(cls, identity: bytes) -> "Trust":
        """Raises MalformedError unless every certificate is signed by the identity's own key."""
        source = Identity.decode(identity)
        city = PublicKey(source.public)
        return cls(
            city=city,
            certificates=tuple(Certificate.verified(e, city) for e in source.certificates),
        )

    def recorder(self, name: str) -> Sequence[PublicKey]:
        """The keys that the city certified for a recorder, the newest first."""
        found = [c for c in self.certificates if c.role == "recorder" and c.name == name]
        found.sort(key=lambda c: -c.effective_from)
        return [PublicKey(c.public) for c in found]

    def ledger(self, name: str) -> LogKey:
        """The ledger's key. Raises MalformedError if the city certified none of that name."""
        found = [c for c in self.certificates if c.role == "ledger" and c.name == name]
        if not found:
            raise MalformedError("the city certified no ledger of this name", where=name[:80])
        newest = max(found, key=lambda c: c.effective_from)
        return LogKey(name=newest.name, public=PublicKey(newest.public))

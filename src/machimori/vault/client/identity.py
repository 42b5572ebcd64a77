# SPDX-License-Identifier: AGPL-3.0-or-later
"""The vault's identity: the city's public key, and what it says about recorders and the ledger.

The fingerprint of the city's key is what a city publishes; from it everything in an evidence
package is believed or not. A certificate is a DSSE statement by that key that some other Ed25519
key is a recorder's, the ledger's, or the one that signs the vault's journal. Standard library
only: the offline verifier is built from this module.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal, get_args

from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope, Verifier
from machimori.kernel.errors import MalformedError

CERTIFICATE_TYPE = "application/vnd.machimori.certificate+json"
Role = Literal["recorder", "ledger", "journal"]


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """The city says: this key is that part's, from `effective_from` (µs) on."""

    role: Role
    name: str
    public: bytes
    effective_from: int

    def envelope(self) -> Envelope:
        """The unsigned statement."""
        return Envelope.of(
            CERTIFICATE_TYPE,
            {
                "from": self.effective_from,
                "name": self.name,
                "public": canonical.b64(self.public),
                "role": self.role,
            },
        )

    @classmethod
    def verified(cls, envelope: Envelope, city: Verifier) -> "Certificate":
        """The certificate in `envelope`. Raises MalformedError unless `city` signed it."""
        if envelope.payload_type != CERTIFICATE_TYPE or not envelope.signed_with(city):
            raise MalformedError("certificate is not the city's")
        source = envelope.statement()
        role: Any = source.get("role")
        if role not in get_args(Role):
            raise MalformedError("certificate for an unknown role", where=str(role)[:40])
        certificate = cls(
            role=role,
            name=canonical.field(source, "name", str),
            public=canonical.unb64(source.get("public"), where="public"),
            effective_from=canonical.field(source, "from", int),
        )
        if certificate.envelope().payload != envelope.payload or len(certificate.public) != 32:
            raise MalformedError("certificate has a wrong form", where=certificate.name[:80])
        return certificate


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The city's public key (32 bytes, Ed25519) and its certificates."""

    public: bytes
    certificates: tuple[Envelope, ...]

    def fingerprint(self) -> str:
        """SHA-256 of the city's key, hex: what the city publishes."""
        return hashlib.sha256(self.public).hexdigest()

    def encode(self) -> bytes:
        """Canonical JSON."""
        return canonical.dumps(
            {
                "certificates": [canonical.b64(c.encode()) for c in self.certificates],
                "public": canonical.b64(self.public),
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> "Identity":
        """The inverse of `encode`; believes nothing yet. Raises MalformedError."""
        source = canonical.load_object(data)
        public = canonical.unb64(source.get("public"), where="public")
        if len(public) != 32 or set(source) != {"certificates", "public"}:
            raise MalformedError("not a vault's identity")
        return cls(
            public=public,
            certificates=tuple(
                Envelope.decode(canonical.unb64(item, where="certificate"))
                for item in canonical.field(source, "certificates", list)
            ),
        )

    def key_of(self, role: Role, name: str, city: Verifier) -> bytes | None:
        """The 32-byte key that `city` certified for this part, the latest if there are several.

        `city` is the verifier of `public`, once its fingerprint was compared. Raises
        MalformedError if a certificate is not the city's.
        """
        found = [
            c
            for c in (Certificate.verified(e, city) for e in self.certificates)
            if c.role == role and c.name == name
        ]
        return max(found, key=lambda c: c.effective_from).public if found else None

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statements and the envelopes that carry their signatures (DSSE v1.0.2).

DSSE (Dead Simple Signing Envelope) signs the pre-authentication encoding
`"DSSEv1" SP LEN(type) SP type SP LEN(body) SP body`, so that a signature over one kind of
statement can never pass for another. The envelope carries, beside Ed25519 signatures, FIDO2
assertions whose challenge is SHA-256 of that encoding; only the vault judges those.

Standard library only: the offline verifier is built from this module.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.errors import MalformedError

SignatureKind = Literal["ed25519", "fido2"]


class Signer(Protocol):
    """What can make an Ed25519 signature (`kernel.signing.SigningKey`)."""

    def sign(self, message: bytes) -> bytes: ...


class Verifier(Protocol):
    """What can check an Ed25519 signature (`kernel.signing.PublicKey`)."""

    def verify(self, signature: bytes, message: bytes) -> bool: ...


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True, kw_only=True)
class Signature:
    """One signature of an envelope. `extra` holds what FIDO2 adds (both base64 in JSON)."""

    keyid: str
    sig: bytes
    kind: SignatureKind = "ed25519"
    authenticator_data: bytes = b""
    client_data: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A DSSE envelope: a payload of canonical JSON and signatures over it."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...] = field(default=())

    @classmethod
    def of(cls, payload_type: str, statement: Mapping[str, Json]) -> "Envelope":
        """An unsigned envelope around a statement."""
        return cls(payload_type=payload_type, payload=canonical.dumps(dict(statement)))

    def statement(self) -> dict[str, Json]:
        """The payload as an object. Raises MalformedError."""
        return canonical.load_object(self.payload)

    def pae(self) -> bytes:
        """The bytes that signatures are over."""
        return pae(self.payload_type, self.payload)

    def digest(self) -> bytes:
        """SHA-256 of `pae()`: the statement's identity, and a FIDO2 signature's challenge."""
        return hashlib.sha256(self.pae()).digest()

    def short_code(self) -> str:
        """What an officer compares on a second display: 12 hexadecimal digits in three groups."""
        text = self.digest().hex()[:12].upper()
        return f"{text[:4]}-{text[4:8]}-{text[8:]}"

    def signed_by(self, keyid: str, key: Signer) -> "Envelope":
        """This envelope with one more Ed25519 signature."""
        signature = Signature(keyid=keyid, sig=key.sign(self.pae()))
        return self.with_signature(signature)

    def with_signature(self, signature: Signature) -> "Envelope":
        """This envelope with one more signature."""
        return Envelope(
            payload_type=self.payload_type,
            payload=self.payload,
            signatures=(*self.signatures, signature),
        )

    def signed_with(self, key: Verifier) -> bool:
        """Whether some Ed25519 signature of this envelope is `key`'s. Key ids are hints only."""
        message = self.pae()
        return any(s.kind == "ed25519" and key.verify(s.sig, message) for s in self.signatures)

    def encode(self) -> bytes:
        """Canonical JSON of the envelope, as DSSE defines it, with our members for FIDO2."""
        return canonical.dumps(
            {
                "payload": canonical.b64(self.payload),
                "payloadType": self.payload_type,
                "signatures": [_signature_json(s) for s in self.signatures],
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> "Envelope":
        """The inverse of `encode`. Raises MalformedError."""
        source = canonical.load_object(data)
        items = canonical.field(source, "signatures", list)
        if len(items) > 64:
            raise MalformedError("more than 64 signatures")
        envelope = cls(
            payload_type=canonical.field(source, "payloadType", str),
            payload=canonical.unb64(source.get("payload"), where="payload"),
            signatures=tuple(_signature(item) for item in items),
        )
        if envelope.encode() != data:
            raise MalformedError("envelope has unknown members")
        return envelope


def _signature_json(signature: Signature) -> dict[str, Json]:
    value: dict[str, Json] = {
        "keyid": signature.keyid,
        "kind": signature.kind,
        "sig": canonical.b64(signature.sig),
    }
    if signature.kind == "fido2":
        value["authenticatorData"] = canonical.b64(signature.authenticator_data)
        value["clientDataJSON"] = canonical.b64(signature.client_data)
    return value


def _signature(item: Json) -> Signature:
    if not isinstance(item, dict):
        raise MalformedError("signature object expected")
    kind = item.get("kind")
    if kind not in ("ed25519", "fido2"):
        raise MalformedError("unknown kind of signature", where=str(kind)[:40])
    return Signature(
        keyid=canonical.field(item, "keyid", str),
        kind=kind,
        sig=canonical.unb64(item.get("sig"), where="sig"),
        authenticator_data=canonical.unb64(item.get("authenticatorData", ""), where="fido2"),
        client_data=canonical.unb64(item.get("clientDataJSON", ""), where="fido2"),
    )

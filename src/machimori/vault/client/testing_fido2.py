# SPDX-License-Identifier: AGPL-3.0-or-later
"""A software authenticator that makes real WebAuthn assertions, and wrong ones when told to."""

import hashlib
import json
import struct
from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from machimori.kernel.envelope import Envelope, Signature
from machimori.vault.client.signers import OfficerKey

EDDSA = -8
ES256 = -7
RS256 = -257


class VirtualAuthenticator:
    """One credential at one relying party. `counter` None: an authenticator without counter."""

    def __init__(
        self,
        keyid: str,
        *,
        algorithm: int = ES256,
        rp_id: str = "vault.example",
        origin: str = "https://vault.example",
        counter: int | None = 0,
    ) -> None:
        self.keyid = keyid
        self.algorithm = algorithm
        self.rp_id = rp_id
        self.origin = origin
        self.counter = counter
        self._key = _generate(algorithm)

    def officer_key(self) -> OfficerKey:
        """The public key as an appointment names it."""
        public = self._key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        return OfficerKey(keyid=self.keyid, kind="fido2", public=public, algorithm=self.algorithm)

    def sign(
        self,
        envelope: Envelope,
        *,
        present: bool = True,
        verified: bool = True,
        kind: str = "webauthn.get",
        challenge: bytes | None = None,
    ) -> Envelope:
        """The envelope with an assertion over its digest (or over another `challenge`)."""
        if self.counter is not None:
            self.counter += 1
        wanted = envelope.digest() if challenge is None else challenge
        client = json.dumps(
            {
                "type": kind,
                "challenge": urlsafe_b64encode(wanted).rstrip(b"=").decode(),
                "origin": self.origin,
                "crossOrigin": False,
            }
        ).encode()
        flags = (1 if present else 0) | (4 if verified else 0)
        data = hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(
            ">BI", flags, self.counter or 0
        )
        return envelope.with_signature(
            Signature(
                keyid=self.keyid,
                kind="fido2",
                sig=self._sign(data + hashlib.sha256(client).digest()),
                authenticator_data=data,
                client_data=client,
            )
        )

    def _sign(self, message: bytes) -> bytes:
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(message, ec.ECDSA(hashes.SHA256()))
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(message)


def _generate(
    algorithm: int,
) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    if algorithm == ES256:
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == RS256:
        return rsa.generate_private_key(65537, 2048)
    return ed25519.Ed25519PrivateKey.generate()

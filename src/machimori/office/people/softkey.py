# SPDX-License-Identifier: AGPL-3.0-or-later
"""A demo's software keys: WebAuthn answers made on the server, with keys in files.

They pass through the same verification as a key in the hand, and are refused by
`actions.register_key` and at sign-in wherever the installation is not a demo.
"""

import hashlib
import json
import struct
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from fido2 import cbor

from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope, Signature
from machimori.kernel.ids import OfficerId
from machimori.office.people.keys import ES256

_PRESENT_VERIFIED = 0x05
_ATTESTED = 0x40


class SoftwareKey:
    """One demo person's key at one origin. ES256, without a counter."""

    def __init__(self, private: ec.EllipticCurvePrivateKey, *, origin: str, host: str) -> None:
        self._private = private
        self._origin = origin
        self._host = host
        self._cose: dict[int, Any] = _cose(private.public_key())
        self.credential_id = hashlib.sha256(cbor.encode(self._cose)).digest()

    @classmethod
    def load(cls, directory: Path, officer: OfficerId, *, origin: str, host: str) -> "SoftwareKey":
        """The key of this person. Raises OSError if there is none."""
        private = load_pem_private_key((directory / f"{officer}.pem").read_bytes(), None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        return cls(private, origin=origin, host=host)

    @classmethod
    def create(
        cls, directory: Path, officer: OfficerId, disk: Disk, *, origin: str, host: str
    ) -> "SoftwareKey":
        """Make a key and keep it in `directory`, mode 0600."""
        private = ec.generate_private_key(ec.SECP256R1())
        disk.make_directory(directory, mode=0o700)
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        disk.create(directory / f"{officer}.pem", pem, mode=0o600)
        return cls(private, origin=origin, host=host)

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """The browser's answer to `Keys.begin_registration`."""
        key = cbor.encode(self._cose)
        data = self._authenticator_data(_PRESENT_VERIFIED | _ATTESTED)
        data += bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + key
        client = self._client_data("webauthn.create", options["publicKey"]["challenge"])
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            {"clientDataJSON": _b64(client), "attestationObject": _b64(attestation)}
        )

    def sign_in(self, options: dict[str, Any]) -> dict[str, Any]:
        """The browser's answer to `Keys.begin_sign_in`."""
        data, client, signature = self._assert(options["publicKey"]["challenge"])
        return self._answer(
            {
                "clientDataJSON": _b64(client),
                "authenticatorData": _b64(data),
                "signature": _b64(signature),
            }
        )

    def sign(self, envelope: Envelope, keyid: str) -> Envelope:
        """The envelope with this key's assertion over its digest, as the vault verifies it."""
        data, client, signature = self._assert(_b64(envelope.digest()))
        return envelope.with_signature(
            Signature(
                keyid=keyid,
                kind="fido2",
                sig=signature,
                authenticator_data=data,
                client_data=client,
            )
        )

    def _assert(self, challenge: str) -> tuple[bytes, bytes, bytes]:
        data = self._authenticator_data(_PRESENT_VERIFIED)
        client = self._client_data("webauthn.get", challenge)
        message = data + hashlib.sha256(client).digest()
        return data, client, self._private.sign(message, ec.ECDSA(hashes.SHA256()))

    def _authenticator_data(self, flags: int) -> bytes:
        return hashlib.sha256(self._host.encode()).digest() + struct.pack(">BI", flags, 0)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": challenge, "origin": self._origin, "crossOrigin": False}
        ).encode()

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        name = _b64(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "clientExtensionResults": {},
            "response": response,
        }


def _cose(public: ec.EllipticCurvePublicKey) -> dict[int, Any]:
    numbers = public.public_numbers()
    x, y = (value.to_bytes(32, "big") for value in (numbers.x, numbers.y))
    return {1: 2, 3: ES256, -1: 1, -2: x, -3: y}


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()

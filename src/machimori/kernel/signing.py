# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ed25519 keys (RFC 8032), through the `cryptography` library."""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from machimori.kernel.errors import MalformedError


class SigningKey:
    """An Ed25519 private key. Its `repr` shows the fingerprint only."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != 32:
            raise MalformedError("an Ed25519 seed has 32 bytes")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._seed = seed
        self.public = PublicKey(self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> "SigningKey":
        """A fresh key."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    def seed(self) -> bytes:
        """The 32 secret bytes, for the place that stores them."""
        return self._seed

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over `message`."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.public.fingerprint()})"


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 public key of 32 bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise MalformedError("an Ed25519 public key has 32 bytes")

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` (64 bytes) over `message` is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def fingerprint(self) -> str:
        """SHA-256 of the raw key in hexadecimal: what a city publishes and a verifier is given."""
        return hashlib.sha256(self.raw).hexdigest()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The reader: the key pair to which a release is sealed. It opens releases and nothing else."""

from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from machimori.kernel.errors import MalformedError
from machimori.vault.client.release import Release, SegmentKeys, release_info
from machimori.vault.errors import VaultMalformedError
from machimori.vault.sealing.seal import SUITE

SEED_SIZE = 64 + 32


class PrivateKey:
    """A hybrid private key of 96 bytes: ML-KEM-768 seed ‖ X25519. `repr` shows nothing."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != SEED_SIZE:
            raise MalformedError(f"a hybrid private key has {SEED_SIZE} bytes")
        lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(raw[:64])
        curve = x25519.X25519PrivateKey.from_private_bytes(raw[64:])
        self._key = hpke.MLKEM768X25519PrivateKey(lattice, curve)
        self._raw = raw
        self.public = (
            lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
        )

    @classmethod
    def generate(cls) -> "PrivateKey":
        """A fresh key pair."""
        return cls(
            mlkem.MLKEM768PrivateKey.generate().private_bytes_raw()
            + x25519.X25519PrivateKey.generate().private_bytes_raw()
        )

    def secret(self) -> bytes:
        """The 96 secret bytes, for the place that stores them."""
        return self._raw

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """The secret that was sealed with the same `info`. Raises MalformedError."""
        try:
            return SUITE.decrypt(sealed, self._key, info)
        except (InvalidTag, ValueError) as error:
            raise VaultMalformedError("sealed value does not belong to this key") from error

    def __repr__(self) -> str:
        return "PrivateKey(hidden)"


class Reader:
    """Whom an authorisation names: makes a key pair, publishes one half, opens with the other."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self.public = PublicPart(key.public)

    @classmethod
    def generate(cls) -> "Reader":
        """A fresh reader."""
        return cls(PrivateKey.generate())

    @classmethod
    def restore(cls, secret: bytes) -> "Reader":
        """The reader whose `secret()` this was. Raises MalformedError."""
        return cls(PrivateKey(secret))

    def secret(self) -> bytes:
        """The 96 secret bytes, for the place that stores them."""
        return self._key.secret()

    def open(self, release: Release) -> Mapping[bytes, SegmentKeys]:
        """The chunk keys of every segment of the release. Raises MalformedError."""
        return {
            segment: SegmentKeys.decode(
                self._key.open(sealed, release_info(release.release_id, segment))
            )
            for segment, sealed in release.sealed.items()
        }


class PublicPart:
    """The published half of a reader: `raw` goes into `Authorisation.reader`."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

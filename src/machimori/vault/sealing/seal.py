# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hybrid public-key sealing: HPKE (RFC 9180) with X-Wing (ML-KEM-768 + X25519).

Footage that is harvested today must stay closed after both its key's destruction and a future
break of one of the two mathematics, hence the hybrid. HPKE runs in base mode with HKDF-SHA256 and
AES-256-GCM; a sealed value is `enc ‖ ciphertext ‖ tag`, 1120 + n + 16 bytes, and `info` binds it to
its place.
"""

import hashlib
import hmac
import secrets

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from machimori.kernel.errors import MalformedError

SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
MLKEM_PUBLIC_SIZE = 1184
PUBLIC_SIZE = MLKEM_PUBLIC_SIZE + 32
"""ML-KEM-768 public key followed by the X25519 public key."""
ENC_SIZE = 1088 + 32
DATA_KEY_SIZE = 32
SEALED_KEY_SIZE = ENC_SIZE + DATA_KEY_SIZE + 16

_CHUNK = b"machimori chunk key v1"
_DESCRIPTION = b"machimori description key v1"


class SealingKey:
    """A public key to which secrets are sealed: of a camera's day, a case, or a reader."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != PUBLIC_SIZE:
            raise MalformedError(f"a sealing key has {PUBLIC_SIZE} bytes, not {len(raw)}")
        try:
            self._key = hpke.MLKEM768X25519PublicKey(
                mlkem.MLKEM768PublicKey.from_public_bytes(raw[:MLKEM_PUBLIC_SIZE]),
                x25519.X25519PublicKey.from_public_bytes(raw[MLKEM_PUBLIC_SIZE:]),
            )
        except (ValueError, UnsupportedAlgorithm) as error:
            raise MalformedError("not a valid ML-KEM-768 + X25519 public key") from error
        self.raw = raw

    def seal(self, secret: bytes, info: bytes) -> bytes:
        """`secret` readable by the private key's owner alone, and only with the same `info`."""
        return SUITE.encrypt(secret, self._key, info)

    def digest(self) -> bytes:
        """SHA-256 of the raw key, by which statements name it."""
        return hashlib.sha256(self.raw).digest()


def new_data_key() -> bytes:
    """A fresh data key of 32 bytes: one per segment."""
    return secrets.token_bytes(DATA_KEY_SIZE)


def chunk_key(data_key: bytes, index: int) -> bytes:
    """The AES-256 key of chunk `index`: HMAC-SHA256(data key, label ‖ index as u32).

    Every chunk has its own key and a zero nonce, so no nonce is ever used twice under one key, and
    a release can hand out single chunks.
    """
    return hmac.digest(data_key, _CHUNK + index.to_bytes(4, "big"), "sha256")


def description_key(data_key: bytes) -> bytes:
    """The AES-256 key of the segment's stream description (SDP)."""
    return hmac.digest(data_key, _DESCRIPTION, "sha256")

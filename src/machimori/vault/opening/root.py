# SPDX-License-Identifier: AGPL-3.0-or-later
"""The root: 32 bytes from which the closed vault becomes an open one.

It is stored only wrapped: under a key file, or under a passphrase through Argon2id (RFC 9106), so
that a stolen disk must be guessed at 256 MiB a try. From it come the city's signing key and the
half of every private key's wrapping that the epoch objects do not hold. Destruction needs neither.
"""

import hmac
import secrets
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from machimori.kernel import canonical
from machimori.kernel.signing import SigningKey
from machimori.vault.client.reader import PrivateKey
from machimori.vault.errors import VaultMalformedError, VaultRefusedError

RootMethod = Literal["key-file", "passphrase"]
MEMORY_KIB = 262_144
ITERATIONS = 3
LANES = 4
_MIN_KEY_FILE = 32
_MIN_PASSPHRASE = 12
_ZERO_NONCE = bytes(12)


@dataclass(frozen=True)
class Root:
    """The opened root. `repr` shows nothing."""

    secret: bytes

    def __repr__(self) -> str:
        return "Root(hidden)"

    def city_key(self) -> SigningKey:
        """The key whose fingerprint the city publishes."""
        return SigningKey(hmac.digest(self.secret, b"machimori city key v1", "sha256"))

    def wrap(self, key: PrivateKey, secret: bytes, name: str) -> bytes:
        """A private key, readable with this root and its epoch secret alone."""
        # The wrapping key serves this one message: `secret` is fresh for each key pair.
        return AESGCM(self._wrapping_key(secret, name)).encrypt(
            _ZERO_NONCE, key.secret(), name.encode()
        )

    def unwrap(self, wrapped: bytes, secret: bytes, name: str) -> PrivateKey:
        """The inverse of `wrap`. Raises MalformedError."""
        try:
            return PrivateKey(
                AESGCM(self._wrapping_key(secret, name)).decrypt(
                    _ZERO_NONCE, wrapped, name.encode()
                )
            )
        except (InvalidTag, ValueError) as error:
            raise VaultMalformedError("a stored private key is damaged", where=name) from error

    def _wrapping_key(self, secret: bytes, name: str) -> bytes:
        half = hmac.digest(self.secret, b"machimori keyring v1", "sha256")
        return hmac.digest(half, secret + name.encode(), "sha256")


def new_root() -> Root:
    """A fresh root."""
    return Root(secrets.token_bytes(32))


def seal_root(root: Root, method: RootMethod, secret: bytes) -> bytes:
    """The root's file (canonical JSON). Raises RefusedError if the secret is too short."""
    least = _MIN_KEY_FILE if method == "key-file" else _MIN_PASSPHRASE
    if len(secret) < least:
        raise VaultRefusedError("weak_secret", f"a {method} has at least {least} bytes")
    salt = secrets.token_bytes(16)
    kdf = {"iterations": ITERATIONS, "lanes": LANES, "memory": MEMORY_KIB}
    key = _derive(method, secret, salt, ITERATIONS, LANES, MEMORY_KIB)
    return canonical.dumps(
        {
            "kdf": kdf if method == "passphrase" else {},
            "method": method,
            "salt": canonical.b64(salt),
            "sealed": canonical.b64(
                AESGCM(key).encrypt(_ZERO_NONCE, root.secret, b"machimori root v1")
            ),
        }
    )


def open_root(data: bytes, secret: bytes) -> Root:
    """The root in a root file. Raises RefusedError `wrong_secret`, or MalformedError."""
    source = canonical.load_object(data)
    method = source.get("method")
    kdf = canonical.field(source, "kdf", dict)
    if method not in ("key-file", "passphrase"):
        raise VaultMalformedError("root is wrapped in an unknown way")
    iterations, lanes, memory = (
        (canonical.field(kdf, name, int) for name in ("iterations", "lanes", "memory"))
        if method == "passphrase"
        else (0, 0, 0)
    )
    if not (0 <= iterations <= 16 and 0 <= lanes <= 16 and 0 <= memory <= 4 * MEMORY_KIB):
        raise VaultMalformedError("root file asks for an absurd amount of work")
    salt = canonical.unb64(source.get("salt"), where="salt")
    sealed = canonical.unb64(source.get("sealed"), where="sealed")
    key = _derive(method, secret, salt, iterations, lanes, memory)
    try:
        return Root(AESGCM(key).decrypt(_ZERO_NONCE, sealed, b"machimori root v1"))
    except InvalidTag as error:
        raise VaultRefusedError("wrong_secret", "this secret does not open the root") from error


def _derive(
    method: str, secret: bytes, salt: bytes, iterations: int, lanes: int, memory: int
) -> bytes:
    if method == "key-file":
        return hmac.digest(salt, secret, "sha256")
    return Argon2id(
        salt=salt, length=32, iterations=iterations, lanes=lanes, memory_cost=memory
    ).derive(secret)

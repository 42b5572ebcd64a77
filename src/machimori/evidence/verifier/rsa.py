# SPDX-License-Identifier: AGPL-3.0-or-later
"""RSA signature verification (RFC 8017): PKCS#1 v1.5 and PSS, in plain Python.

PKCS#1 v1.5 is checked by making the one encoding that is right and comparing it, never by parsing
what the signature holds: parsing is where forgeries with small exponents live.
"""

import hashlib
from dataclasses import dataclass

from machimori.evidence.verifier import der
from machimori.kernel.errors import MalformedError

_DIGEST_INFO = {
    "sha224": "302d300d06096086480165030402040500041c",
    "sha256": "3031300d060960864801650304020105000420",
    "sha384": "3041300d060960864801650304020205000430",
    "sha512": "3051300d060960864801650304020305000440",
}
"""DER of DigestInfo before the hash (RFC 8017, 9.2, note 1)."""
MAX_BITS = 8192


@dataclass(frozen=True, kw_only=True)
class PublicKey:
    """Modulus and exponent. Raises MalformedError outside 1024–8192 bits."""

    modulus: int
    exponent: int

    def __post_init__(self) -> None:
        if not 1024 <= self.modulus.bit_length() <= MAX_BITS:
            raise MalformedError(f"an RSA key has 1024 to {MAX_BITS} bits")
        if self.exponent < 3 or self.exponent % 2 == 0 or self.exponent.bit_length() > 64:
            raise MalformedError("an RSA exponent is odd, at least 3 and at most 64 bits")

    @classmethod
    def decode(cls, data: bytes) -> "PublicKey":
        """From DER RSAPublicKey. Raises MalformedError."""
        parts = der.parse(data).expect(der.SEQUENCE).children()
        if len(parts) != 2:
            raise MalformedError("an RSA public key has two integers")
        return cls(modulus=parts[0].integer(), exponent=parts[1].integer())

    def verify_pkcs1(self, signature: bytes, message: bytes, *, digest: str = "sha256") -> bool:
        """RSASSA-PKCS1-v1_5 (8.2.2). Raises MalformedError for an unknown digest."""
        if digest not in _DIGEST_INFO:
            raise MalformedError("unknown digest of an RSA signature", where=digest[:40])
        size = self._size()
        found = self._open(signature)
        tail = bytes.fromhex(_DIGEST_INFO[digest]) + hashlib.new(digest, message).digest()
        if found is None or size < len(tail) + 11:
            return False
        return found == b"\x00\x01" + b"\xff" * (size - len(tail) - 3) + b"\x00" + tail

    def verify_pss(
        self, signature: bytes, message: bytes, *, digest: str, mgf: str, salt: int
    ) -> bool:
        """RSASSA-PSS (8.1.2) with MGF1 over `mgf` and a salt of exactly `salt` bytes."""
        bits = self.modulus.bit_length() - 1
        size = (bits + 7) // 8
        hashed = hashlib.new(digest, message).digest()
        found = self._open(signature)
        if found is None or size < len(hashed) + salt + 2:
            return False
        if self._size() != size:
            if found[0]:
                return False
            found = found[1:]
        masked, h = found[: -len(hashed) - 1], found[-len(hashed) - 1 : -1]
        top = 0xFF >> 8 * size - bits
        if found[-1] != 0xBC or masked[0] & ~top & 0xFF:
            return False
        mask = _mgf1(h, len(masked), mgf)
        block = bytearray(a ^ b for a, b in zip(masked, mask, strict=True))
        block[0] &= top
        if any(block[: len(block) - salt - 1]) or block[len(block) - salt - 1] != 1:
            return False
        tail = bytes(block[len(block) - salt :])
        return hashlib.new(digest, bytes(8) + hashed + tail).digest() == h

    def _size(self) -> int:
        return (self.modulus.bit_length() + 7) // 8

    def _open(self, signature: bytes) -> bytes | None:
        size = self._size()
        value = int.from_bytes(signature, "big")
        if len(signature) != size or value >= self.modulus:
            return None
        return pow(value, self.exponent, self.modulus).to_bytes(size, "big")


def _mgf1(seed: bytes, length: int, digest: str) -> bytes:
    out = b""
    counter = 0
    while len(out) < length:
        out += hashlib.new(digest, seed + counter.to_bytes(4, "big")).digest()
        counter += 1
    return out[:length]

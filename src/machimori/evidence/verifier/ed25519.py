# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ed25519 verification (RFC 8032, 5.1.7) in plain Python.

Only public values are handled, so nothing here needs constant time. The check is the cofactorless
one, with S below the group order and canonical encodings demanded: what OpenSSL accepts, this
accepts, and nothing else.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache

from machimori.kernel.errors import MalformedError

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)

_Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z (RFC 8032, 5.1.4)."""
_NEUTRAL: _Point = (0, 1, 1, 0)


def _add(p: _Point, q: _Point) -> _Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _double(p: _Point) -> _Point:
    x, y, z, _ = p
    a = x * x % _P
    b = y * y % _P
    h = a + b
    e = h - (x + y) * (x + y)
    g = a - b
    f = 2 * z * z + g
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _negate(p: _Point) -> _Point:
    return _P - p[0], p[1], p[2], _P - p[3]


def _decompress(data: bytes) -> _Point | None:
    y = int.from_bytes(data, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _SQRT_M1 % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _compress(p: _Point) -> bytes:
    inverse = pow(p[2], -1, _P)
    x, y = p[0] * inverse % _P, p[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _table(p: _Point) -> list[_Point]:
    """Multiples 0 to 15, for windows of four bits."""
    table = [_NEUTRAL, p]
    for _ in range(14):
        table.append(_add(table[-1], p))
    return table


@lru_cache(maxsize=1)
def _base_table() -> list[_Point]:
    y = 4 * pow(5, -1, _P) % _P
    base = _decompress(y.to_bytes(32, "little"))
    assert base is not None
    return _table(base)


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 public key of 32 bytes. Raises MalformedError for another length."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise MalformedError("an Ed25519 public key has 32 bytes")

    @cached_property
    def _negated(self) -> list[_Point] | None:
        point = _decompress(self.raw)
        return None if point is None else _table(_negate(point))

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` (64 bytes) over `message` is this key's."""
        key = self._negated
        if key is None or len(signature) != 64:
            return False
        s = int.from_bytes(signature[32:], "little")
        if s >= _L:
            return False
        digest = hashlib.sha512(signature[:32] + self.raw + message).digest()
        k = int.from_bytes(digest, "little") % _L
        base = _base_table()
        total = _NEUTRAL
        for shift in range(252, -1, -4):
            if total is not _NEUTRAL:
                total = _double(_double(_double(_double(total))))
            if window := s >> shift & 15:
                total = _add(total, base[window])
            if window := k >> shift & 15:
                total = _add(total, key[window])
        return _compress(total) == signature[:32]

    def fingerprint(self) -> str:
        """SHA-256 of the raw key in hexadecimal: what a city publishes."""
        return hashlib.sha256(self.raw).hexdigest()

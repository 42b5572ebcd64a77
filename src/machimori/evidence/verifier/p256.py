# SPDX-License-Identifier: AGPL-3.0-or-later
"""ECDSA on P-256 (FIPS 186-5, SEC 1): verification in plain Python, on public values only."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from machimori.evidence.verifier import der
from machimori.kernel.errors import MalformedError

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_GX = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
_GY = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5

_Point = tuple[int, int, int]
"""Jacobian coordinates: x = X/Z², y = Y/Z³; Z = 0 is the point at infinity."""
_INFINITY: _Point = (1, 1, 0)


def _double(p: _Point) -> _Point:
    x, y, z = p
    if z == 0 or y == 0:
        return _INFINITY
    delta = z * z % _P
    gamma = y * y % _P
    beta = x * gamma % _P
    alpha = 3 * (x - delta) * (x + delta) % _P
    x3 = (alpha * alpha - 8 * beta) % _P
    z3 = ((y + z) * (y + z) - gamma - delta) % _P
    return x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % _P, z3


def _add(p: _Point, q: _Point) -> _Point:
    if p[2] == 0:
        return q
    if q[2] == 0:
        return p
    zz1, zz2 = p[2] * p[2] % _P, q[2] * q[2] % _P
    u1, u2 = p[0] * zz2 % _P, q[0] * zz1 % _P
    s1, s2 = p[1] * q[2] * zz2 % _P, q[1] * p[2] * zz1 % _P
    h, r = (u2 - u1) % _P, (s2 - s1) % _P
    if h == 0:
        return _double(p) if r == 0 else _INFINITY
    hh = h * h % _P
    hhh = h * hh % _P
    v = u1 * hh % _P
    x3 = (r * r - hhh - 2 * v) % _P
    return x3, (r * (v - x3) - s1 * hhh) % _P, p[2] * q[2] * h % _P


def _signature(data: bytes) -> tuple[int, int]:
    """r and s of a DER ECDSA-Sig-Value. Raises MalformedError."""
    parts = der.parse(data).expect(der.SEQUENCE).children()
    if len(parts) != 2:
        raise MalformedError("an ECDSA signature has two integers")
    return parts[0].integer(), parts[1].integer()


@dataclass(frozen=True)
class PublicKey:
    """An uncompressed P-256 point, `04 ‖ x ‖ y`. Raises MalformedError off the curve."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != 65 or self.raw[0] != 4:
            raise MalformedError("a P-256 key is an uncompressed point of 65 bytes")
        x, y, _ = self._point
        if x >= _P or y >= _P or (y * y - x * x * x + 3 * x - _B) % _P:
            raise MalformedError("not a point of P-256")

    @cached_property
    def _point(self) -> _Point:
        return int.from_bytes(self.raw[1:33], "big"), int.from_bytes(self.raw[33:], "big"), 1

    def verify(self, signature: bytes, message: bytes, *, digest: str = "sha256") -> bool:
        """Whether the DER `signature` over `message` is this key's."""
        try:
            r, s = _signature(signature)
        except MalformedError:
            return False
        if not (0 < r < _N and 0 < s < _N):
            return False
        # FIPS 186-5, 6.4.2: the leftmost 256 bits of the hash.
        e = int.from_bytes(hashlib.new(digest, message).digest()[:32], "big")
        inverse = pow(s, -1, _N)
        u, v = e * inverse % _N, r * inverse % _N
        base = (_GX, _GY, 1)
        both = _add(base, self._point)
        total = _INFINITY
        for bit in range(255, -1, -1):
            total = _double(total)
            match u >> bit & 1, v >> bit & 1:
                case 1, 1:
                    total = _add(total, both)
                case 1, 0:
                    total = _add(total, base)
                case 0, 1:
                    total = _add(total, self._point)
        if total[2] == 0:
            return False
        return total[0] * pow(total[2], -2, _P) % _P % _N == r

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The camera's half of Basic (RFC 7617) and Digest sign-in (RFC 2617, RFC 7616: MD5, SHA-256)."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

SCHEMES = ("none", "basic", "digest-md5", "digest-sha256")
_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a camera accepts."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`allowed`, or the `challenge` to send with the 401."""

    allowed: bool
    challenge: str = ""


class Gate:
    """Checks one camera's requests. `lifetime`: uses of a nonce before it is stale (0: endless)."""

    def __init__(self, scheme: str, credentials: Credentials, realm: str) -> None:
        self._scheme = scheme
        self._credentials = credentials
        self._realm = realm
        self._nonces: dict[str, int] = {}

    def check(self, method: str, authorization: str | None, lifetime: int = 0) -> Verdict:
        """Judge the value of an Authorization header, None if there is none."""
        if self._scheme == "none":
            return Verdict(allowed=True)
        if self._scheme == "basic":
            return self._basic(authorization)
        return self._digest(method, authorization, lifetime)

    def refuse(self, *, stale: bool = False) -> Verdict:
        """A fresh challenge, whatever was presented."""
        if self._scheme in ("none", "basic"):
            return Verdict(allowed=False, challenge=f'Basic realm="{self._realm}"')
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = 0
        while len(self._nonces) > 256:
            del self._nonces[next(iter(self._nonces))]
        text = f'Digest realm="{self._realm}", nonce="{nonce}"'
        if self._scheme == "digest-sha256":
            text += ', qop="auth", algorithm=SHA-256'
        return Verdict(allowed=False, challenge=text + (", stale=true" if stale else ""))

    def _basic(self, authorization: str | None) -> Verdict:
        kind, _, value = (authorization or "").partition(" ")
        try:
            given = base64.b64decode(value, validate=True)
        except binascii.Error:
            return self.refuse()
        wanted = f"{self._credentials.username}:{self._credentials.password}".encode()
        if kind.lower() == "basic" and hmac.compare_digest(given, wanted):
            return Verdict(allowed=True)
        return self.refuse()

    def _digest(self, method: str, authorization: str | None, lifetime: int) -> Verdict:
        kind, _, value = (authorization or "").partition(" ")
        if kind.lower() != "digest":
            return self.refuse()
        given = {name.lower(): a or b for name, a, b in _PARAMETER.findall(value)}
        nonce = given.get("nonce", "")
        uses = self._nonces.get(nonce)
        if uses is None or (lifetime and uses >= lifetime):
            return self.refuse(stale=True)
        wanted = self._response(method, given)
        if not hmac.compare_digest(given.get("response", ""), wanted):
            return self.refuse()
        self._nonces[nonce] = uses + 1
        return Verdict(allowed=True)

    def _response(self, method: str, given: dict[str, str]) -> str:
        algorithm = "sha256" if self._scheme == "digest-sha256" else "md5"

        def digest(text: str) -> str:
            return hashlib.new(algorithm, text.encode()).hexdigest()

        who = self._credentials
        secret = digest(f"{who.username}:{self._realm}:{who.password}")
        what = digest(f"{method}:{given.get('uri', '')}")
        nonce = given.get("nonce", "")
        if "qop" in given:
            counted = f"{given.get('nc', '')}:{given.get('cnonce', '')}:{given['qop']}"
            return digest(f"{secret}:{nonce}:{counted}:{what}")
        return digest(f"{secret}:{nonce}:{what}")

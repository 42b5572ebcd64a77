# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proving who we are to a camera: Basic (RFC 7617) and Digest (RFC 7616, 2617, 2069).

The strongest challenge that is understood wins. A camera that has once asked for Digest is not
answered with Basic on the same connection, so that nobody on the line can talk the recorder into
sending the password itself.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

MAX_ATTEMPTS = 3
"""Sends of one request with credentials. More only feeds a camera's lock-out."""

_PART = re.compile(
    r"""([A-Za-z][A-Za-z0-9_-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))"""  # parameter
    r"""|([A-Za-z][A-Za-z0-9_-]*)"""  # scheme
)
_HASHES = {"SHA-512-256": "sha512_256", "SHA-256": "sha256", "MD5": "md5"}
"""Digest algorithms, strongest first."""


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """One `WWW-Authenticate` challenge. Values are as between the quotes, escapes kept."""

    scheme: str
    """`basic` or `digest` or something unknown, lower case."""
    parameters: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def stale(self) -> bool:
        """The credentials were right, the nonce was old."""
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def algorithm(self) -> str:
        """Without `-sess`, upper case."""
        return self._algorithm.removesuffix("-SESS")

    @property
    def session(self) -> bool:
        """The `-sess` variant."""
        return self._algorithm.endswith("-SESS")

    @property
    def _algorithm(self) -> str:
        return self.parameters.get("algorithm", "").upper() or "MD5"

    @property
    def qop(self) -> str | None:
        """`auth`, else `auth-int` (our requests have no body), None for RFC 2069."""
        offered = [item.strip().lower() for item in self.parameters.get("qop", "").split(",")]
        return next((qop for qop in ("auth", "auth-int") if qop in offered), None)

    @property
    def strength(self) -> int:
        """0 if not understood; more is better."""
        if self.scheme == "basic":
            return 1
        if self.scheme != "digest" or "nonce" not in self.parameters:
            return 0
        if self.algorithm not in _HASHES:
            return 0
        return 1 + len(_HASHES) - list(_HASHES).index(self.algorithm)


def parse_challenges(values: Sequence[str]) -> tuple[Challenge, ...]:
    """The challenges of every `WWW-Authenticate` header; one header may hold several.

    Never fails: what cannot be read is left out.
    """
    found: list[Challenge] = []
    for value in values:
        current: dict[str, str] | None = None
        for name, quoted, plain, scheme in _PART.findall(value):
            if scheme:
                current = {}
                found.append(Challenge(scheme=scheme.lower(), parameters=current))
            elif current is not None:
                current.setdefault(name.lower(), quoted or plain)
    return tuple(found)


class Authenticator:
    """The credentials of one connection to one camera, and its last challenge.

    With an empty user name and password nothing is ever sent.
    """

    def __init__(
        self,
        *,
        username: str,
        password: str,
        cnonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._username = username
        self._password = password
        self._cnonce = cnonce
        self._challenge: Challenge | None = None
        self._digest_seen = False
        self._uses = 0

    @property
    def able(self) -> bool:
        """Whether there are credentials at all."""
        return bool(self._username or self._password)

    def challenged(self, values: Sequence[str], *, refusals: int) -> bool:
        """Take up a 401's challenges. `refusals` counts the 401s to this request, this included.

        True if the request is worth sending again: it has not yet been sent with an answer to a
        fresh challenge, or the camera says that only the nonce was stale.
        """
        challenges = parse_challenges(values)
        self._digest_seen |= any(item.scheme == "digest" for item in challenges)
        usable = [
            item
            for item in challenges
            if item.strength and not (self._digest_seen and item.scheme == "basic")
        ]
        if not self.able or not usable:
            return False
        best = max(usable, key=lambda item: item.strength)
        self._challenge = best
        self._uses = 0
        return refusals == 1 or (best.stale and refusals <= MAX_ATTEMPTS)

    def header(self, method: str, url: str) -> str | None:
        """The Authorization value for a request, None while no challenge has come."""
        challenge = self._challenge
        if challenge is None:
            return None
        if challenge.scheme == "basic":
            pair = f"{self._username}:{self._password}".encode()
            return "Basic " + base64.b64encode(pair).decode("ascii")
        return self._digest(challenge, method, url)

    def _digest(self, challenge: Challenge, method: str, url: str) -> str:
        realm = challenge.parameters.get("realm", "")
        nonce = challenge.parameters["nonce"]
        qop = challenge.qop
        self._uses += 1
        count = f"{self._uses:08x}"
        cnonce = self._cnonce()

        def digest(text: str) -> str:
            name = _HASHES[challenge.algorithm]
            data = text.encode("utf-8", "surrogateescape")
            return hashlib.new(name, data, usedforsecurity=False).hexdigest()

        secret = digest(f"{self._username}:{realm}:{self._password}")
        if challenge.session:
            secret = digest(f"{secret}:{nonce}:{cnonce}")
        what = f"{method}:{url}"
        if qop == "auth-int":
            what += ":" + digest("")
        if qop:
            response = digest(f"{secret}:{nonce}:{count}:{cnonce}:{qop}:{digest(what)}")
        else:
            response = digest(f"{secret}:{nonce}:{digest(what)}")
        username = self._username.replace("\\", "\\\\").replace('"', '\\"')
        parts = [
            f'username="{username}"',
            f'realm="{realm}"',
            f'nonce="{nonce}"',
            f'uri="{url}"',
            f'response="{response}"',
        ]
        if "algorithm" in challenge.parameters:
            parts.append(f"algorithm={challenge.parameters['algorithm']}")
        if "opaque" in challenge.parameters:
            parts.append(f'opaque="{challenge.parameters["opaque"]}"')
        if qop:
            parts += [f"qop={qop}", f"nc={count}"]
        if qop or challenge.session:
            parts.append(f'cnonce="{cnonce}"')
        return "Digest " + ", ".join(parts)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the recorder is told about one camera."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from machimori.kernel.errors import UsageError
from machimori.kernel.ids import CameraId

MAX_URL = 2_000


@dataclass(frozen=True, kw_only=True)
class CameraConfig:
    """Where a camera is and how to prove both sides' identity.

    Raises UsageError, without repeating the URL, if a field cannot be used.
    """

    id: CameraId
    url: str
    """`rtsp://host[:port]/path` (TCP) or `rtsps://…` (TLS). Never with a user or password in it."""
    username: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    """PEM file of the authorities that may vouch for the camera; None: the system's."""
    fingerprint: str | None = None
    """SHA-256 of the camera's certificate (DER), 64 hexadecimal digits, colons allowed. Given,
    it alone decides: the name and the authority are not looked at."""

    def __post_init__(self) -> None:
        where = f"camera {self.id}"
        if (
            len(self.url) > MAX_URL
            or not self.url.isascii()
            or any(character <= " " or character == "\x7f" for character in self.url)
        ):
            raise UsageError(
                "the URL is too long or holds a space, a control or a non-ASCII character",
                where=where,
                remedy="percent-encode it",
            )
        try:
            parts = urlsplit(self.url)
            port = parts.port
        except ValueError:
            raise UsageError("the URL's host or port is malformed", where=where) from None
        if parts.scheme not in ("rtsp", "rtsps") or not parts.hostname or port == 0:
            raise UsageError(
                "the URL is not rtsp://host/… or rtsps://host/…",
                where=where,
            )
        if "@" in parts.netloc:
            raise UsageError(
                "the URL holds a user name or password",
                where=where,
                remedy="move them to username and password",
            )
        for secret in (self.username, self.password):
            if any(character < " " or character == "\x7f" for character in secret):
                raise UsageError("user name or password holds a control character", where=where)
        if ":" in self.username:
            raise UsageError("the user name holds a colon", where=where)
        if self.transport == "tcp" and (self.ca or self.fingerprint):
            raise UsageError("an authority or fingerprint needs an rtsps:// URL", where=where)
        if self.fingerprint is not None and self.pin is None:
            raise UsageError("the fingerprint is not a SHA-256 in hexadecimal", where=where)

    @property
    def transport(self) -> Literal["tcp", "tls"]:
        """What the URL's scheme says."""
        return "tls" if urlsplit(self.url).scheme == "rtsps" else "tcp"

    @property
    def pin(self) -> bytes | None:
        """The fingerprint's 32 bytes."""
        if self.fingerprint is None:
            return None
        try:
            digest = bytes.fromhex(self.fingerprint.replace(":", ""))
        except ValueError:
            return None
        return digest if len(digest) == 32 else None

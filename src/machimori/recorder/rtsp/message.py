# SPDX-License-Identifier: AGPL-3.0-or-later
"""RTSP/1.0 messages as values (RFC 2326 sections 4–7), and requests as bytes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from machimori import __version__

METHODS = (
    "ANNOUNCE",
    "DESCRIBE",
    "GET_PARAMETER",
    "OPTIONS",
    "PAUSE",
    "PLAY",
    "PLAY_NOTIFY",
    "RECORD",
    "REDIRECT",
    "SETUP",
    "SET_PARAMETER",
    "TEARDOWN",
)
"""Every method of RFC 2326, and PLAY_NOTIFY of RFC 7826, which some 2.0-minded servers send."""

USER_AGENT = f"Machimori/{__version__}"

_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Headers:
    """Header fields in the order they came. Names are lower case, values hold no control
    character, so that an echoed value cannot smuggle a line into a request. Bytes that are not
    UTF-8 are surrogate escapes, and go back as they came (a digest covers the realm's bytes)."""

    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """The first value of `name` (lower case)."""
        return next((value for key, value in self.fields if key == name), None)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of `name` (lower case)."""
        return tuple(value for key, value in self.fields if key == name)


@dataclass(frozen=True, kw_only=True)
class Response:
    """An answer. `status` is 100–999."""

    status: int
    headers: Headers
    body: bytes = b""

    @property
    def cseq(self) -> int | None:
        """The number of the request that this answers; None if absent or unreadable."""
        return _cseq(self.headers)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a camera asks of the recorder."""

    method: str
    url: str
    headers: Headers
    body: bytes = b""

    @property
    def cseq(self) -> int | None:
        """The number to answer with; None if absent or unreadable."""
        return _cseq(self.headers)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """An interleaved frame (RFC 2326 10.12): `$`, channel, length, payload; `raw` is all of it."""

    channel: int
    raw: bytes


def encode_request(method: str, url: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """A request without a body. Raises ValueError if a part would break its line: callers check
    what they take from the outside."""
    return _encode(f"{method} {url} RTSP/1.0", headers)


def encode_response(status: int, reason: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """An answer without a body."""
    return _encode(f"RTSP/1.0 {status} {reason}", headers)


def _encode(start: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    if any(_UNSAFE.search(line) for line in lines):
        raise ValueError("a control character in an RTSP message")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


def _cseq(headers: Headers) -> int | None:
    text = headers.get("cseq") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None

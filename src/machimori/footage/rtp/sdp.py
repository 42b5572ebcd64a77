# SPDX-License-Identifier: AGPL-3.0-or-later
"""The stream description a camera answers DESCRIBE with (SDP, RFC 8866; RTSP use: RFC 2326 C).

Read leniently, because cameras write it carelessly (LF line ends, missing mandatory lines, odd
spacing, trailing zero bytes) and the footage must still open years later; but within bounds.
Standard library only: the offline verifier carries this module.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from machimori.kernel.errors import MalformedError

MAX_SIZE = 65_536
"""Bytes of a description. Real ones have 300 to 3,000."""
MAX_MEDIA = 32
MAX_LINES = 2_000

_STATIC: Mapping[int, tuple[str, int]] = MappingProxyType(
    {0: ("PCMU", 8000), 8: ("PCMA", 8000), 14: ("MPA", 90000), 26: ("JPEG", 90000)}
)
"""Payload types that need no rtpmap (RFC 3551 tables 4 and 5), as far as cameras use them."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One payload type of a media: what its packets hold."""

    payload_type: int
    """0–127."""
    encoding: str
    """Name in upper case: H264, H265, JPEG, PCMU …; empty if the description does not say."""
    clock_rate: int
    """RTP time-stamp units per second; 0 if the description does not say."""
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """`a=fmtp` parameters, names in lower case (they are case-insensitive, RFC 6184 8.1)."""

    def parameter_sets(self) -> tuple[bytes, ...]:
        """Parameter-set NAL units that the description carries: H.264 SPS, PPS (RFC 6184 8.1);
        H.265 VPS, SPS, PPS in that order (RFC 7798 7.1).

        A value that is not base64 is left out, because a camera with such a description still
        sends its parameter sets in the stream.
        """
        names = ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps")
        found = []
        for name in names:
            for item in self.parameters.get(name, "").split(","):
                nal = _base64(item.strip())
                if nal:
                    found.append(nal)
        return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Media:
    """One `m=` section: a track."""

    kind: str
    """`video`, `audio`, `application` …, lower case."""
    protocol: str
    formats: tuple[Format, ...]
    """In the order of preference that the `m=` line gives."""
    control: str | None
    """The raw `a=control` value; absolute, relative or absent."""
    attributes: tuple[tuple[str, str], ...]
    """Every `a=` line as (name, value), in order; a flag has an empty value."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """A parsed description."""

    control: str | None
    """The session-level `a=control`, RFC 2326 C.1.1."""
    media: tuple[Media, ...]


def parse(data: bytes | str) -> Description:
    """Read a description of at most MAX_SIZE bytes.

    Raises MalformedError naming the line if it is no SDP or exceeds a bound.
    """
    if len(data) > MAX_SIZE:
        raise MalformedError(f"stream description of more than {MAX_SIZE} bytes", where="SDP")
    # Latin-1 maps every byte to one character: session names are in any encoding cameras like.
    text = data.decode("latin-1") if isinstance(data, bytes) else data
    lines = text.lstrip("\ufeffï»¿").rstrip("\0 \r\n\t").splitlines()
    if len(lines) > MAX_LINES:
        raise MalformedError(f"stream description of more than {MAX_LINES} lines", where="SDP")
    session: list[tuple[str, str]] = []
    sections: list[tuple[str, list[tuple[str, str]]]] = []
    version_seen = False
    for number, raw in enumerate(lines, start=1):
        line = raw.strip()
        if not line:
            continue
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals or len(name) != 1:
            if version_seen:
                continue  # some firmwares append a status text to the description
            raise MalformedError("a stream description starts with v=0", where=f"SDP line {number}")
        if not version_seen:
            if name != "v":
                raise MalformedError(
                    "a stream description starts with v=0", where=f"SDP line {number}"
                )
            version_seen = True
        elif name == "m":
            if len(sections) == MAX_MEDIA:
                raise MalformedError(f"more than {MAX_MEDIA} media", where=f"SDP line {number}")
            sections.append((value.strip(), []))
        elif name == "a":
            attribute, _, content = value.strip().partition(":")
            target = sections[-1][1] if sections else session
            target.append((attribute.strip().lower(), content.strip()))
    if not version_seen:
        raise MalformedError("an empty stream description", where="SDP")
    return Description(
        control=_last(session, "control"),
        media=tuple(_media(line, attributes) for line, attributes in sections),
    )


def _media(line: str, attributes: list[tuple[str, str]]) -> Media:
    parts = line.split()
    if len(parts) < 3:
        raise MalformedError("an m= line needs kind, port and protocol", where="SDP m=")
    names: dict[int, tuple[str, int]] = {}
    parameters: dict[int, dict[str, str]] = {}
    for name, value in attributes:
        payload, _, rest = value.partition(" ")
        number = _number(payload, 127)
        if number is None:
            continue
        if name == "rtpmap":
            encoding, _, clock = rest.strip().partition("/")
            rate = _number(clock.partition("/")[0].strip(), 10_000_000)
            names[number] = (encoding.strip().upper(), rate or 0)
        elif name == "fmtp":
            parameters.setdefault(number, {}).update(_parameters(rest))
    formats = []
    for item in parts[3:]:
        number = _number(item, 127)
        if number is None:
            continue
        encoding, clock_rate = names.get(number) or _STATIC.get(number, ("", 0))
        formats.append(
            Format(
                payload_type=number,
                encoding=encoding,
                clock_rate=clock_rate,
                parameters=MappingProxyType(parameters.get(number, {})),
            )
        )
    return Media(
        kind=parts[0].lower(),
        protocol=parts[2].upper(),
        formats=tuple(formats),
        control=_last(attributes, "control"),
        attributes=tuple(attributes),
    )


def _parameters(text: str) -> dict[str, str]:
    found = {}
    for item in text.split(";"):
        name, _, value = item.strip().partition("=")
        if name.strip():
            found[name.strip().lower()] = value.strip().strip('"')
    return found


def _last(attributes: list[tuple[str, str]], name: str) -> str | None:
    values = [value for key, value in attributes if key == name and value]
    return values[-1] if values else None


def _number(text: str, limit: int) -> int | None:
    """A decimal number of ASCII digits up to `limit`, otherwise None."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    value = int(text)
    return value if value <= limit else None


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""

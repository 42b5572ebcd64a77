# SPDX-License-Identifier: AGPL-3.0-or-later
"""SDP (RFC 8866) as cameras answer DESCRIBE with it, and the track that a session set up.

Cameras' descriptions are sloppy (bare line feeds, missing mandatory lines, trailing garbage), so
lines that mean nothing here are passed over; what is used is checked.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from machimori.kernel import canonical
from machimori.kernel.errors import MalformedError

Codec = Literal["h264", "h265", "jpeg"]

_CODECS: Mapping[str, Codec] = {"H264": "h264", "H265": "h265", "HEVC": "h265", "JPEG": "jpeg"}
_STATIC: Mapping[int, tuple[str, int]] = {26: ("JPEG", 90_000)}
"""Payload types that need no rtpmap (RFC 3551 section 6)."""
MAX_SDP = 65_536
_MAX_MEDIA = 64


@dataclass(frozen=True, kw_only=True)
class Media:
    """One `m=` section."""

    kind: str
    """`video`, `audio`, `application`, …"""
    formats: tuple[int, ...]
    attributes: tuple[tuple[str, str], ...]
    """`a=` lines in order, as (name, value); value is "" for a flag."""

    def attribute(self, name: str) -> str | None:
        """The first attribute of that name."""
        return next((value for key, value in self.attributes if key == name), None)

    def encoding(self, payload_type: int) -> tuple[str, int]:
        """(encoding name in capitals, clock rate) of a payload type; ("", 0) if unknown."""
        for name, value in self.attributes:
            if name != "rtpmap":
                continue
            number, _, rest = value.partition(" ")
            if number.strip() == str(payload_type):
                encoding, _, rate = rest.strip().partition("/")
                return encoding.upper(), _number(rate.partition("/")[0])
        return _STATIC.get(payload_type, ("", 0))

    def parameters(self, payload_type: int) -> dict[str, str]:
        """The format parameters (`fmtp`) of a payload type, names in lower case."""
        found: dict[str, str] = {}
        for name, value in self.attributes:
            number, _, rest = value.partition(" ")
            if name == "fmtp" and number.strip() == str(payload_type):
                for item in rest.split(";"):
                    key, _, setting = item.strip().partition("=")
                    if key:
                        found[key.strip().lower()] = setting.strip()
        return found


@dataclass(frozen=True, kw_only=True)
class Description:
    """A parsed description: session attributes and the media in order."""

    attributes: tuple[tuple[str, str], ...]
    media: tuple[Media, ...]

    @classmethod
    def parse(cls, text: str) -> "Description":
        """The description in `text`. Raises MalformedError if it holds no media section."""
        if len(text) > MAX_SDP:
            raise MalformedError("SDP longer than 64 KiB")
        session: list[tuple[str, str]] = []
        media: list[tuple[str, tuple[int, ...], list[tuple[str, str]]]] = []
        for line in text.replace("\r", "\n").split("\n"):
            kind, equals, value = line.strip().partition("=")
            if not equals:
                continue
            if kind == "m":
                words = value.split()
                formats = tuple(_number(word) for word in words[3:] if word.isdecimal())
                media.append((words[0] if words else "", formats, []))
            elif kind == "a":
                name, _, setting = value.partition(":")
                (media[-1][2] if media else session).append((name.strip().lower(), setting.strip()))
        if not media:
            raise MalformedError("SDP without a media section")
        if len(media) > _MAX_MEDIA:
            raise MalformedError(f"SDP with more than {_MAX_MEDIA} media sections")
        return cls(
            attributes=tuple(session),
            media=tuple(
                Media(kind=kind, formats=formats, attributes=tuple(attributes))
                for kind, formats, attributes in media
            ),
        )


@dataclass(frozen=True, kw_only=True)
class VideoTrack:
    """The track that was recorded: what its payloads are and on which channels they came."""

    codec: Codec
    payload_type: int
    clock_rate: int
    rtp_channel: int
    rtcp_channel: int
    parameter_sets: tuple[bytes, ...] = ()
    """NAL units out of the description (`sprop-…`), in the order VPS, SPS, PPS."""
    interleaving_depth: int = 0
    """NAL units to hold back to restore the decoding order; 0: sent in decoding order."""
    numbered: bool = False
    """H.265: payloads carry decoding order numbers (`sprop-max-don-diff` above 0)."""
    dimensions: tuple[int, int] | None = None
    """Width and height from `x-dimensions`: RFC 2435 cannot say more than 2040."""

    @classmethod
    def of(cls, media: Media, *, rtp_channel: int, rtcp_channel: int) -> "VideoTrack":
        """The first format of `media` that can be read. Raises MalformedError if there is none."""
        for payload_type in media.formats:
            name, rate = media.encoding(payload_type)
            codec = _CODECS.get(name)
            if codec is None or not 0 < rate < 2**31 or payload_type > 127:
                continue
            parameters = media.parameters(payload_type)
            numbered = codec == "h265" and _number(parameters.get("sprop-max-don-diff", "")) > 0
            if codec == "h264" and parameters.get("packetization-mode") == "2":
                depth = max(1, _number(parameters.get("sprop-interleaving-depth", "")))
            else:
                depth = numbered * max(1, _number(parameters.get("sprop-depack-buf-nalus", "")))
            return cls(
                codec=codec,
                payload_type=payload_type,
                clock_rate=rate,
                rtp_channel=rtp_channel,
                rtcp_channel=rtcp_channel,
                parameter_sets=_parameter_sets(parameters),
                interleaving_depth=min(depth, 32_767),
                numbered=numbered,
                dimensions=_dimensions(media.attribute("x-dimensions")),
            )
        raise MalformedError(
            "the track is neither H.264 nor H.265 nor JPEG",
            remedy="set the camera to one of these codecs",
        )

    @classmethod
    def read(cls, description: bytes) -> "VideoTrack":
        """The track of a segment's stored description. Raises MalformedError."""
        source = canonical.load_object(description)
        channels = canonical.field(source, "channels", dict)
        index = canonical.field(source, "track", int)
        media = Description.parse(canonical.field(source, "sdp", str)).media
        if not 0 <= index < len(media):
            raise MalformedError("no such track in the description", where=f"track {index}")
        return cls.of(
            media[index],
            rtp_channel=canonical.field(channels, "rtp", int),
            rtcp_channel=canonical.field(channels, "rtcp", int),
        )


def _number(text: str) -> int:
    """A small decimal number, 0 if it is none."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else 0


def _dimensions(text: str | None) -> tuple[int, int] | None:
    width, _, height = (text or "").partition(",")
    size = _number(width), _number(height)
    return size if 0 < size[0] < 65_536 and 0 < size[1] < 65_536 else None


def _parameter_sets(parameters: Mapping[str, str]) -> tuple[bytes, ...]:
    """Damaged parameter sets are left out: most cameras repeat them in the stream."""
    found: list[bytes] = []
    for name in ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets"):
        for item in parameters.get(name, "").split(","):
            try:
                unit = base64.b64decode(item + "=" * (-len(item) % 4), validate=True)
            except (binascii.Error, ValueError):
                continue
            if unit:
                found.append(unit)
    return tuple(found)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""RTCP sender reports with a source description (RFC 3550 6.4.1, 6.5), framed for interleaving."""

import struct

_NTP_EPOCH = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""


def ntp(seconds: float) -> int:
    """Unix seconds as a 64-bit NTP time stamp."""
    return int((seconds + _NTP_EPOCH) * 4_294_967_296) & 0xFFFF_FFFF_FFFF_FFFF


def report(
    *, channel: int, ssrc: int, seconds: float, stamp: int, packets: int, octets: int, name: str
) -> bytes:
    """A compound packet on `channel`: the camera's clock reads Unix `seconds` at RTP `stamp`."""
    sender = struct.pack(
        ">BBHIQIII",
        0x80,
        200,
        6,
        ssrc,
        ntp(seconds),
        stamp & 0xFFFF_FFFF,
        packets & 0xFFFF_FFFF,
        octets & 0xFFFF_FFFF,
    )
    chunk = struct.pack(">IBB", ssrc, 1, len(name)) + name.encode()
    # A chunk ends with at least one null and on a 32-bit border.
    chunk += b"\0" * (4 - len(chunk) % 4)
    description = struct.pack(">BBH", 0x81, 202, len(chunk) // 4) + chunk
    body = sender + description
    return struct.pack(">BBH", 0x24, channel, len(body)) + body

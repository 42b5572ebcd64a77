# SPDX-License-Identifier: AGPL-3.0-or-later
"""RTCP sender reports (RFC 3550 section 6.4.1): the camera's own clock beside its RTP clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros

_SENDER = Struct(">IIIIII")
_SENDER_REPORT = 200
_NTP_TO_UNIX = 2_208_988_800
"""Seconds from 1900 (RFC 5905) to 1970."""


@dataclass(frozen=True, kw_only=True)
class SenderReport:
    """`timestamp` of the RTP clock and `wall` of the camera's clock are the same instant."""

    ssrc: int
    wall: Micros
    timestamp: int
    packets: int
    octets: int


def sender_reports(data: bytes | memoryview) -> Iterator[SenderReport]:
    """The sender reports of a compound packet, other kinds passed over. Raises MalformedError."""
    position = 0
    while position < len(data):
        if position + 4 > len(data) or data[position] >> 6 != 2:
            raise MalformedError("not an RTCP packet", where=f"byte {position}")
        size = 4 + 4 * int.from_bytes(data[position + 2 : position + 4], "big")
        if position + size > len(data):
            raise MalformedError("RTCP packet is cut off", where=f"byte {position}")
        if data[position + 1] == _SENDER_REPORT:
            if size < 28:
                raise MalformedError("RTCP sender report is cut off", where=f"byte {position}")
            ssrc, seconds, fraction, timestamp, packets, octets = _SENDER.unpack_from(
                data, position + 4
            )
            # NTP's 32-bit seconds end in 2036; a first bit of 0 is the era after (RFC 5905 6).
            if seconds < 0x8000_0000:
                seconds += 2**32
            yield SenderReport(
                ssrc=ssrc,
                wall=Micros((seconds - _NTP_TO_UNIX) * 1_000_000 + (fraction * 1_000_000 >> 32)),
                timestamp=timestamp,
                packets=packets,
                octets=octets,
            )
        position += size

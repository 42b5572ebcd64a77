# SPDX-License-Identifier: AGPL-3.0-or-later
"""RTP packets (RFC 3550 section 5.1)."""

from dataclasses import dataclass
from struct import Struct

from machimori.kernel.errors import MalformedError

HEADER = Struct(">BBHII")
"""V P X CC, M PT, sequence, timestamp, SSRC."""
HEADER_SIZE = 12


@dataclass(frozen=True, kw_only=True)
class Packet:
    """A parsed packet; `payload` is without CSRCs, extension and padding."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: memoryview

    @classmethod
    def decode(cls, data: bytes | memoryview) -> "Packet":
        """The packet that is exactly `data`. Raises MalformedError."""
        start, stop = bounds(data, 0, len(data))
        _, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
        return cls(
            payload_type=second & 0x7F,
            marker=second >= 0x80,
            sequence=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=memoryview(data)[start:stop],
        )


def bounds(data: bytes | memoryview, start: int, stop: int) -> tuple[int, int]:
    """Where the payload of the packet `data[start:stop]` lies. Raises MalformedError."""
    if stop - start < HEADER_SIZE:
        raise MalformedError("RTP packet is cut off")
    first = data[start]
    if first >> 6 != 2:
        raise MalformedError("not RTP version 2")
    body = start + HEADER_SIZE + 4 * (first & 0x0F)
    if first & 0x10:
        if body + 4 > stop:
            raise MalformedError("RTP header extension is cut off")
        body += 4 + 4 * int.from_bytes(data[body + 2 : body + 4], "big")
    if first & 0x20:
        stop -= data[stop - 1] or 256
    if body > stop:
        raise MalformedError("RTP packet shorter than its own header says")
    return body, stop

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sending half of RTP, for tests and fuzzing: packets and interleaved frames out of NAL units.

Supported code, but no camera: `simcity` simulates those, with a packetiser of its own, so that two
independent readings of the RFCs meet in the tests.
"""

from collections.abc import Iterable, Sequence
from struct import pack

from machimori.kernel import canonical


class Sender:
    """One RTP source with its own sequence numbers, over interleaved channel 0 and 1."""

    def __init__(
        self,
        *,
        payload_type: int = 96,
        ssrc: int = 0x1234_5678,
        sequence: int = 0,
        mtu: int = 1400,
        channel: int = 0,
    ) -> None:
        self.payload_type = payload_type
        self.ssrc = ssrc
        self.sequence = sequence & 0xFFFF
        self.mtu = mtu
        self.channel = channel

    def frame(self, payload: bytes, timestamp: int, *, marker: bool) -> bytes:
        """One payload as an RTP packet in an interleaved frame."""
        packet = (
            pack(
                ">BBHII",
                0x80,
                marker << 7 | self.payload_type,
                self.sequence,
                timestamp & 0xFFFF_FFFF,
                self.ssrc,
            )
            + payload
        )
        self.sequence = (self.sequence + 1) & 0xFFFF
        return interleaved(self.channel, packet)

    def frames(self, payloads: Sequence[bytes], timestamp: int) -> list[bytes]:
        """A picture's payloads; the last carries the marker."""
        last = len(payloads) - 1
        return [
            self.frame(payload, timestamp, marker=index == last)
            for index, payload in enumerate(payloads)
        ]

    def report(self, timestamp: int, wall: int) -> bytes:
        """An RTCP sender report: RTP `timestamp` is `wall` microseconds since 1970."""
        seconds, rest = divmod(wall, 1_000_000)
        body = pack(
            ">IIIIII",
            self.ssrc,
            (seconds + 2_208_988_800) & 0xFFFF_FFFF,
            -(-(rest << 32) // 1_000_000),
            timestamp & 0xFFFF_FFFF,
            0,
            0,
        )
        return interleaved(self.channel + 1, pack(">BBH", 0x80, 200, 6) + body)


def interleaved(channel: int, packet: bytes) -> bytes:
    """RFC 2326 section 10.12."""
    return pack(">BBH", 0x24, channel, len(packet)) + packet


def h264_payloads(units: Iterable[bytes], mtu: int = 1400) -> list[bytes]:
    """NAL units as single NAL unit packets and FU-A."""
    payloads: list[bytes] = []
    for unit in units:
        if len(unit) <= mtu:
            payloads.append(unit)
            continue
        pieces = [unit[at : at + mtu] for at in range(1, len(unit), mtu)]
        for index, piece in enumerate(pieces):
            ends = (index == 0) << 7 | (index == len(pieces) - 1) << 6
            head = bytes((unit[0] & 0xE0 | 28, ends | unit[0] & 0x1F))
            payloads.append(head + piece)
    return payloads


def stap_a(units: Sequence[bytes]) -> bytes:
    """Several NAL units in one STAP-A."""
    return bytes((max(unit[0] & 0x60 for unit in units) | 24,)) + b"".join(
        pack(">H", len(unit)) + unit for unit in units
    )


def stap_b(number: int, units: Sequence[bytes]) -> bytes:
    """Several NAL units in one STAP-B, `number` the first's decoding order number."""
    return b"\x79" + pack(">H", number & 0xFFFF) + stap_a(units)[1:]


def mtap(base: int, units: Sequence[tuple[int, int, bytes]], *, wide: bool = False) -> bytes:
    """(number difference, time stamp offset, NAL unit) each, as MTAP16 or MTAP24."""
    width = 3 if wide else 2
    return (
        bytes((0x60 | (27 if wide else 26),))
        + pack(">H", base & 0xFFFF)
        + b"".join(
            pack(">HB", 1 + width + len(unit), difference) + offset.to_bytes(width, "big") + unit
            for difference, offset, unit in units
        )
    )


def fu_b(number: int, unit: bytes, mtu: int = 1400) -> list[bytes]:
    """A NAL unit as one FU-B and the FU-A that follow it."""
    payloads = h264_payloads([unit], mtu)
    if len(payloads) == 1:
        raise ValueError("the NAL unit fits one packet")
    first = payloads[0]
    payloads[0] = bytes((first[0] & 0xE0 | 29,)) + first[1:2] + pack(">H", number) + first[2:]
    return payloads


def h265_payloads(
    units: Iterable[bytes], mtu: int = 1400, *, number: int | None = None
) -> list[bytes]:
    """NAL units as single NAL unit packets and FU; with `number`, numbered from it (DONL)."""
    payloads: list[bytes] = []
    for index, unit in enumerate(units):
        donl = b"" if number is None else pack(">H", (number + index) & 0xFFFF)
        if len(unit) <= mtu:
            payloads.append(unit[:2] + donl + unit[2:])
            continue
        pieces = [unit[at : at + mtu] for at in range(2, len(unit), mtu)]
        kind = unit[0] >> 1 & 0x3F
        for place, piece in enumerate(pieces):
            ends = (place == 0) << 7 | (place == len(pieces) - 1) << 6
            head = bytes((unit[0] & 0x81 | 49 << 1, unit[1], ends | kind))
            payloads.append(head + (donl if place == 0 else b"") + piece)
    return payloads


def h265_aggregate(units: Sequence[bytes], *, number: int | None = None) -> bytes:
    """Several NAL units in one AP; with `number`, numbered from it (DONL and DOND 0)."""
    parts = [bytes((48 << 1, 1))]
    for index, unit in enumerate(units):
        if number is not None:
            parts.append(b"\x00" if index else pack(">H", number & 0xFFFF))
        parts.append(pack(">H", len(unit)) + unit)
    return b"".join(parts)


def jpeg_payloads(picture: bytes, mtu: int = 1400, *, q: int = 255) -> list[bytes]:
    """A baseline JPEG file (standard Huffman tables, 4:2:0 or 4:2:2) as RFC 2435 payloads."""
    tables: dict[int, bytes] = {}
    position, interval, kind, width, height = 2, 0, 1, 0, 0
    while picture[position + 1] != 0xDA:
        marker = picture[position + 1]
        size = int.from_bytes(picture[position + 2 : position + 4], "big")
        body = picture[position + 4 : position + 2 + size]
        if marker == 0xDB:
            for at in range(0, len(body), 65):
                tables[body[at] & 0x0F] = body[at + 1 : at + 65]
        elif marker == 0xDD:
            interval = int.from_bytes(body, "big")
        elif marker == 0xC0:
            height, width = (int.from_bytes(body[at : at + 2], "big") for at in (1, 3))
            kind = 1 if body[7] == 0x22 else 0
        position += 2 + size
    scan = picture[position + 2 + int.from_bytes(picture[position + 2 : position + 4], "big") :]
    if interval:
        kind |= 0x40
    both = tables[0] + tables.get(1, tables[0])
    payloads = []
    for offset in range(0, len(scan), mtu):
        size_8 = [value // 8 if value <= 2040 else 0 for value in (width, height)]
        head = pack(">IBBBB", offset, kind, q, *size_8)
        if interval:
            head += pack(">HH", interval, 0xFFFF)
        if offset == 0 and q >= 128:
            head += pack(">BBH", 0, 0, len(both)) + both
        payloads.append(head + scan[offset : offset + mtu])
    return payloads


def description(
    encoding: str, *, fmtp: str = "", attributes: Sequence[str] = (), payload_type: int = 96
) -> bytes:
    """A segment's stored description of one video track on channels 0 and 1."""
    lines = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    lines.append(f"m=video 0 RTP/AVP {payload_type}")
    lines.append(f"a=rtpmap:{payload_type} {encoding}/90000")
    if fmtp:
        lines.append(f"a=fmtp:{payload_type} {fmtp}")
    lines += [f"a={item}" for item in attributes]
    return canonical.dumps(
        {"channels": {"rtcp": 1, "rtp": 0}, "sdp": "\r\n".join(lines) + "\r\n", "track": 0}
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a camera sends: interleaving, RTP, RTCP and payloads of every codec, up to the MP4 file.

A recorded stream is never refused as a whole, so nothing at all may be raised here.
"""

import io

from machimori.footage.export import export
from machimori.footage.rtp import testing
from machimori.footage.rtp.access import TimedChunk
from machimori.kernel.instants import Micros

_DESCRIPTIONS = (
    testing.description("H264", fmtp="packetization-mode=1"),
    testing.description("H264", fmtp="packetization-mode=2;sprop-interleaving-depth=3"),
    testing.description("H265"),
    testing.description("H265", fmtp="sprop-max-don-diff=4;sprop-depack-buf-nalus=3"),
    testing.description("JPEG", attributes=["x-dimensions:64,64"]),
)
# x264's and x265's sets for 64 × 64 pictures.
_SPS = bytes.fromhex("6742c00ada109a10000003001000000301e0f1226a")
_PPS = bytes.fromhex("68ce0fc8")
_H265 = tuple(
    bytes.fromhex(text)
    for text in (
        "40010c01ffff01600000030090000003000003001e959409",
        "42010101600000030090000003000003001ea0208105965654a4c2e68080000003008000000784",
        "4401c073c089",
    )
)


def one_input(data: bytes) -> None:
    kind = data[0] if data else 0
    cut = 1 + len(data) * (kind >> 3) // 32
    chunks = [
        TimedChunk(arrived_from=Micros(0), arrived_to=Micros(10), data=data[1:cut]),
        TimedChunk(arrived_from=Micros(10), arrived_to=Micros(20), data=data[cut:]),
    ]
    for clip in export(_DESCRIPTIONS[(kind & 7) % len(_DESCRIPTIONS)], chunks):
        clip.write_to(io.BytesIO())


def seeds() -> list[bytes]:
    h264 = (_SPS, _PPS, b"\x06\x05\x01\x00\x80", b"\x65\x88" + bytes(90))
    later = (b"\x41\x9a" + bytes(80),)
    h265 = (*_H265, b"\x26\x01\xaf" + bytes(90))
    jpeg = _jpeg()
    pictures = (
        (0, testing.h264_payloads(h264, 40), testing.h264_payloads(later, 40)),
        (0, [testing.stap_a(h264[:3]), h264[3]], [testing.stap_a(later)]),
        (
            1,
            [
                testing.stap_b(0, h264[:3]),
                *testing.fu_b(3, h264[3], 40),
                testing.mtap(4, [(0, 3000, later[0]), (1, 0, b"\x06\x05")]),
            ],
            [testing.mtap(6, [(0, 0, later[0])], wide=True)],
        ),
        (2, testing.h265_payloads(h265, 40), [testing.h265_aggregate(h265)]),
        (3, testing.h265_payloads(h265, 40, number=0), [testing.h265_aggregate(h265, number=4)]),
        (4, testing.jpeg_payloads(jpeg, 100), testing.jpeg_payloads(jpeg, 100, q=50)),
    )
    found = []
    for kind, first, second in pictures:
        sender = testing.Sender(sequence=0xFFFE)
        stream = [
            *sender.frames(first, 0xFFFF_F000),
            sender.report(0xFFFF_F000, 1_790_000_000_000_000),
            b"RTSP/1.0 200 OK\r\nCSeq: 5\r\nContent-Length: 2\r\n\r\nok",
            *sender.frames(second, 0xFFFF_F000 + 3000),
        ]
        found.append(bytes((kind | 16 << 3,)) + b"".join(stream))
    return found


def _jpeg() -> bytes:
    """Headers of a 64 × 64 JPEG and something for its scan."""
    tables = bytes((0, *range(1, 65), 1, *range(1, 65)))
    frame = b"\x08\x00\x40\x00\x40\x03\x00\x22\x00\x01\x11\x01\x02\x11\x01"
    return b"".join(
        (
            b"\xff\xd8\xff\xdb" + (len(tables) + 2).to_bytes(2, "big") + tables,
            b"\xff\xdd\x00\x04\x00\x02",
            b"\xff\xc0" + (len(frame) + 2).to_bytes(2, "big") + frame,
            b"\xff\xda\x00\x0c\x03\x00\x00\x01\x11\x02\x11\x00\x3f\x00" + bytes(range(1, 250)),
            b"\xff\xd9",
        )
    )

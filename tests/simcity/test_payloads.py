# SPDX-License-Identifier: AGPL-3.0-or-later
"""Packetisation, undone by a receiver written here from the RFCs, for any units and any limit."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from machimori.simcity.clips import ClipSpec, Picture, render
from machimori.simcity.payloads import payloads
from machimori.simcity.runs import PACKET_LIMIT, Reel, run

# No unit type that RTP uses for its own structures; the forbidden bit is zero.
h264_unit = st.builds(
    lambda importance, kind, body: bytes((importance << 5 | kind,)) + body,
    st.integers(0, 3),
    st.integers(1, 23),
    st.binary(min_size=1, max_size=300),
)
h265_unit = st.builds(
    lambda kind, level, body: bytes((kind << 1, level)) + body,
    st.integers(0, 47),
    st.integers(1, 7),
    st.binary(min_size=1, max_size=300),
)


def picture(units: list[bytes]) -> Picture:
    return Picture(pts=0, dts=0, key=True, units=tuple(units))


def joined(body: bytes) -> list[bytes]:
    """Units of an aggregate, each behind 16 bits of length."""
    units = []
    while body:
        (length,) = struct.unpack_from(">H", body)
        units.append(body[2 : 2 + length])
        body = body[2 + length :]
    return units


@given(st.lists(h264_unit, min_size=1, max_size=6), st.integers(20, 400))
def test_h264(units: list[bytes], limit: int) -> None:
    got: list[bytes] = []
    for payload in payloads("h264", picture(units), limit):
        assert len(payload) <= limit
        kind = payload[0] & 0x1F
        if kind == 24:
            got += joined(payload[1:])
            assert payload[0] >> 5 == max(unit[0] >> 5 for unit in joined(payload[1:]))
        elif kind == 28:
            if payload[1] & 0x80:
                got.append(bytes((payload[0] & 0xE0 | payload[1] & 0x1F,)))
            got[-1] += payload[2:]
        else:
            got.append(payload)
    assert got == units


@given(st.lists(h265_unit, min_size=1, max_size=6), st.integers(20, 400))
def test_h265(units: list[bytes], limit: int) -> None:
    got: list[bytes] = []
    for payload in payloads("h265", picture(units), limit):
        assert len(payload) <= limit
        kind = payload[0] >> 1
        if kind == 48:
            got += joined(payload[2:])
        elif kind == 49:
            if payload[2] & 0x80:
                got.append(bytes(((payload[2] & 0x3F) << 1, payload[1])))
            got[-1] += payload[3:]
        else:
            got.append(payload)
    assert got == units


def test_jpeg_scan_and_tables_are_whole() -> None:
    jpeg = render(ClipSpec(codec="mjpeg", name="x", seconds=0.1)).pictures[0].units[0]
    scan = b""
    for number, payload in enumerate(payloads("mjpeg", picture([jpeg]), 500)):
        assert len(payload) <= 500
        offset, kind, quality, width, height = struct.unpack_from(">IBBBB", payload)
        assert (offset, kind, quality, width, height) == (len(scan), 1, 255, 40, 30)
        head = 8
        if number == 0:
            assert payload[8:12] == b"\0\0\0\x80"
            assert payload[12:76] in jpeg
            head = 12 + 128
        scan += payload[head:]
    assert jpeg.endswith(scan + b"\xff\xd9")


def test_jpeg_with_restart_markers_says_so() -> None:
    tables = b"\xff\xdb\x00\x43\x00" + bytes(range(64))
    frame = b"\xff\xc0\x00\x11\x08\x00\x10\x00\x10\x03\x01\x21\x00\x02\x11\x00\x03\x11\x00"
    restart = b"\xff\xdd\x00\x04\x00\x05"
    start = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"
    jpeg = b"\xff\xd8" + tables + frame + restart + start + b"scan" + b"\xff\xd9"
    (payload,) = payloads("mjpeg", picture([jpeg]), 500)
    assert payload[:8] == b"\0\0\0\0" + bytes((64, 255, 2, 2))
    assert payload[8:12] == struct.pack(">HH", 5, 0xFFFF)
    assert payload[-4:] == b"scan"


def test_a_run_is_patched_for_one_camera_after_another() -> None:
    clip = render(ClipSpec(codec="h264", name="x", seconds=0.2))
    first = run("h264", clip.pictures[0], 4)
    assert first.patch(65535, 7, 9) == len(first.offsets) - 1
    packets = first.packets()
    assert b"".join(packets) == bytes(first.buffer)
    heads = [struct.unpack_from(">BBHBBHII", packet) for packet in packets]
    assert [head[5] for head in heads] == [65535, *range(len(heads) - 1)]
    assert {(head[0], head[1], head[3], head[6], head[7]) for head in heads} == {
        (0x24, 4, 0x80, 7, 9)
    }
    assert [head[4] >> 7 for head in heads] == [0] * (len(heads) - 1) + [1]
    assert all(
        head[2] == len(p) - 4 <= PACKET_LIMIT for head, p in zip(heads, packets, strict=True)
    )


def test_a_reel_finds_the_key_picture_before() -> None:
    reel = Reel(render(ClipSpec(codec="h264", name="x", seconds=1.0, gop=5)), 0)
    assert [reel.key_before(n) for n in (0, 4, 5, 14)] == [0, 0, 5, 10]
    assert [reel.until_key(n) for n in (0, 4, 5, 14, 16)] == [0, 1, 0, 1, 4]

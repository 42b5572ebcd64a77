# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a segment may end: at the first packet of a key picture, parameter sets included."""

import struct

import pytest

from machimori.recorder.framing import Codec
from machimori.recorder.parameters import Parameters
from machimori.recorder.peek import key_cut, payload, sequence_sets
from machimori.recorder.testing import PPS, SPS, Stream, frame


def test_h264_fragments_with_parameter_sets() -> None:
    stream = Stream()
    before = stream.picture()
    data = before + stream.picture(key=True)
    assert key_cut("h264", data, len(data), 0) == len(before)


def test_no_key_picture_no_cut() -> None:
    stream = Stream()
    data = stream.picture() + stream.picture()
    assert key_cut("h264", data, len(data), 0) is None


def test_a_key_picture_that_began_in_the_drain_before_is_left_alone() -> None:
    stream = Stream()
    stream.stamp += 6000
    middle = stream.packet(bytes((0x65,)) + b"\x55" * 200)
    assert key_cut("h264", middle, len(middle), 0) is None


def test_h264_aggregate() -> None:
    stream = Stream()
    before = stream.picture()
    stream.stamp += 6000
    idr = bytes((0x65,)) + b"\x55" * 300
    units = b"".join(struct.pack(">H", len(u)) + u for u in (SPS, PPS, idr))
    data = before + stream.packet(b"\x78" + units)
    assert key_cut("h264", data, len(data), 0) == len(before)
    assert sequence_sets("h264", data, len(before)) == [(7, SPS)]


def test_h265_fragment_and_aggregate() -> None:
    stream = Stream(codec="h265")
    before = stream.packet(bytes((2, 1)) + b"\x55" * 100)
    stream.stamp += 6000
    vps, sps, pps = (bytes((kind << 1, 1)) + b"set" for kind in (32, 33, 34))
    sets = b"".join(struct.pack(">H", len(u)) + u for u in (vps, sps, pps))
    key = stream.packet(bytes((48 << 1, 1)) + sets)
    key += stream.packet(bytes((49 << 1, 1, 0x80 | 19)) + b"\x55" * 100)
    data = before + key
    assert key_cut("h265", data, len(data), 0) == len(before)
    assert sequence_sets("h265", data, len(before)) == [(32, vps), (33, sps)]


def test_every_jpeg_picture_is_a_key() -> None:
    stream = Stream(codec="jpeg")
    first = stream.picture()
    rest = first[len(first) // 3 :]
    begin = rest.index(b"\x24\x00")
    data = rest[begin:] + stream.picture()
    cut = key_cut("jpeg", data, len(data), 0)
    assert cut == len(rest) - begin


@pytest.mark.parametrize("codec", ["h264", "h265", "jpeg"])
def test_header_extension_csrc_and_padding(codec: Codec) -> None:
    header = struct.pack(">BBHII", 0x80 | 0x20 | 0x10 | 2, 96, 1, 2, 3) + bytes(8)
    header += struct.pack(">HH", 0xBEDE, 1) + bytes(4)
    data = frame(header + b"PAYLOAD" + bytes((0, 0, 3)))
    start, end = payload(data, 0)
    assert data[start:end] == b"PAYLOAD"
    assert key_cut(codec, data, len(data), 0) is None


def changed(parameters: Parameters, data: bytes, at: list[int]) -> int | None:
    return parameters.changed_at(bytearray(data), at)


def test_a_set_seen_again_changes_nothing_and_another_does() -> None:
    parameters = Parameters("h264")
    stream = Stream()
    same = stream.packet(SPS)
    assert changed(parameters, same, [0]) is None
    assert changed(parameters, same, [0]) is None
    other = stream.packet(SPS[:6] + b"\x11" + SPS[7:])
    assert changed(parameters, other, [0]) == 0
    assert changed(parameters, other, [0]) is None
    assert changed(parameters, same, [0]) == 0


def test_two_sets_with_their_own_ids_do_not_replace_each_other() -> None:
    parameters = Parameters("h264")
    stream = Stream()
    # After profile, constraints and level: 1 (id 0) and 010 (id 1).
    zero = stream.packet(bytes((0x67, 66, 0, 31, 0b10000000, 1, 2, 3)))
    one = stream.packet(bytes((0x67, 66, 0, 31, 0b01000000, 1, 2, 3)))
    assert [changed(parameters, data, [0]) for data in (zero, one, zero, one)] == [None] * 4

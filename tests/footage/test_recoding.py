# SPDX-License-Identifier: AGPL-3.0-or-later
"""H.265 and MJPEG as H.264: what does not decode is passed over, and nothing ends it."""

import itertools
import random

import pytest

from machimori.footage.mp4.testing import RATE, Codec, Picture, encode
from machimori.footage.recoding import Recoder, packet_of


def decodable(codec: Codec, picture: Picture) -> bytes:
    if codec == "jpeg":
        return picture.units[0]
    return b"".join(b"\x00\x00\x00\x01" + unit for unit in picture.units)


@pytest.mark.parametrize("codec", ["h265", "jpeg"])
def test_broken_and_empty_pictures_end_nothing(codec: Codec) -> None:
    chance = random.Random(7)
    recoder = Recoder(codec, RATE, live=True)
    shown: list[tuple[int, bool]] = []
    for number, picture in enumerate(encode(codec, count=60)):
        data = bytearray(decodable(codec, picture))
        if 5 <= number < 15:
            for _ in range(20):
                data[chance.randrange(len(data))] = chance.randrange(256)
        for sent in (bytes(data), b"", chance.randbytes(100) if number == 15 else b""):
            found = recoder.feed(packet_of(sent, picture.pts))
            shown += [(one.pts * 15 // RATE, one.key) for one in found]
    assert [number for number, _ in shown if 30 <= number < 57] == list(range(30, 57))
    keys = [number for number, key in shown if key]
    assert keys[0] == 0
    assert all(15 <= later - one < 30 for one, later in itertools.pairwise(keys))

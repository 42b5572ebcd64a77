# SPDX-License-Identifier: AGPL-3.0-or-later
from struct import pack

import pytest

from machimori.footage.mp4.testing import encode
from machimori.footage.rtp.jpeg import JpegPayloads
from machimori.footage.rtp.testing import jpeg_payloads


def assembled(payloads: list[bytes], receiver: JpegPayloads | None = None) -> tuple[bytes, bool]:
    receiver = receiver or JpegPayloads()
    for payload in payloads:
        receiver.push(payload, 0, len(payload))
    units, damaged = receiver.take()
    return (units[0] if units else b""), damaged


def segments(picture: bytes) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    position = 2
    while position < len(picture) and picture[position + 1] != 0xDA:
        size = int.from_bytes(picture[position + 2 : position + 4], "big")
        found.setdefault(picture[position + 1], []).append(
            picture[position + 4 : position + 2 + size]
        )
        position += 2 + size
    return found


# RFC 2435 appendix A at Q 50, which is the tables of ITU-T T.81 Annex K.1 as they are.
LUMA = (16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40)
CHROMA = (17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99)


@pytest.mark.parametrize(
    ("q", "luma", "chroma"),
    [
        (50, LUMA, CHROMA),
        (99, (1,) * 2, (1,) * 2),
        (25, tuple(2 * value for value in LUMA), tuple(2 * value for value in CHROMA)),
        (1, (255,) * 16, (255,) * 16),
    ],
)
def test_q_below_128_scales_the_standard_tables(
    q: int, luma: tuple[int, ...], chroma: tuple[int, ...]
) -> None:
    picture, damaged = assembled([pack(">IBBBB", 0, 1, q, 8, 8) + b"scan"])
    one, two = segments(picture)[0xDB]
    assert not damaged
    assert (one[0], two[0]) == (0, 1)
    assert tuple(one[1 : 1 + len(luma)]) == luma
    assert tuple(two[1 : 1 + len(chroma)]) == chroma


def test_tables_in_band_are_kept_for_their_q_but_255() -> None:
    jpeg = encode("jpeg", count=1)[0].units[0]
    for q, again in ((130, True), (255, False)):
        receiver = JpegPayloads()
        payloads = jpeg_payloads(jpeg, q=q)
        first, _ = assembled(payloads, receiver)
        without = payloads[0][:8] + pack(">BBH", 0, 0, 0) + payloads[0][12 + 128 :]
        second, damaged = assembled([without, *payloads[1:]], receiver)
        assert damaged is not again
        assert (second == first) is again


def test_scan_and_tables_are_the_cameras() -> None:
    jpeg = encode("jpeg", count=1)[0].units[0]
    picture, damaged = assembled(jpeg_payloads(jpeg, 333))
    assert not damaged
    ours, theirs = segments(picture), b"".join(segments(jpeg)[0xDB])
    # FFmpeg's encoder uses one table for luma and chroma.
    assert [table[1:] for table in ours[0xDB]] == [theirs[1:65], theirs[1:65]]
    assert len(ours[0xC4]) == 4
    assert picture.split(b"\xff\xda")[-1][12:] == jpeg.split(b"\xff\xda")[-1][12:]


def test_a_missing_fragment_damages_and_what_came_before_is_kept() -> None:
    jpeg = encode("jpeg", size=(640, 368), count=1)[0].units[0]
    payloads = jpeg_payloads(jpeg, 400)
    whole, _ = assembled(payloads)
    part, damaged = assembled([*payloads[:3], *payloads[4:]])
    assert damaged
    assert part.endswith(b"\xff\xd9")
    assert whole.startswith(part[:-2])


def test_types_4_2_2_and_restart_intervals_stand_in_the_frame_header() -> None:
    restart = pack(">IBBBB", 0, 0x40, 50, 8, 6) + pack(">HH", 7, 0xFFFF)
    picture, _ = assembled([restart + b"scan"])
    found = segments(picture)
    assert found[0xDD] == [b"\x00\x07"]
    assert found[0xC0][0][:8] == b"\x08\x00\x30\x00\x40\x03\x00\x21"

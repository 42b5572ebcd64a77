# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.footage.mp4.entries import h264_entry, h265_entry, jpeg_size
from machimori.footage.mp4.testing import Codec, encode
from machimori.footage.rtp.parameters import Bits, ParameterSets, h264_format, h265_format
from machimori.kernel.errors import MalformedError


def golomb(value: int) -> str:
    return f"{value + 1:0{2 * (value + 1).bit_length() - 1}b}"


@given(st.lists(st.integers(0, 2**31)))
def test_exp_golomb_codes_are_read(values: list[int]) -> None:
    text = "".join(map(golomb, values)) + "1"
    text += "0" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big")
    bits = Bits(b"\x67" + data.replace(b"\0\0", b"\0\0\x03"), 1)
    assert [bits.golomb() for _ in values] == values


def test_signed_codes_alternate() -> None:
    bits = Bits(bytes([int("1" + "010" + "011" + "1", 2)]), 0)
    assert [bits.signed_golomb() for _ in range(3)] == [0, 1, -1]


@pytest.mark.parametrize(
    ("codec", "size", "pixels", "options", "chroma", "depth"),
    [
        ("h264", (1920, 1080), "", {}, 1, 8),
        ("h264", (322, 182), "", {"preset": "medium"}, 1, 8),
        ("h264", (320, 188), "", {"preset": "medium", "x264-params": "interlaced=1"}, 1, 8),
        ("h264", (320, 192), "", {"x264-params": "cqm=jvt:8x8dct=1", "preset": "medium"}, 1, 8),
        ("h264", (322, 182), "yuv422p", {"preset": "medium"}, 2, 8),
        ("h264", (321, 181), "yuv444p", {"preset": "medium"}, 3, 8),
        ("h264", (320, 192), "yuv420p10le", {"preset": "medium"}, 1, 10),
        ("h265", (1920, 1080), "", {}, 1, 8),
        ("h265", (322, 182), "", {}, 1, 8),
        ("h265", (320, 192), "yuv420p10le", {}, 1, 10),
        ("h265", (321, 181), "yuv444p", {}, 3, 8),
        ("h265", (320, 192), "", {"x265-params": "temporal-layers=3:log-level=none"}, 1, 8),
    ],
)
def test_the_size_is_the_encoders(
    codec: Codec,
    size: tuple[int, int],
    pixels: str,
    options: dict[str, str],
    chroma: int,
    depth: int,
) -> None:
    picture = encode(codec, size=size, count=1, pixels=pixels, options=options)[0]
    sets = ParameterSets("h265" if codec == "h265" else "h264")
    assert sets.update(picture.units)
    assert not sets.update(picture.units)
    found = sets.picture()
    assert (found.width, found.height) == size
    assert (found.chroma_format, found.bit_depth_luma, found.bit_depth_chroma) == (
        chroma,
        depth,
        depth,
    )
    entry = h264_entry(sets) if codec == "h264" else h265_entry(sets)
    assert all(unit in entry for unit in sets.all())


@given(st.binary(max_size=60))
def test_any_bytes_are_a_set_or_malformed(data: bytes) -> None:
    for read in (h264_format, h265_format):
        try:
            picture = read(b"\x67\x01" + data)
        except MalformedError:
            continue
        assert 0 < picture.width < 65_536
        assert 0 < picture.height < 65_536


def test_a_damaged_set_is_not_taken() -> None:
    sets = ParameterSets("h264")
    assert not sets.update((b"\x67\x42", b"\x68", b"\x67"))
    with pytest.raises(MalformedError):
        sets.picture()


def test_later_sets_replace_those_of_their_number() -> None:
    small, large = (encode("h264", size=size, count=1)[0] for size in ((320, 192), (640, 368)))
    sets = ParameterSets("h264")
    sets.update(small.units)
    assert sets.update(large.units)
    assert sets.picture().width == 640
    assert len(sets.all()) == 2


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xda\x00\x02", b"\xff\xd8junk"])
def test_a_jpeg_without_a_frame_header_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        jpeg_size(data)

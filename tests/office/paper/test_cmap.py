# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a font has: the real fonts, and small tables made here."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel.errors import MalformedError
from machimori.office.paper.cmap import read_coverage

BIZ = "biz-udgothic/400Regular/BIZUDGothic_400Regular.ttf"
NOTO = "noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf"
planes = st.integers(0x20, 0xD7FF) | st.integers(0xE000, 0xFFFE) | st.integers(0x10000, 0x2FFFF)


def _font(*tables: bytes) -> bytes:
    records, body = b"", b""
    for table in tables:
        records += struct.pack(">HHL", 3, 10, 4 + 8 * len(tables) + len(body))
        body += table
    cmap = struct.pack(">HH", 0, len(tables)) + records + body
    return (
        struct.pack(">LHHHH", 0x10000, 1, 0, 0, 0)
        + struct.pack(">4sLLL", b"cmap", 0, 28, len(cmap))
        + cmap
    )


def _format_12(groups: list[tuple[int, int, int]]) -> bytes:
    head = struct.pack(">HHLLL", 12, 0, 16 + 12 * len(groups), 0, len(groups))
    return head + b"".join(struct.pack(">LLL", *group) for group in groups)


def _format_14(selector: int, plain: list[tuple[int, int]], own: list[int]) -> bytes:
    first = struct.pack(">L", len(plain)) + b"".join(
        base.to_bytes(3, "big") + bytes([more]) for base, more in plain
    )
    second = struct.pack(">L", len(own)) + b"".join(
        base.to_bytes(3, "big") + struct.pack(">H", 7) for base in own
    )
    record = selector.to_bytes(3, "big") + struct.pack(">LL", 21, 21 + len(first))
    return struct.pack(">HLL", 14, 21 + len(first) + len(second), 1) + record + first + second


@given(st.lists(st.tuples(planes, st.integers(0, 40)), max_size=12))
def test_ranges_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, spans: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "made.ttf"
    path.write_bytes(_font(_format_12([(first, first + more, 5) for first, more in spans])))
    expected = {code for first, more in spans for code in range(first, first + more + 1)}
    assert read_coverage(path).characters == expected


def test_glyph_nought_is_no_glyph(tmp_path: Path) -> None:
    path = tmp_path / "made.ttf"
    path.write_bytes(_font(_format_12([(65, 67, 0)])))
    assert read_coverage(path).characters == {66, 67}


def test_format_4_is_read_with_deltas_and_glyph_arrays(tmp_path: Path) -> None:
    ends, starts = (66, 98, 0xFFFF), (65, 97, 0xFFFF)
    deltas, offsets = (1, 0, 1), (0, 4, 0)
    words = struct.pack(">HHHHHHH", 4, 0, 0, 6, 0, 0, 0) + struct.pack(">3HH", *ends, 0)
    words += struct.pack(">3H3H3H", *starts, *deltas, *offsets) + struct.pack(">2H", 9, 0)
    path = tmp_path / "made.ttf"
    path.write_bytes(_font(words))
    assert read_coverage(path).characters == {65, 66, 97}


def test_variation_sequences_are_read_in_both_kinds(tmp_path: Path) -> None:
    path = tmp_path / "made.ttf"
    table = _format_14(0xE0100, [(0x845B, 1)], [0x8FBB])
    path.write_bytes(_font(_format_12([(0x845B, 0x845C, 5)]), table))
    assert read_coverage(path).variations == {
        (0x845B, 0xE0100),
        (0x845C, 0xE0100),
        (0x8FBB, 0xE0100),
    }


def test_the_two_fonts_complete_each_other(fonts: Path) -> None:
    biz, noto = read_coverage(fonts / BIZ), read_coverage(fonts / NOTO)
    assert ord("𠮷") not in biz.characters
    assert ord("𠮷") in noto.characters
    assert 0xE000 not in biz.characters | noto.characters
    for character in "〓レ①㈱髙﨑瀨はカ々〆ヶ令和":
        assert ord(character) in biz.characters
    assert (ord("葛"), 0xE0100) in biz.variations


@given(st.binary(max_size=400))
def test_any_bytes_are_a_font_or_malformed(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.ttf"
    path.write_bytes(content)
    with pytest.raises(MalformedError, match="not a TrueType font"):
        read_coverage(path)


@given(st.data())
def test_a_damaged_font_is_read_or_malformed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = _font(_format_12([(65, 90, 5)]), _format_14(0xE0100, [(65, 1)], [70]))
    cut = data.draw(st.integers(0, len(whole) - 1))
    path = tmp_path_factory.getbasetemp() / "cut.ttf"
    path.write_bytes(whole[:cut])
    with pytest.raises(MalformedError):
        read_coverage(path)

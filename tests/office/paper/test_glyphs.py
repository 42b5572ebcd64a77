# SPDX-License-Identifier: AGPL-3.0-or-later
"""外字 are shown as 〓 and named; nothing else about a name is changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.office.paper.cmap import Coverage
from machimori.office.paper.glyphs import GETA, Glyphs

FIRST = Coverage(
    characters=frozenset(map(ord, "葛城が東京 A〓")), variations=frozenset({(ord("葛"), 0xE0100)})
)
SECOND = Coverage(
    characters=frozenset(map(ord, "𠮷野葛 ")), variations=frozenset({(ord("葛"), 0xE0101)})
)
GLYPHS = Glyphs(weights=((FIRST, SECOND), (FIRST, SECOND)))


def test_what_the_fonts_have_stays_as_it_is() -> None:
    assert GLYPHS.printable("𠮷野 葛城\nA", place="氏名") == ("𠮷野 葛城\nA", ())


def test_a_gaiji_is_shown_as_geta_and_named_by_its_code_point_only() -> None:
    text, warnings = GLYPHS.printable("東\ue000京", place="氏名")
    assert text == f"東{GETA}京"
    assert [(one.kind, one.place, one.code_point) for one in warnings] == [
        ("missing", "氏名", "U+E000")
    ]
    assert str(warnings[0]) == (
        "氏名：印刷できない文字を〓としました。手で書き入れてください（U+E000）"
    )


def test_a_character_must_be_there_in_every_weight() -> None:
    thin = Glyphs(weights=((FIRST, SECOND), (FIRST,)))
    assert thin.printable("𠮷", place="氏名")[0] == GETA


@pytest.mark.parametrize(
    ("text", "printed", "kinds"),
    [
        ("葛\U000e0100城", "葛\U000e0100城", []),
        ("葛\U000e0101城", "葛城", ["variant"]),
        ("\U000e0100", "", ["variant"]),
        ("\ue000\U000e0100", GETA, ["missing", "variant"]),
        ("か\u3099", "が", []),
        ("東\u202e京", "東京", ["invisible"]),
        ("東\x00\u200b京", "東京", ["invisible", "invisible"]),
        ("東\r\n京", "東\n京", []),
        ("東\u2028京", "東京", ["invisible"]),
    ],
)
def test_shapes_marks_and_controls(text: str, printed: str, kinds: list[str]) -> None:
    shown, warnings = GLYPHS.printable(text, place="氏名")
    assert shown == printed
    assert [one.kind for one in warnings] == kinds


@given(st.text(), st.text())
def test_what_is_printed_can_be_printed_again_and_every_change_is_named(
    before: str, after: str
) -> None:
    text = before + "葛" + after
    shown, warnings = GLYPHS.printable(text, place="氏名")
    assert GLYPHS.printable(shown, place="氏名") == (shown, ())
    assert shown.count(GETA) == text.count(GETA) + sum(one.kind == "missing" for one in warnings)
    assert all(
        ord(c) in FIRST.characters | SECOND.characters or c == "\n" or c == "\U000e0100"
        for c in shown
    )

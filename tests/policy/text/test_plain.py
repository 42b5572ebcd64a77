# SPDX-License-Identifier: AGPL-3.0-or-later
"""The layout of the plain text: numerals of 条, 項, 号 and アイウ as a 例規 has them."""

import datetime as dt

from machimori.policy.text.plain import plain_text
from machimori.policy.text.structure import (
    Article,
    Chapter,
    Item,
    OperatingRule,
    Paragraph,
    numbered,
    origin_notes,
)

CITY, CLAUSE = ("市の決定",), ("要綱1",)


def test_numerals_are_those_of_a_regulation() -> None:
    below = (Item(text="甲", origins=CLAUSE), Item(text="乙", origins=CLAUSE))
    rule = OperatingRule(
        title="規程",
        on=dt.date(2026, 4, 1),
        chapters=(
            Chapter(
                number=1,
                title="総則",
                articles=(
                    Article(
                        name="one",
                        caption="目的",
                        number=1,
                        paragraphs=(
                            Paragraph(text="第一の文。", origins=CLAUSE),
                            Paragraph(
                                text="次に掲げるもの",
                                origins=CLAUSE,
                                items=(Item(text="物", origins=CLAUSE, items=below),),
                            ),
                        ),
                    ),
                ),
            ),
        ),
        supplement=(Paragraph(text="この規程は、施行する。", origins=CITY),),
        open=(),
    )
    assert plain_text(rule).splitlines() == [
        "規程",
        "",
        "　　　第1章　総則",
        "",
        "　（目的）",
        "第1条　第一の文。",
        "2　次に掲げるもの",
        "　(1)　物",
        "　　ア　甲",
        "　　イ　乙",
        "　　〔出典〕要綱1",
        "",
        "　　　附則",
        "　この規程は、施行する。",
        "　　〔出典〕市の決定",
    ]


def test_numbers_run_together() -> None:
    assert numbered([1], "号", "又は") == "第1号"
    assert numbered([1, 2], "号", "又は") == "第1号又は第2号"
    assert numbered([1, 2, 3, 5], "号", "又は") == "第1号から第3号まで又は第5号"
    assert numbered([1, 3, 5], "項", "及び") == "第1項、第3項及び第5項"


def test_equal_origins_are_noted_together() -> None:
    def paragraph(*origins: tuple[str, ...]) -> Paragraph:
        lead, *items = origins
        return Paragraph(
            text="", origins=lead, items=tuple(Item(text="", origins=one) for one in items)
        )

    def notes(*paragraphs: Paragraph) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return origin_notes(Article(name="", caption="", paragraphs=paragraphs))

    assert notes(paragraph(CITY, CITY)) == (("", CITY),)
    assert notes(paragraph(CITY), paragraph(CITY)) == (("", CITY),)
    assert notes(paragraph(CITY), paragraph(CLAUSE), paragraph(CITY)) == (
        ("第1項及び第3項", CITY),
        ("第2項", CLAUSE),
    )
    assert notes(paragraph(CITY, CLAUSE, CITY, CLAUSE)) == (
        ("柱書及び第2号", CITY),
        ("第1号及び第3号", CLAUSE),
    )

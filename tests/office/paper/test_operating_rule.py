# SPDX-License-Identifier: AGPL-3.0-or-later
"""The operating rule on paper: every sentence, its numbers, its origins, what is open."""

import io
import re

import pytest
from pypdf import PdfReader

from machimori.office.paper.operating_rule import rule_sheet
from machimori.office.paper.press import Press
from machimori.office.paper.sheet import Heading, Listing, Provision
from machimori.policy.profile import profiles
from machimori.policy.testing import DAY, adopted, document
from machimori.policy.text.composing import operating_rule


def _words(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("name", profiles())
def test_I16_the_rule_is_printed_with_every_sentence(press: Press, name: str) -> None:
    """PDF/A of the whole rule, nothing of it missing from the fonts or the text layer."""
    rule = operating_rule(document(name), on=DAY)
    made = press.pdf(rule_sheet(rule), on=DAY)
    assert made.warnings == ()
    reader = PdfReader(io.BytesIO(made.pdf))
    foot = re.compile(rf"{re.escape(_words(rule.heading))}\d+/\d+")
    printed = "".join(foot.sub("", _words(page.extract_text())) for page in reader.pages)
    for article in rule.articles:
        assert _words(f"（{article.caption}）第{article.number}条") in printed
        for paragraph in article.paragraphs:
            assert _words(paragraph.text) in printed
            for number, item in enumerate(paragraph.items, start=1):
                assert _words(f"({number}){item.text}") in printed


def test_the_outline_lists_chapters_and_articles(press: Press) -> None:
    rule = operating_rule(adopted("inzai"), on=DAY)
    reader = PdfReader(io.BytesIO(press.pdf(rule_sheet(rule), on=DAY).pdf))
    titles = [str(one["/Title"]) for one in reader.outline if not isinstance(one, list)]
    assert titles[0] == "第1章　総則"
    assert titles[-1] == "附則"
    below = next(one for one in reader.outline if isinstance(one, list))
    assert next(str(one["/Title"]) for one in below if not isinstance(one, list)) == "（目的）"


def test_a_draft_carries_the_list_of_what_is_open_and_a_final_rule_does_not() -> None:
    draft = rule_sheet(operating_rule(document("sakai"), on=DAY))
    assert draft.title == "堺市防犯カメラ管理運用規程（案）"
    assert draft.date == "令和8年4月1日現在"
    assert isinstance(draft.blocks[-1], Listing)
    assert len(draft.blocks[-1].rows) == len(operating_rule(document("sakai"), on=DAY).open)
    final = rule_sheet(operating_rule(adopted("sakai"), on=DAY))
    assert isinstance(final.blocks[-1], Provision)
    assert final.blocks[-2] == Heading(text="附則")
    assert final.blocks[-1].clauses[0].text == "　この規程は、令和8年4月1日から施行する。"

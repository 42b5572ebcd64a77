# SPDX-License-Identifier: AGPL-3.0-or-later
"""The operating rule as a page: one file, no script, headings in order, links that arrive."""

from html.parser import HTMLParser
from itertools import pairwise

import pytest

from machimori.office.paper.rule_page import rule_page
from machimori.policy.adoption import adopt
from machimori.policy.profile import profiles
from machimori.policy.testing import DAY, adopted, adoption, document
from machimori.policy.text.composing import operating_rule

VOID = {"meta"}


class Page(HTMLParser):
    """What the tests ask of a page; raises AssertionError where an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data


@pytest.mark.parametrize("name", profiles())
def test_I16_A22_the_rule_is_one_accessible_page(name: str) -> None:
    """Japanese, one h1, no heading level skipped, every link inside the page, no script."""
    for profile in (document(name), adopted(name)):
        rule = operating_rule(profile, on=DAY)
        text = rule_page(rule)
        page = Page(text)
        tags = [tag for tag, _ in page.tags]
        assert ("html", {"lang": "ja"}) in page.tags
        assert tags.count("h1") == tags.count("main") == tags.count("title") == 1
        levels = [int(tag[1]) for tag in tags if tag in ("h1", "h2", "h3")]
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert not {"script", "link", "img", "iframe", "form"} & set(tags)
        assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
        ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert len(ids) == len(set(ids))
        links = [str(attrs["href"]) for _, attrs in page.tags if "href" in attrs]
        assert {f"#{one}" for one in ids} >= set(links)
        assert len(links) > len(rule.articles)
        assert "@media print" in text
        for article in rule.articles:
            for paragraph in article.paragraphs:
                assert paragraph.text in page.words


def test_what_is_open_is_marked() -> None:
    rule = operating_rule(document("asahikawa"), on=DAY)
    text = rule_page(rule)
    assert "<mark>【未決定：保存する日数】</mark>" in text
    assert '<a href="#article-8">第8条第1項</a>' in text
    assert "<mark>" not in rule_page(operating_rule(adopted("asahikawa"), on=DAY))


def test_a_citys_text_is_never_markup() -> None:
    profile = adopt(document("inzai"), adoption("notices.text", "<b onclick=x>作動中</b> & \"'"))
    page = Page(rule_page(operating_rule(profile, on=DAY, title="<i>規程</i>")))
    assert "「<b onclick=x>作動中</b> & \"'」" in page.words
    assert "<i>規程</i>（案）" in page.words
    assert not {"b", "i"} & {tag for tag, _ in page.tags}

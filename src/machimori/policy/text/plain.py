# SPDX-License-Identifier: AGPL-3.0-or-later
"""An operating rule as plain text, in the layout of a 例規 set from left to right."""

from collections.abc import Iterator

from machimori.policy.text.structure import (
    Article,
    Item,
    OpenMatter,
    OperatingRule,
    kana,
    origin_notes,
)

_INDENT = "　"


def plain_text(rule: OperatingRule) -> str:
    """Lines as they are printed, ending with a line feed; no line is wrapped."""
    return "\n".join(_lines(rule)) + "\n"


def _lines(rule: OperatingRule) -> Iterator[str]:
    yield rule.heading
    if not rule.is_final:
        yield f"（未決定の事項が{len(rule.open)}件あります。末尾の一覧を御覧ください。）"
    for chapter in rule.chapters:
        yield ""
        yield f"{_INDENT * 3}第{chapter.number}章　{chapter.title}"
        for article in chapter.articles:
            yield ""
            yield from _article(article)
    yield ""
    yield f"{_INDENT * 3}附則"
    for paragraph in rule.supplement:
        yield f"{_INDENT}{paragraph.text}"
        yield note("", paragraph.origins)
    if rule.open:
        yield ""
        yield f"{_INDENT * 3}未決定の事項"
        for number, matter in enumerate(rule.open, start=1):
            yield f"{number}　{open_heading(matter)}"
            yield f"{_INDENT * 2}{open_body(matter)}"


def _article(article: Article) -> Iterator[str]:
    yield f"{_INDENT}（{article.caption}）"
    for index, paragraph in enumerate(article.paragraphs, start=1):
        head = f"第{article.number}条" if index == 1 else str(index)
        yield f"{head}　{paragraph.text}"
        for number, item in enumerate(paragraph.items, start=1):
            yield f"{_INDENT}({number})　{item.text}"
            yield from _below(item)
    for place, origins in origin_notes(article):
        yield note(place, origins)


def _below(item: Item) -> Iterator[str]:
    for index, one in enumerate(item.items):
        yield f"{_INDENT * 2}{kana(index)}　{one.text}"


def note(place: str, origins: tuple[str, ...]) -> str:
    """〔出典〕 of one place, as a line of its own."""
    where = f"{place}　" if place else ""
    return f"{_INDENT * 2}〔出典〕{where}{'、'.join(origins)}"


def open_heading(matter: OpenMatter) -> str:
    """The question and where it stands."""
    return f"{matter.label}（{matter.place or '条文なし'}）"


def open_body(matter: OpenMatter) -> str:
    """The document's clause and the range it leaves, the proposal, its reason."""
    clause = "、".join(word for word in (matter.clause, matter.bounds) if word)
    return f"{clause + '。' if clause else ''}提案：{matter.proposal}。{matter.reason}"

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The 管理運用規程 (I16, A22) as one self-contained page: no script, no font, no address outside.

Headings, landmarks and a list of contents for whoever reads it by ear or by keyboard
(JIS X 8341-3:2016 AA); a style for the printer. Numbers are text, so that copying keeps them.
"""

import re
from collections.abc import Iterator
from html import escape

from machimori.policy.text.structure import (
    Article,
    OperatingRule,
    Paragraph,
    kana,
    origin_notes,
)
from machimori.policy.wareki import wareki

_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; padding: 1.5rem; max-width: 46em; color: #1a1a1c; background: #fff;
  font: 1rem/1.9 "BIZ UDGothic", "Noto Sans JP", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.5; text-align: center; }
h2 { margin: 2.5rem 0 1rem; padding-left: 3em; font-size: 1.2rem; }
h3 { margin: 1.5rem 0 0; padding-left: 1em; font-size: 1rem; font-weight: normal; }
p { margin: 0; padding-left: 1em; text-indent: -1em; }
p.plain, main > p { text-indent: 0; padding-left: 0; }
p.item { padding-left: 3em; text-indent: -2em; }
p.below { padding-left: 4em; }
.origins { margin: .5rem 0 0; padding: 0 0 0 3em; list-style: none; font-size: .8125rem;
  line-height: 1.6; color: #4d4d4d; }
mark { background: #fff3c4; color: #1a1a1c; font-weight: bold; }
nav ol { padding: 0; list-style: none; }
a { color: #0017c1; }
a:focus-visible { outline: 4px solid #000; outline-offset: 2px; background: #ffd43d; }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.6; }
th, td { padding: .4rem .6rem; border: 1px solid #767676; text-align: left; vertical-align: top; }
@page { size: A4; margin: 20mm 20mm 18mm 25mm; }
@media print {
  body { padding: 0; max-width: none; font-size: 10.5pt; line-height: 1.7; }
  nav { display: none; }
  a { color: inherit; text-decoration: none; }
  h2, h3 { break-after: avoid; }
  tr { break-inside: avoid; }
  mark { background: none; border-bottom: 2px solid; }
}
""".strip()


def rule_page(rule: OperatingRule) -> str:
    """The whole page as text, to be stored in UTF-8; the same page for the same rule."""
    return "\n".join(_page(rule)) + "\n"


def _page(rule: OperatingRule) -> Iterator[str]:
    title = escape(rule.heading)
    yield "<!doctype html>"
    yield '<html lang="ja">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>"
    yield f"<style>\n{_STYLE}\n</style>"
    yield "</head>"
    yield "<body>"
    yield "<main>"
    yield f"<h1>{title}</h1>"
    yield f"<p>{wareki(rule.on, weekday=False)}現在</p>"
    if rule.open:
        yield (
            f"<p>未決定の事項が{len(rule.open)}件あります。"
            '<a href="#open">未決定の事項の一覧</a>を御覧ください。</p>'
        )
    yield from _contents(rule)
    for chapter in rule.chapters:
        yield "<section>"
        yield (
            f'<h2 id="chapter-{chapter.number}">第{chapter.number}章　{escape(chapter.title)}</h2>'
        )
        for article in chapter.articles:
            yield from _article(article)
        yield "</section>"
    yield "<section>"
    yield '<h2 id="supplement">附則</h2>'
    for paragraph in rule.supplement:
        yield f'<p class="plain">　{_text(paragraph.text)}</p>'
        yield from _origins([("", paragraph.origins)])
    yield "</section>"
    if rule.open:
        yield from _open(rule)
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _contents(rule: OperatingRule) -> Iterator[str]:
    yield '<nav aria-labelledby="contents">'
    yield '<h2 id="contents">目次</h2>'
    for chapter in rule.chapters:
        yield f'<p class="plain">第{chapter.number}章　{escape(chapter.title)}</p>'
        yield "<ol>"
        for article in chapter.articles:
            yield (
                f'<li><a href="#article-{article.number}">第{article.number}条'
                f"（{escape(article.caption)}）</a></li>"
            )
        yield "</ol>"
    yield '<p class="plain"><a href="#supplement">附則</a></p>'
    yield "</nav>"


def _article(article: Article) -> Iterator[str]:
    yield "<section>"
    yield f'<h3 id="article-{article.number}">（{escape(article.caption)}）</h3>'
    for index, paragraph in enumerate(article.paragraphs, start=1):
        mark = f"第{article.number}条" if index == 1 else str(index)
        yield from _paragraph(mark, paragraph)
    yield from _origins(list(origin_notes(article)))
    yield "</section>"


def _paragraph(mark: str, paragraph: Paragraph) -> Iterator[str]:
    yield f"<p>{mark}　{_text(paragraph.text)}</p>"
    for number, item in enumerate(paragraph.items, start=1):
        yield f'<p class="item">({number})　{_text(item.text)}</p>'
        for index, one in enumerate(item.items):
            yield f'<p class="item below">{kana(index)}　{_text(one.text)}</p>'


def _origins(rows: list[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    yield '<ul class="origins" aria-label="出典">'
    for place, origins in rows:
        where = f"{place}　" if place else ""
        yield f"<li>出典　{where}{_text('、'.join(origins))}</li>"
    yield "</ul>"


def _open(rule: OperatingRule) -> Iterator[str]:
    yield "<section>"
    yield '<h2 id="open">未決定の事項</h2>'
    yield "<table>"
    heads = ("番号", "事項", "箇所", "文書の定め", "提案", "理由")
    cells = "".join(f'<th scope="col">{head}</th>' for head in heads)
    yield f"<thead><tr>{cells}</tr></thead>"
    yield "<tbody>"
    for number, one in enumerate(rule.open, start=1):
        found = re.match(r"第(\d+)条", one.place)
        place = escape(one.place or "条文なし")
        link = f'<a href="#article-{found[1]}">{place}</a>' if found else place
        clause = "、".join(word for word in (one.clause, one.bounds) if word)
        row = (escape(one.label), link, *map(escape, (clause or "なし", one.proposal, one.reason)))
        data = "".join(f"<td>{cell}</td>" for cell in row)
        yield f'<tr><th scope="row">{number}</th>{data}</tr>'
    yield "</tbody>"
    yield "</table>"
    yield "</section>"


def _text(text: str) -> str:
    return re.sub("(【未決定：[^】]*】)", r"<mark>\1</mark>", escape(text))

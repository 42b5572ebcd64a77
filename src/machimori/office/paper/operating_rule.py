# SPDX-License-Identifier: AGPL-3.0-or-later
"""The 管理運用規程 (I16) as a sheet for the press."""

from machimori.office.paper.sheet import Block, Clause, Column, Heading, Listing, Provision, Sheet
from machimori.policy.text.structure import Article, Item, OperatingRule, kana, origin_notes
from machimori.policy.wareki import wareki


def rule_sheet(rule: OperatingRule) -> Sheet:
    """Chapters and articles with their origins, 附則, and what is still open as a list."""
    blocks: list[Block] = []
    for chapter in rule.chapters:
        blocks.append(Heading(text=f"第{chapter.number}章　{chapter.title}"))
        blocks += [_provision(article) for article in chapter.articles]
    blocks.append(Heading(text="附則"))
    blocks.append(
        Provision(
            caption="",
            clauses=tuple(Clause(mark="", text=f"　{one.text}") for one in rule.supplement),
            notes=tuple(_note("", one.origins) for one in rule.supplement),
        )
    )
    if rule.open:
        blocks.append(Heading(text="未決定の事項"))
        blocks.append(_open(rule))
    return Sheet(
        title=rule.heading,
        date=f"{wareki(rule.on, weekday=False)}現在",
        blocks=tuple(blocks),
        foot=rule.heading,
    )


def _provision(article: Article) -> Provision:
    clauses: list[Clause] = []
    for index, paragraph in enumerate(article.paragraphs, start=1):
        mark = f"第{article.number}条" if index == 1 else str(index)
        clauses.append(Clause(mark=mark, text=paragraph.text))
        for number, item in enumerate(paragraph.items, start=1):
            clauses.append(Clause(mark=f"({number})", text=item.text, depth=1))
            clauses += _below(item)
    return Provision(
        caption=f"（{article.caption}）",
        clauses=tuple(clauses),
        notes=tuple(_note(*row) for row in origin_notes(article)),
    )


def _below(item: Item) -> list[Clause]:
    return [
        Clause(mark=kana(index), text=one.text, depth=2) for index, one in enumerate(item.items)
    ]


def _note(place: str, origins: tuple[str, ...]) -> str:
    where = f"{place}　" if place else ""
    return f"出典　{where}{'、'.join(origins)}"


def _open(rule: OperatingRule) -> Listing:
    return Listing(
        columns=(
            Column(title="番号", width=5),
            Column(title="事項", width=24),
            Column(title="箇所", width=12),
            Column(title="文書の定め", width=16),
            Column(title="提案", width=18),
            Column(title="理由", width=30),
        ),
        rows=tuple(
            (
                str(number),
                one.label,
                one.place or "条文なし",
                "\n".join(word for word in (one.clause, one.bounds) if word),
                one.proposal,
                one.reason,
            )
            for number, one in enumerate(rule.open, start=1)
        ),
        small=True,
    )

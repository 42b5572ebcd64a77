# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the drafted articles to the rule: chapters closed up, articles numbered, references set.

A draft refers by name, `⟦limits/grounds/law⟧`. What it becomes depends on where it stands: 第11条第
1項第2号, 前条第1項第2号, 前項第2号, or 第2号 within the same paragraph.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from machimori.policy.adoption import OpenPoint, undecided
from machimori.policy.answers import Answer
from machimori.policy.profile import Profile
from machimori.policy.questions import catalogue
from machimori.policy.text import (
    deciding,
    equipment,
    general,
    keeping,
    office,
    police,
    provision,
    special,
)
from machimori.policy.text.drafting import Drafting
from machimori.policy.text.structure import (
    Article,
    Chapter,
    Item,
    OpenMatter,
    OperatingRule,
    Paragraph,
    numbered,
)
from machimori.policy.wording import in_words, source

_REFERENCE = re.compile("⟦([^⟧]+)⟧")

_Write = Callable[[Drafting], Article | None]
_CHAPTERS: tuple[tuple[str, tuple[_Write, ...]], ...] = (
    ("総則", (general.purpose, general.definitions, general.posts)),
    (
        "設置及び管理",
        (
            equipment.siting,
            equipment.conditions,
            equipment.notices,
            general.secrecy,
            equipment.terminals,
            keeping.retention,
        ),
    ),
    (
        "画像の利用及び提供",
        (
            provision.viewing,
            provision.limits,
            provision.procedure,
            deciding.decision,
            deciding.extraction,
            police.emergency,
            police.direct,
            special.watching,
            special.disclosure,
            special.copies,
        ),
    ),
    (
        "苦情の処理、点検等",
        (
            office.complaints,
            office.inspection,
            office.outsourcing,
            office.records,
            office.keeping,
        ),
    ),
)


def operating_rule(profile: Profile, *, on: dt.date, title: str = "") -> OperatingRule:
    """The 管理運用規程 that these rules make, as of the day `on`.

    `title` replaces 「（市名）防犯カメラ管理運用規程」. Everything that is unset stands in it as
    【未決定：…】 and is listed in `open`.
    """
    d = Drafting(profile=profile)
    drafted = [
        (heading, [article for write in writers if (article := write(d)) is not None])
        for heading, writers in _CHAPTERS
    ]
    last = [office.publication(d), office.remainder(d, on.isoformat())]
    drafted.append(("雑則", [article for article in last if article is not None]))
    chapters = _numbered(drafted)
    supplement = office.supplement(d)
    return OperatingRule(
        title=title or f"{profile.document.city}防犯カメラ管理運用規程",
        on=on,
        chapters=chapters,
        supplement=supplement,
        open=(*_open(profile, chapters), *_open_day(supplement)),
    )


def _numbered(drafted: Iterable[tuple[str, list[Article]]]) -> tuple[Chapter, ...]:
    chapters: list[Chapter] = []
    number = 0
    for heading, articles in drafted:
        placed = []
        for article in articles:
            number += 1
            placed.append(replace(article, number=number))
        if placed:
            chapters.append(
                Chapter(number=len(chapters) + 1, title=heading, articles=tuple(placed))
            )
    by_name = {article.name: article for chapter in chapters for article in chapter.articles}
    return tuple(
        replace(
            chapter,
            articles=tuple(_Resolver(by_name, article).article() for article in chapter.articles),
        )
        for chapter in chapters
    )


@dataclass(frozen=True)
class _Resolver:
    """Sets the references of one article."""

    articles: dict[str, Article]
    here: Article

    def article(self) -> Article:
        return replace(
            self.here,
            paragraphs=tuple(
                replace(
                    paragraph,
                    text=self._text(paragraph.text, position),
                    items=tuple(self._item(item, position) for item in paragraph.items),
                )
                for position, paragraph in enumerate(self.here.paragraphs, start=1)
            ),
        )

    def _item(self, item: Item, position: int) -> Item:
        below = tuple(self._item(one, position) for one in item.items)
        return replace(item, text=self._text(item.text, position), items=below)

    def _text(self, text: str, position: int) -> str:
        return _REFERENCE.sub(lambda found: self._place(found, position), text)

    def _place(self, found: re.Match[str], position: int) -> str:
        name, *rest = found[1].split("/")
        there = self.articles.get(name)
        targets = {} if there is None else _named(there)
        if there is None or (rest and rest[0] not in targets):
            # Not ours: a city's own text may have these brackets in it.
            return found[0]
        inside = there.number == self.here.number
        article = "" if inside else f"第{there.number}条"
        if there.number == self.here.number - 1:
            article = "前条"
        if not rest:
            return article
        index = targets[rest[0]]
        paragraph = "" if len(there.paragraphs) == 1 else f"第{index}項"
        if inside:
            paragraph = {position: "", position - 1: "前項"}.get(index, paragraph)
        items = _items(there.paragraphs[index - 1], rest[1]) if len(rest) > 1 else ""
        return article + paragraph + items


def _named(article: Article) -> dict[str, int]:
    """The number of each paragraph that can be referred to."""
    numbered_from_one = enumerate(article.paragraphs, start=1)
    return {one.name: index for index, one in numbered_from_one if one.name}


def _items(paragraph: Paragraph, names: str) -> str:
    wanted = names.split(",")
    numbers = [index for index, one in enumerate(paragraph.items, start=1) if one.name in wanted]
    return numbered(numbers, "号", "又は")


def _open(profile: Profile, chapters: tuple[Chapter, ...]) -> tuple[OpenMatter, ...]:
    places = dict(_places(chapters))
    matters = []
    for point in undecided(profile):
        matters.append(
            OpenMatter(
                key=point.key,
                label=_label(profile, point.key, point.question.ja),
                place=places.get(point.key, ""),
                clause=source(profile, point.key).ja if point.answer.clause else "",
                bounds=_bounds(point.answer),
                proposal=_proposal(profile, point),
                reason=point.answer.reason,
            )
        )
    return tuple(matters)


def _proposal(profile: Profile, point: OpenPoint) -> str:
    value = point.answer.recommended
    assert value is not None
    if isinstance(value, tuple) and point.question.choices == catalogue().members["posts"]:
        return "、".join(Drafting(profile=profile).name(post) for post in value)
    return in_words(point.question, value)[0]


def _bounds(answer: Answer) -> str:
    low = "" if answer.minimum is None else f"{answer.minimum}以上"
    high = "" if answer.maximum is None else f"{answer.maximum}以下"
    return low + high


def _places(chapters: tuple[Chapter, ...]) -> Iterable[tuple[str, str]]:
    """Every unset key with the place of its mark; the first one counts, so it comes last."""
    found = []
    for chapter in chapters:
        for article in chapter.articles:
            for index, paragraph in enumerate(article.paragraphs, start=1):
                where = f"第{article.number}条"
                if len(article.paragraphs) > 1:
                    where += f"第{index}項"
                found += [(key, where) for key in paragraph.opens]
                for number, item in enumerate(paragraph.items, start=1):
                    found += [(key, f"{where}第{number}号") for key in item.opens]
    return reversed(found)


def _label(profile: Profile, key: str, label: str) -> str:
    family, *rest = key.split(".")
    if family == "posts":
        return f"{Drafting(profile=profile).name(rest[0])}：{label}"
    if len(rest) == 2:
        about = {"grounds": "label", "laws": "title", "agreements": "title", "places": "label"}
        name = profile.text(f"{family}.{rest[0]}.{about[family]}") if family in about else None
        return f"{name or rest[0]}：{label}"
    return label


def _open_day(supplement: tuple[Paragraph, ...]) -> tuple[OpenMatter, ...]:
    if office.DAY_OF_EFFECT not in supplement[0].origins[0]:
        return ()
    return (
        OpenMatter(
            key="",
            label=office.DAY_OF_EFFECT,
            place="附則",
            clause="",
            bounds="",
            proposal="市が決める日",
            reason="市の決定の効力の日から施行します。",
        ),
    )

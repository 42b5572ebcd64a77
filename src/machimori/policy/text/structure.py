# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an operating rule consists of: 章, 条, 項, 号, and where each of them comes from.

Numbers are positions, so that an article that is left out leaves no hole. `name` is what references
between articles are written with until the numbers are known (`composing`).
"""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Item:
    """A 号, or the アイウ below one. `origins` as a reader sees them, `opens` the unset keys."""

    text: str
    origins: tuple[str, ...]
    opens: tuple[str, ...] = ()
    name: str = ""
    items: "tuple[Item, ...]" = ()


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A 項 with its 号."""

    text: str
    origins: tuple[str, ...]
    opens: tuple[str, ...] = ()
    name: str = ""
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Article:
    """A 条. `number` is 0 until the articles are numbered."""

    name: str
    caption: str
    paragraphs: tuple[Paragraph, ...]
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """A 章; its articles are numbered through the whole rule."""

    number: int
    title: str
    articles: tuple[Article, ...]


@dataclass(frozen=True, kw_only=True)
class OpenMatter:
    """What the city has yet to decide: the question, where it stands, a proposal and its reason.

    `place` is empty for what no article is about. `clause` is the sentence's citation of the
    document that leaves the matter open, empty if it is silent; `bounds` the range that it leaves.
    """

    key: str
    label: str
    place: str
    clause: str
    bounds: str
    proposal: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OperatingRule:
    """The whole rule as of the day `on`; `supplement` is the 附則."""

    title: str
    on: dt.date
    chapters: tuple[Chapter, ...]
    supplement: tuple[Paragraph, ...]
    open: tuple[OpenMatter, ...]

    @property
    def is_final(self) -> bool:
        """Whether nothing is left to decide: only then is it more than a draft."""
        return not self.open

    @property
    def heading(self) -> str:
        """The title, marked 案 while anything is open."""
        return self.title if self.is_final else f"{self.title}（案）"

    @property
    def articles(self) -> tuple[Article, ...]:
        """All articles in order."""
        return tuple(article for chapter in self.chapters for article in chapter.articles)


_KANA = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
)


def kana(index: int) -> str:
    """ア for 0, as items below a 号 are marked."""
    return _KANA[index]


def origin_notes(article: Article) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Where an article comes from, as (place, origins), equal origins taken together.

    A place is `第1項及び第3項`, `第2項第1号から第3号まで`, or empty for the whole article.
    """
    alone = len(article.paragraphs) == 1
    whole: dict[tuple[str, ...], list[int]] = {}
    rows: list[tuple[int, str, tuple[str, ...]]] = []
    for index, paragraph in enumerate(article.paragraphs, start=1):
        if all(item.origins == paragraph.origins for item in paragraph.items):
            whole.setdefault(paragraph.origins, []).append(index)
            continue
        place = "" if alone else f"第{index}項"
        groups: dict[tuple[str, ...], list[int]] = {paragraph.origins: [0]}
        for number, item in enumerate(paragraph.items, start=1):
            groups.setdefault(item.origins, []).append(number)
        for origins, numbers in groups.items():
            lead = ["柱書"] if numbers[0] == 0 else []
            named = joined([*lead, *_runs(numbers[len(lead) :], "号")], "及び")
            rows.append((index, place + named, origins))
    for origins, indexes in whole.items():
        rows.append((indexes[0], "" if alone else numbered(indexes, "項", "及び"), origins))
    if not any(one for one in article.paragraphs if one.origins not in whole) and len(whole) == 1:
        rows = [(0, "", next(iter(whole)))] if len(rows) == 1 else rows
    return tuple((place, origins) for _, place, origins in sorted(rows, key=lambda row: row[0]))


def numbered(numbers: list[int], unit: str, joint: str) -> str:
    """第1号から第3号まで及び第5号; `joint` is 及び or 又は."""
    return joined(_runs(numbers, unit), joint)


def _runs(numbers: list[int], unit: str) -> list[str]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words: list[str] = []
    for run in runs:
        if len(run) > 2:
            words.append(f"第{run[0]}{unit}から第{run[-1]}{unit}まで")
        else:
            words += [f"第{number}{unit}" for number in run]
    return words


def joined(words: list[str] | tuple[str, ...], joint: str) -> str:
    """A、B及びC. A last word that begins with その他 needs no conjunction."""
    if len(words) < 2:
        return "".join(words)
    before = "、".join(words[:-1])
    return (
        f"{before}{words[-1]}" if words[-1].startswith("その他") else f"{before}{joint}{words[-1]}"
    )

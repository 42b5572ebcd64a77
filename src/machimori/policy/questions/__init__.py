# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every question that the workflow asks of a city's rules.

The questions are data beside this file, in the order in which a page shows them. A question's key
is dotted (`retention.days`); a key with a star (`grounds.*.hold`) is asked of every member of a
family. The members of some families are fixed (posts, acts, forms), those of others come from the
document (grounds, places, agreements, legal bases). docs/ref/profile.md lists all of them.

Where a document is silent, the answer is the question's own: `unset` with its recommended value
(nobody inherits a rule about footage from our opinion), or `assumed` for the office procedure
that we add.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Any, Literal, cast

from machimori.policy.answers import Answer, Value
from machimori.policy.errors import PolicyError

Kind = Literal["flag", "number", "text", "choice", "names", "day", "clock"]
"""`names` is a list of choices (of anything where there are no choices), `clock` is HH:MM."""

FILES = ("people", "grounds", "footage", "special", "office", "papers")

_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST = 2000


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One value that a choice or a list may have, in words."""

    id: str
    ja: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """`when` is a key of the same profile and the values that make this question apply at all.

    `blocks` says whether a scheme waits for this answer while it is unset. `silences` are the
    answers of a silent document, by member of the family, `*` being everybody else's.
    """

    key: str
    section: str
    kind: Kind
    ja: str
    en: str
    help_ja: str
    help_en: str
    blocks: bool = True
    choices: tuple[Choice, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    unit: str = ""
    when: tuple[str, tuple[Value, ...]] | None = None
    silences: Mapping[str, Answer] = field(default_factory=dict)

    def silent(self, key: str) -> Answer:
        """The answer to `key`, which this question covers, where the document says nothing."""
        member = key.split(".")[1]
        return self.silences[member] if member in self.silences else self.silences["*"]

    def read(self, raw: object, where: str) -> Value:
        """`raw`, as TOML gives it, as a value of this question.

        Raises PolicyError naming `where`, with what is allowed.
        """
        match self.kind:
            case "flag" if isinstance(raw, bool):
                return raw
            case "number" if isinstance(raw, int) and not isinstance(raw, bool):
                return self._bounded(raw, where)
            case "text" if isinstance(raw, str) and 0 < len(raw) <= _LONGEST:
                return raw
            case "choice" if isinstance(raw, str) and raw in self._ids():
                return raw
            case "clock" if isinstance(raw, str) and _CLOCK.fullmatch(raw):
                return raw
            case "day" if isinstance(raw, dt.date) and not isinstance(raw, dt.datetime):
                return raw
            case "names" if isinstance(raw, list | tuple):
                return self._names(raw, where)
        raise PolicyError(f"expected {self._expected()}", where=where, remedy=self.en)

    def _bounded(self, number: int, where: str) -> int:
        low = self.minimum if self.minimum is not None else 0
        high = self.maximum if self.maximum is not None else 1_000_000
        if not low <= number <= high:
            raise PolicyError(f"{number} is not {low} to {high}", where=where, remedy=self.en)
        return number

    def _names(self, raw: "list[object] | tuple[object, ...]", where: str) -> tuple[str, ...]:
        names = tuple(name for name in raw if isinstance(name, str) and 0 < len(name) <= _LONGEST)
        if len(names) != len(raw) or len(set(names)) != len(names):
            raise PolicyError("expected texts, each once", where=where, remedy=self.en)
        unknown = [name for name in names if self.choices and name not in self._ids()]
        if unknown:
            raise PolicyError(
                f"{unknown[0]!r} is not one of {', '.join(self._ids())}",
                where=where,
                remedy=self.en,
            )
        return names

    def _ids(self) -> tuple[str, ...]:
        return tuple(choice.id for choice in self.choices)

    def _expected(self) -> str:
        match self.kind:
            case "flag":
                return "true or false"
            case "number":
                return "a whole number"
            case "choice":
                return "one of " + ", ".join(self._ids())
            case "clock":
                return "a time as HH:MM"
            case "day":
                return "a date as 2026-04-01"
            case "names":
                return "a list of texts"
        return f"a text of 1 to {_LONGEST} characters"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading of the page and of the reference."""

    id: str
    ja: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """All questions in order, by key; the fixed members of families; names for choices."""

    sections: tuple[Section, ...]
    questions: Mapping[str, Question]
    members: Mapping[str, tuple[Choice, ...]]

    def question(self, key: str) -> Question:
        """The question that `key` answers, `grounds.inquiry.hold` being `grounds.*.hold`.

        Raises PolicyError if there is none.
        """
        found = self.questions.get(key)
        if found is None:
            parts = key.split(".")
            if len(parts) == 3 and _NAME.fullmatch(parts[1]):
                found = self.questions.get(f"{parts[0]}.*.{parts[2]}")
            fixed = self.members.get(parts[0])
            if fixed is not None and parts[1:2] not in [[member.id] for member in fixed]:
                found = None
        if found is None or "*" in key:
            raise PolicyError(
                "no such question", where=key, remedy="docs/ref/profile.md lists every key"
            )
        return found

    @cached_property
    def families(self) -> tuple[str, ...]:
        """The first words of the keys with a star, in order."""
        return tuple(dict.fromkeys(key.split(".")[0] for key in self.questions if ".*." in key))


@cache
def catalogue() -> Catalogue:
    """The questions of this version of the product."""
    sections: list[Section] = []
    questions: dict[str, Question] = {}
    members: dict[str, tuple[Choice, ...]] = {}
    lists: dict[str, tuple[Choice, ...]] = {}
    for name in FILES:
        text = (resources.files(__package__) / f"{name}.toml").read_text("utf-8")
        data = tomllib.loads(text)
        for word, rows in data.get("lists", {}).items():
            lists[word] = tuple(Choice(id=key, ja=ja, en=en) for key, (ja, en) in rows.items())
        for family, word in data.get("members", {}).items():
            members[family] = lists[word]
        for head in data["section"]:
            sections.append(Section(id=head["id"], ja=head["ja"], en=head["en"]))
            for row in head["question"]:
                question = _question(row, head["id"], lists)
                questions[question.key] = question
    return Catalogue(sections=tuple(sections), questions=questions, members=members)


def _question(row: dict[str, Any], section: str, lists: dict[str, tuple[Choice, ...]]) -> Question:
    ja, en = row["label"]
    help_ja, help_en = row["help"]
    when = row.get("when")
    plain = {name: row[name] for name in ("recommended", "reason", "silence") if name in row}
    rows = {"*": plain} | {
        name: plain | special for name, special in row.get("special", {}).items()
    }
    return Question(
        key=row["key"],
        section=section,
        kind=cast(Kind, row["kind"]),
        ja=ja,
        en=en,
        help_ja=help_ja,
        help_en=help_en,
        silences={name: _silence(entry) for name, entry in rows.items()},
        blocks=row.get("blocks", True),
        choices=lists[row["of"]] if "of" in row else (),
        minimum=row.get("min"),
        maximum=row.get("max"),
        unit=row.get("unit", ""),
        when=None if when is None else (when[0], tuple(when[1])),
    )


def _silence(row: dict[str, Any]) -> Answer:
    raw = row["recommended"]
    value: Value = tuple(raw) if isinstance(raw, list) else raw
    if row.get("silence") == "assumed":
        return Answer(value=value, status="assumed", reason=row["reason"])
    return Answer(value=None, status="unset", recommended=value, reason=row["reason"])

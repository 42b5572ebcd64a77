# SPDX-License-Identifier: AGPL-3.0-or-later
"""廃棄予定の文書: what is kept to the end of a 年度 at most, counted and paged by the database.

A city's list may have tens of thousands of cases; a page reads its own alone.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final, Literal

from machimori.office.oversight import over
from machimori.office.oversight.asked import midnight
from machimori.office.oversight.kept import (
    Kept,
    copies_open,
    loose,
    of_row,
    prints_open,
    with_open,
)
from machimori.office.oversight.kinds import KINDS, Kind
from machimori.office.people.models import Scheme
from machimori.office.rules.access import Rulebook
from machimori.office.shared.prepared import Given, Statement, woven
from machimori.office.shared.tables import PAGE
from machimori.policy.wareki import fiscal_year_start

_Like = Literal["LIKE", "ILIKE"]
_BATCH: Final = 2000
_DUE: Final = """
WITH open (case_id) AS ({copies} UNION ALL {prints} UNION ALL {used}),
due AS MATERIALIZED (
    SELECT rows.name, rows.case_id, rows.completed, rows.last, rows.last < %(today)s
        AND rows.case_id NOT IN (SELECT case_id FROM open WHERE case_id IS NOT NULL)
        AND rows.name || ':' || rows.case_id NOT IN (SELECT unnest(%(held)s::text[])) AS ready,
        {found} AS found
    FROM ({rows}) rows (name, case_id, number, state, completed, last)
    {said}
    WHERE rows.last <= %(end)s
)
"""
_SAID: Final = """
JOIN jsonb_to_recordset(%(missing)s::jsonb) said (name text, state text, words text[])
    ON said.name = rows.name AND said.state = rows.state
"""
_FOUND: Final = "(said.words = '{}' OR rows.number {like} ALL(said.words))"
_KEYS: Final = """
SELECT name, case_id FROM due
WHERE found AND (ready OR NOT %(only_ready)s) ORDER BY last, completed, case_id
"""
_LOOK: Final = """,
counts AS (
    SELECT count(*) FILTER (WHERE found AND (ready OR NOT %(only_ready)s)) AS cases,
        count(*) FILTER (WHERE ready) AS ready, {digest} AS digest
    FROM due
), wanted AS (
    -- Where the page begins among the cases, or the last one.
    SELECT cases, ready, digest, greatest(
        0, least(%(first)s, (cases + %(loose)s - 1) / %(many)s * %(many)s) - %(loose)s
    ) AS skipped
    FROM counts
)
SELECT wanted.cases, wanted.ready, wanted.skipped, wanted.digest, part.name, part.case_id
FROM wanted LEFT JOIN (
    SELECT * FROM due WHERE found AND (ready OR NOT %(only_ready)s)
    ORDER BY last, completed, case_id LIMIT %(many)s OFFSET (SELECT skipped FROM wanted)
) part ON true
ORDER BY part.last, part.completed, part.case_id
"""
"""How many are found, how many of all may be disposed of, and the keys of one part, by one walk."""
_DIGEST: Final = """
encode(sha256(convert_to(concat_ws(E'\\n', %(before)s::text,
    string_agg(name || ':' || case_id, E'\\n' ORDER BY last, completed, case_id)
        FILTER (WHERE found AND ready)), 'UTF8')), 'hex')
""".strip()
"""Of what may be disposed of: `digest` of its names without their way here, thousands a time."""


def digest(listed: Sequence[str]) -> str:
    """What stands for a list of `Kept.name`: what somebody saw is what is decided."""
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Ending:
    """A 年度 at whose end records' years end, as of today."""

    scheme: Scheme
    rules: Rulebook
    on: dt.date
    """Today."""
    year: int

    @property
    def last(self) -> dt.date:
        """Its last day."""
        return dt.date(self.year + 1, 3, 31)

    @cached_property
    def loose(self) -> list[Kept]:
        """Registers and lines without a case; a query for each kind."""
        found: list[Kept] = []
        for name, kind in KINDS.items():
            before = self._before(kind.years)
            if not isinstance(kind, Kind) and before is not None:
                found += loose(name, kind, self.scheme, self.rules, self.on, before=before)
        ended = [one for one in found if one.last_day <= self.last]
        return sorted(ended, key=lambda one: (one.last_day, one.kind, one.number))

    @cached_property
    def given(self) -> dict[str, Any]:
        """What the statements about its cases are given."""
        found = over.last_days(self.rules, self.on)
        found |= {f"before {name}": self._before(one.years) for name, one in over.CASES.items()}
        return found | {"scheme": self.scheme.pk, "today": self.on, "end": self.last}

    def _before(self, years: str) -> dt.datetime | None:
        """The instant before which what has these years was completed to be in the list; None while
        the city has not said how many they are."""
        number = self.rules.on(self.on).number(years)
        return None if number is None else midnight(fiscal_year_start(self.year + 1 - number))


@dataclass(frozen=True, kw_only=True)
class Due:
    """The list, as its rows are asked for: first registers and lines without a case, then cases;
    of each the oldest first."""

    of: Ending
    held: frozenset[str]
    """`Kept.name` of what a stay holds."""
    words: str = ""
    """Each must be found in the kind, the number or how it ended."""
    ready: bool = False
    """Only what may be disposed of today: over, with nothing open and nothing in `held`."""
    page: int = 0
    """The page, from 1, that is probably asked for: its cases are found while all are counted. 0:
    all are asked for."""

    def __len__(self) -> int:
        return len(self._loose) + self._look.cases

    def __getitem__(self, part: slice) -> list[Kept]:
        """A part from a start to an end; four queries, or five if it is not of `page`."""
        start, stop, first = part.start or 0, part.stop, len(self._loose)
        begin, end = max(0, start - first), max(0, stop - first)
        return [*self._loose[part], *self._read(self._part(begin, end))]

    def __iter__(self) -> Iterator[Kept]:
        yield from self._loose
        keys = self._keys
        for first in range(0, len(keys), _BATCH):
            yield from self._read(keys[first : first + _BATCH])

    @property
    def disposable(self) -> int:
        """How many may be disposed of today, whatever the words."""
        return sum(map(self._may_go, self.of.loose)) + self._look.ready

    @property
    def digest(self) -> str:
        """What stands for what may be disposed of, where only that is listed: `digest` of its
        `names`, as the database finds it together with a page."""
        return self._look.digest

    def names(self) -> list[str]:
        """`Kept.name` of all, in their order."""
        return [*(one.name for one in self._loose), *map(":".join, self._keys)]

    def _read(self, keys: Sequence[tuple[str, str]]) -> list[Kept]:
        """What stands behind the keys, in their order; three queries."""
        if not keys:
            return []
        places = {key: place for place, key in enumerate(keys)}
        cases = {name: [case for of, case in keys if of == name] for name in over.CASES}
        given = {f"cases {name}": ids for name, ids in cases.items()} | self.of.given
        rows = over.named(*(name for name, ids in cases.items() if ids)).ask(given)
        found = sorted(map(of_row, rows), key=lambda one: places[one.kind, one.case])
        return with_open(self.of.scheme, found)

    @cached_property
    def _loose(self) -> list[Kept]:
        wanted = self.words.casefold().split()
        return [
            one
            for one in self.of.loose
            if all(word in f"{one.text}\n{one.ending}".casefold() for word in wanted)
            and (self._may_go(one) or not self.ready)
        ]

    def _may_go(self, one: Kept) -> bool:
        return one.over(self.of.on) and one.name not in self.held

    def _part(self, begin: int, end: int) -> Sequence[tuple[str, str]]:
        """The keys of the cases from the one to the other."""
        if not self.page:
            return self._keys[begin:end]
        look = self._look
        first, after = look.skipped, look.skipped + len(look.keys)
        if begin < first or min(end, look.cases) > after:
            return self._keys[begin:end]
        return look.keys[begin - first : end - first]

    @cached_property
    def _look(self) -> "_Look":
        page = {"first": max(0, self.page - 1) * PAGE, "many": PAGE, "loose": len(self._loose)}
        before = "\n".join(one.name for one in self._loose) or None
        look = _LOOK.replace("{digest}", _DIGEST if self.ready else "''")
        rows = self._asked(look, page | {"before": before})
        cases, ready, skipped, found, *_ = rows[0]
        return _Look(
            cases=cases,
            ready=ready,
            skipped=skipped,
            digest=found,
            keys=[(name, case) for *_, name, case in rows if name is not None],
        )

    @cached_property
    def _keys(self) -> list[tuple[str, str]]:
        """Kind and id of every case, in their order; one query."""
        return [(name, case) for name, case in self._asked(_KEYS, {})]

    def _asked(self, wanted: str, more: dict[str, Any]) -> list[tuple[Any, ...]]:
        given = self.of.given | {"held": list(self.held), "only_ready": self.ready} | more
        if self.words:
            given["missing"] = json.dumps(_missing(self.words))
        like: _Like | None = None
        if self.words:
            # Kanji have no case; to look for one costs ten times as much.
            like = "LIKE" if self.words.lower() == self.words.upper() else "ILIKE"
        return _statement(wanted, like).ask(given)


@dataclass(frozen=True, kw_only=True)
class _Look:
    """How many cases a list has, how many may be disposed of, in it or not, and the keys of those
    of a page, before which others are `skipped`."""

    cases: int
    ready: int
    skipped: int
    digest: str
    keys: Sequence[tuple[str, str]]


def _missing(words: str) -> list[dict[str, Any]]:
    """Of each kind that ended so the words that are not in its text: they must be in its number."""
    return [
        {
            "name": name,
            "state": state,
            "words": [_pattern(word) for word in words.split() if word.casefold() not in text],
        }
        for name, kind in over.CASES.items()
        for state in kind.ended
        for text in [f"{kind.text}\n{kind.states[state]}".casefold()]
    ]


def _pattern(word: str) -> str:
    return "%" + re.sub(r"([\\%_])", r"\\\1", word) + "%"


@cache
def _statement(wanted: str, like: _Like | None) -> Statement:
    """One about the cases that are due; `like` says how it is told which of them have the words."""
    prints = prints_open(Given("scheme"))
    return woven(
        (_DUE + wanted)
        .replace("{said}", _SAID if like else "")
        .replace("{found}", _FOUND.replace("{like}", like) if like else "true"),
        copies=Statement.of(copies_open(Given("scheme")).values("case")),
        prints=Statement.of(prints.values("viewing__case")),
        used=Statement.of(prints.values("viewing__use")),
        rows=over.completed(numbered=like is not None),
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""廃棄予定の文書: what is kept to the end of a 年度 at most, counted and paged by the database.

A city's list may have tens of thousands of cases; a page reads its own alone.
"""

import datetime as dt
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
JOIN unnest(%(kinds)s::text[], %(states)s::text[], %(texts)s::text[]) said (name, state, text)
    ON said.name = rows.name AND said.state = rows.state
"""
_FOUND: Final = "concat(said.text, E'\\n', rows.number) {like} ALL(%(words)s::text[])"
_KEYS: Final = """
SELECT name, case_id FROM due
WHERE found AND (ready OR NOT %(only_ready)s) ORDER BY last, completed, case_id
"""
_LOOK: Final = """,
counts AS (
    SELECT count(*) FILTER (WHERE found AND (ready OR NOT %(only_ready)s)) AS cases,
        count(*) FILTER (WHERE ready) AS ready
    FROM due
), wanted AS (
    -- Where the page begins among the cases, or the last one.
    SELECT cases, ready, greatest(
        0, least(%(first)s, (cases + %(loose)s - 1) / %(many)s * %(many)s) - %(loose)s
    ) AS skipped
    FROM counts
)
SELECT wanted.cases, wanted.ready, wanted.skipped, part.name, part.case_id
FROM wanted LEFT JOIN (
    SELECT * FROM due WHERE found AND (ready OR NOT %(only_ready)s)
    ORDER BY last, completed, case_id LIMIT %(many)s OFFSET (SELECT skipped FROM wanted)
) part ON true
ORDER BY part.last, part.completed, part.case_id
"""
"""How many are found, how many of all may be disposed of, and the keys of one part, by one walk."""


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

    def names(self) -> list[str]:
        """`Kept.name` of all, in the order of the alphabet."""
        return sorted([*(one.name for one in self._loose), *map(":".join, self._keys)])

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
        rows = self._asked(_LOOK, page)
        cases, ready, skipped, *_ = rows[0]
        return _Look(
            cases=cases,
            ready=ready,
            skipped=skipped,
            keys=[(name, case) for *_, name, case in rows if name is not None],
        )

    @cached_property
    def _keys(self) -> list[tuple[str, str]]:
        """Kind and id of every case, in their order; one query."""
        return [(name, case) for name, case in self._asked(_KEYS, {})]

    def _asked(self, wanted: str, more: dict[str, Any]) -> list[tuple[Any, ...]]:
        given = self.of.given | {"held": list(self.held), "only_ready": self.ready} | more
        if self.words:
            given |= _searched(self.words)
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
    keys: Sequence[tuple[str, str]]


def _searched(words: str) -> dict[str, Any]:
    """What a search is given: in which words each kind is shown that ended so, and what must be
    found."""
    said = [
        (name, state, f"{kind.text}\n{kind.states[state]}")
        for name, kind in over.CASES.items()
        for state in kind.ended
    ]
    kinds, states, texts = map(list, zip(*said, strict=True))
    wanted = ["%" + re.sub(r"([\\%_])", r"\\\1", word) + "%" for word in words.split()]
    return {"kinds": kinds, "states": states, "texts": texts, "words": wanted}


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

# SPDX-License-Identifier: AGPL-3.0-or-later
"""廃棄予定の文書: what is kept to the end of a 年度 at most, counted and paged by the database.

A city's list may have tens of thousands of cases; a page reads its own alone.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q

from machimori.office.oversight.asked import midnight
from machimori.office.oversight.kept import (
    Kept,
    LastDay,
    copies_open,
    last_day,
    loose,
    numbered,
    of_row,
    over,
    prints_open,
    with_open,
)
from machimori.office.oversight.kinds import KINDS, Kind
from machimori.office.oversight.models import Record
from machimori.office.people.models import Scheme
from machimori.office.rules.access import Rulebook
from machimori.policy.wareki import fiscal_year_start

_BATCH: Final = 2000


@dataclass(frozen=True, kw_only=True)
class Due:
    """The list, as its rows are asked for: first registers and lines without a case, then cases;
    of each the oldest first."""

    scheme: Scheme
    rules: Rulebook
    on: dt.date
    """Today."""
    year: int
    """年度."""
    words: str = ""
    """Each must be found in the kind, the number or how it ended."""
    ready: bool = False
    """Only what may be disposed of today: over, with nothing open and nothing in `held`."""
    held: frozenset[str] = frozenset()
    """`Kept.name` of what a stay holds."""

    def __len__(self) -> int:
        return len(self._loose) + int(self._cases.count())

    def __getitem__(self, part: slice) -> list[Kept]:
        """A part from a start to an end; four queries."""
        start, stop, first = part.start or 0, part.stop, len(self._loose)
        keys = self._keys[max(0, start - first) : max(0, stop - first)] if stop > first else ()
        return with_open(self.scheme, self._loose[part] + self._read(list(keys)))

    def __iter__(self) -> Iterator[Kept]:
        yield from self._loose
        keys = self._keys.iterator(_BATCH)
        while batch := list(islice(keys, _BATCH)):
            yield from with_open(self.scheme, self._read(batch))

    def names(self) -> list[str]:
        """`Kept.name` of all, in the order of the alphabet."""
        return sorted([*(one.name for one in self._loose), *map(":".join, self._cases)])

    def _read(self, keys: Sequence[tuple[Any, ...]]) -> list[Kept]:
        """What stands behind the keys, in their order; one query."""
        places = {(name, case): place for place, (name, case, *_) in enumerate(keys)}
        parts = []
        for name in {name for name, _ in places}:
            kind = KINDS[name]
            assert isinstance(kind, Kind)
            rows = over(name, kind, self.scheme, self._last_days[kind.years])
            cases = [case for of, case in places if of == name]
            parts.append(numbered(rows.filter(case_id__in=cases), kind))
        found = parts[0].union(*parts[1:], all=True) if parts else ()
        return sorted(map(of_row, found), key=lambda one: places[one.kind, one.case])

    @property
    def _end(self) -> dt.date:
        return dt.date(self.year + 1, 3, 31)

    @cached_property
    def _loose(self) -> list[Kept]:
        found: list[Kept] = []
        for name, kind, before in self._decided():
            if not isinstance(kind, Kind):
                found += loose(name, kind, self.scheme, self.rules, self.on, before=before)
        return sorted(
            filter(self._takes, found), key=lambda one: (one.last_day, one.kind, one.number)
        )

    def _takes(self, one: Kept) -> bool:
        text = f"{one.text}\n{one.ending}".casefold()
        found = one.last_day <= self._end and all(
            word in text for word in self.words.casefold().split()
        )
        return found and not (self.ready and (not one.over(self.on) or one.name in self.held))

    @property
    def _cases(self) -> Any:
        return self._union("name", "case_id")

    @property
    def _keys(self) -> Any:
        order = ("last", "completed", "case_id")
        return self._union("name", "case_id", "last", "completed", by=order)

    def _union(self, *columns: str, by: Sequence[str] = ()) -> Any:
        parts = [rows.values_list(*columns) for rows in self._parts]
        # In a city that has set no years at all nothing is due.
        return (
            parts[0].union(*parts[1:], all=True).order_by(*by) if parts else Record.objects.none()
        )

    @cached_property
    def _parts(self) -> list[Any]:
        return [
            self._narrowed(name, kind, before)
            for name, kind, before in self._decided()
            if isinstance(kind, Kind)
        ]

    @cached_property
    def _last_days(self) -> dict[str, LastDay]:
        """By the question that says the years: several kinds have one."""
        kinds = {kind.years: kind for kind in KINDS.values() if isinstance(kind, Kind)}
        known = self.rules.on(self.on)
        return {
            key: last_day(kind, self.rules, self.on)
            for key, kind in kinds.items()
            if known.number(key) is not None
        }

    def _decided(self) -> Iterator[tuple[str, Any, dt.datetime]]:
        """The kinds whose years are known, each with the instant before which a case of it was
        completed to be in the list."""
        for name, kind in KINDS.items():
            years = self.rules.on(self.on).number(kind.years)
            if years is not None:
                yield name, kind, midnight(fiscal_year_start(self.year + 1 - years))

    def _narrowed(self, name: str, kind: Kind, before: dt.datetime) -> Any:
        rows = over(name, kind, self.scheme, self._last_days[kind.years])
        rows = rows.filter(completed__lt=before, last__lte=self._end)
        if self.words:
            rows = rows.annotate(number=kind.number)
        for word in self.words.split():
            if word.casefold() not in str(kind.text).casefold():
                ends = [key for key, text in kind.states.items() if word in str(text)]
                rows = rows.filter(Q(number__icontains=word) | Q(state__in=ends))
        if not self.ready:
            return rows
        held = [one.partition(":")[2] for one in self.held if one.startswith(f"{name}:")]
        case = OuterRef("case_id")
        prints = prints_open(self.scheme).filter(Q(viewing__case=case) | Q(viewing__use=case))
        return rows.filter(
            ~Exists(copies_open(self.scheme).filter(case=case)),
            ~Exists(prints),
            last__lt=self.on,
        ).exclude(case_id__in=held)

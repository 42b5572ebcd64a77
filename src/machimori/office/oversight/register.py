# SPDX-License-Identifier: AGPL-3.0-or-later
"""利用簿: the uses of every source in one order, newest first, a page at a time by key."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db.models import TextField, Value
from django.db.models.functions import Cast

from machimori.kernel.instants import micros
from machimori.office.oversight.asked import Asked
from machimori.office.oversight.sources.direct import Direct
from machimori.office.oversight.sources.disclosure import Disclosure
from machimori.office.oversight.sources.disposed import Disposed
from machimori.office.oversight.sources.imported import Imported
from machimori.office.oversight.sources.internal import Internal
from machimori.office.oversight.sources.looking import Looks
from machimori.office.oversight.sources.police import Police
from machimori.office.oversight.sources.provision import Provision
from machimori.office.oversight.sources.source import Cases, Place, Source, before
from machimori.office.oversight.sources.viewing import Viewings
from machimori.office.oversight.uses import Use
from machimori.office.rules.access import Rulebook

SOURCES: Final[tuple[Source, ...]] = (
    Provision(),
    Viewings(),
    Police(),
    Disclosure(),
    Imported(),
    Direct(),
    Internal(),
    Disposed(),
    Looks(),
)
"""Their order decides between uses of one instant, and stands in addresses of pages."""
PAGE: Final = 50
_BATCH: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some lines, and the place after which the next begin; None: these are the last."""

    uses: Sequence[Use]
    following: Place | None


def page(asked: Asked, rules: Rulebook, after: Place | None, size: int = PAGE) -> Page:
    """The lines after this place: one query says which, and one fetches those of each source that
    has any among them."""
    merged = _newest(asked, after, size + 1)
    shown = merged[:size]
    # Their words were found already: looking for them again takes as long as finding the lines.
    asked = replace(asked, words=())
    rows: list[list[Any]] = []
    for rank, source in enumerate(SOURCES):
        keys = [one.key for one in shown if one.rank == rank]
        rows.append(list(source.rows(asked).filter(pk__in=keys)) if keys else [])
    told = Cases(
        (
            row.case
            for source, found in zip(SOURCES, rows, strict=True)
            for row in found
            if source.of_provision and row.case_id
        ),
        rules,
    )
    uses: dict[tuple[int, str], Use] = {}
    for rank, source in enumerate(SOURCES):
        for row, use in zip(rows[rank], source.uses(rows[rank], told), strict=True):
            uses[rank, str(row.pk)] = use
    return Page(
        # What was disposed of between the two queries is not there any more.
        uses=[uses[one.rank, one.key] for one in shown if (one.rank, one.key) in uses],
        following=shown[-1] if len(merged) > size else None,
    )


def every(asked: Asked, rules: Rulebook) -> Iterator[Use]:
    """All lines, in bounded memory."""
    after: Place | None = None
    while True:
        found = page(asked, rules, after, _BATCH)
        yield from found.uses
        if found.following is None:
            return
        after = found.following


def names(asked: Asked) -> list[str]:
    """`Use.name` of every line, in no order; a query for each source."""
    return [
        f"{source.name}-{key}"
        for source in SOURCES
        for key in source.rows(asked).order_by().values_list("pk", flat=True)
    ]


def find_all(names: Collection[str], asked: Asked, rules: Rulebook) -> dict[str, Use]:
    """The uses of these names that are among those asked for; a few queries for each source."""
    found = {}
    for source in SOURCES:
        keys = [one.partition("-")[2] for one in names if one.startswith(f"{source.name}-")]
        rows = list(source.rows(asked).filter(pk__in=keys)) if keys else []
        told = Cases((row.case for row in rows if source.of_provision and row.case_id), rules)
        found.update({use.name: use for use in source.uses(rows, told)})
    return found


def find(name: str, asked: Asked, rules: Rulebook) -> Use | None:
    """The use of this name (`Use.name`), if it is among those asked for."""
    wanted, _, key = name.partition("-")
    for source in SOURCES:
        if source.name == wanted and (not source.numbered or (key.isascii() and key.isdigit())):
            rows = list(source.rows(asked).filter(pk=key))
            told = Cases((row.case for row in rows if source.of_provision and row.case_id), rules)
            return source.uses(rows, told)[0] if rows else None
    return None


def _newest(asked: Asked, after: Place | None, size: int) -> list[Place]:
    """The places of so many lines after this one, in the register's order; one query."""
    first, *others = (
        before(source.rows(asked), source, rank, after).values_list(
            "at", Value(rank), Cast("pk", TextField())
        )[:size]
        for rank, source in enumerate(SOURCES)
    )
    found = [Place(at=at, rank=rank, key=key) for at, rank, key in first.union(*others, all=True)]
    found.sort(key=_within, reverse=True)
    return sorted(found, key=lambda one: (-micros(one.at), one.rank))[:size]


def _within(place: Place) -> tuple[int, str]:
    """By what lines of one source and instant are ordered: numbers as numbers."""
    return (int(place.key), "") if SOURCES[place.rank].numbered else (0, place.key)

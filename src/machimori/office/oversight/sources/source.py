# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the register asks of a source, and the order in which it reads them all: by key, not by
counting rows, so that the millionth line costs as much as the first.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final, Protocol

from django.db.models import Q, QuerySet

from machimori.kernel.instants import Micros, instant, micros
from machimori.office.handover.models import Copy
from machimori.office.oversight.asked import Asked
from machimori.office.oversight.uses import Use
from machimori.office.provision.history import APPLIED, File
from machimori.office.provision.models import Case, Fact
from machimori.office.rules.access import Rulebook

_TOLD: Final = (*APPLIED, "ordered", "extraction_begun", "written", "handed_over")
"""Facts of a case of provision that its lines tell of."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A line's place in the register: by time, then source, then the fact's key; newest first."""

    at: dt.datetime
    rank: int
    key: str

    def text(self) -> str:
        """As it stands in an address."""
        return f"{micros(self.at)}.{self.rank}.{self.key}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """The inverse of `text`; None for anything else."""
        parts = text.split(".")
        if len(parts) != 3 or not all(one.isascii() for one in parts):
            return None
        at, rank, key = parts
        if not (at.isdigit() and rank.isdigit() and len(at) < 17 and len(rank) < 3):
            return None
        return cls(at=instant(Micros(int(at))), rank=int(rank), key=key[:63])


class Source(Protocol):
    """One app's facts as uses."""

    name: ClassVar[str]
    numbered: ClassVar[bool]
    """Whether keys are numbers."""
    of_provision: ClassVar[bool]
    """Whether rows have a `case` of provision."""

    def rows(self, asked: Asked) -> "QuerySet[Any]":
        """The facts asked for, with `at`; in no order."""
        ...

    def uses(self, rows: Sequence[Any], cases: "Cases") -> list[Use]:
        """What these facts say, in their order; a query or two however many there are."""
        ...


class Cases:
    """The provision cases of a page, which two sources tell of: fetched once, when needed."""

    def __init__(self, wanted: Iterable[Case], rules: Rulebook) -> None:
        self.rules = rules
        self._wanted = {case.pk: case for case in wanted}

    @cached_property
    def files(self) -> Mapping[str, File]:
        """By id, without the facts of which no line tells; one query."""
        facts: dict[str, list[Fact]] = {name: [] for name in self._wanted}
        found = Fact.objects.filter(case__in=list(facts), kind__in=_TOLD)
        for fact in found.order_by("serial") if facts else ():
            facts[fact.case_id].append(fact)
        return {
            name: File(case=case, facts=tuple(facts[name]), rulebook=self.rules)
            for name, case in self._wanted.items()
        }

    @cached_property
    def copies(self) -> Mapping[str, Sequence[Copy]]:
        """The copies of these cases, by the case's id; one query."""
        found: dict[str, list[Copy]] = {}
        rows = Copy.objects.filter(case__in=list(self._wanted)).order_by("extraction", "part")
        for row in rows if self._wanted else ():
            found.setdefault(row.case_id, []).append(row)
        return found


def before(rows: "QuerySet[Any]", source: Source, rank: int, place: Place | None) -> Any:
    """The rows after `place` in the register's order, in that order."""
    ordered = rows.order_by("-at", "-pk")
    if place is None:
        return ordered
    if rank < place.rank:
        return ordered.filter(at__lt=place.at)
    if rank > place.rank:
        return ordered.filter(at__lte=place.at)
    if source.numbered and not place.key.isdigit():
        return ordered.none()
    key: int | str = int(place.key) if source.numbered else place.key
    return ordered.filter(Q(at__lt=place.at) | Q(pk__lt=key), at__lte=place.at)

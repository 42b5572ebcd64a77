# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lines of 利用簿 that belong to no case: those of one 年度 are one record, and go together."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.db.models import Case, Count, F, Max, Model, When
from django.db.models.functions import ExtractMonth, ExtractYear
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import TOKYO
from machimori.office.oversight.asked import midnight
from machimori.office.people.models import Scheme
from machimori.office.shared.prepared import Given, Statement
from machimori.policy.wareki import fiscal_year_start, wareki_fiscal_year

OVER: Final = "over"
_YEAR: Final = ExtractYear("at", tzinfo=TOKYO)
_FISCAL_YEAR: Final = Case(When(month__gte=4, then=F("calendar")), default=F("calendar") - 1)

Ended = tuple[str, str, str, dt.datetime]
"""Record, its number, state, when it was completed."""


@dataclass(frozen=True, kw_only=True)
class Yearly:
    """A table of such lines, with `scheme` and `at`. A record is called `<scheme>-<年度>`."""

    text: Promise
    years: str
    """The question of the rules that says for how long."""
    rows: type[Model]
    source: str
    """The lines' source in 利用簿, and their act."""

    @property
    def states(self) -> Mapping[str, Promise]:
        """A year ends by itself."""
        return {OVER: _("年度が終わった")}

    def href(self, record: str) -> str:
        """The lines in 利用簿."""
        return f"{reverse('oversight:uses')}?year={record[-4:]}&act={self.source}"

    def exists(self, scheme: Scheme, record: str) -> bool:
        """Whether this record has lines."""
        return bool(self.ended(scheme, record=record))

    def ended(
        self, scheme: Scheme, *, before: dt.datetime | None = None, record: str = ""
    ) -> list[Ended]:
        """The scheme's records whose newest line was before this instant, or this one alone; one
        query. A year that goes on is among them: nothing of it is kept too short."""
        found = self._one(scheme, record) if record else self._every.ask({"scheme": scheme.pk})
        return [
            (f"{scheme.pk}-{year}", f"{wareki_fiscal_year(year)} {lines}行", OVER, newest)
            for year, lines, newest in found
            if before is None or newest < before
        ]

    @cached_property
    def _every(self) -> Statement:
        return Statement.of(self._years(self._rows(Given("scheme"))))

    def _one(self, scheme: Scheme, record: str) -> Any:
        year = record[-4:]
        if record != f"{scheme.pk}-{year}" or not (year.isascii() and year.isdigit()):
            return []
        first, after = (midnight(fiscal_year_start(int(year) + n)) for n in (0, 1))
        return self._years(self._rows(scheme).filter(at__gte=first, at__lt=after))

    def _rows(self, scheme: Any) -> Any:
        return self.rows._default_manager.filter(scheme=scheme)

    @staticmethod
    def _years(rows: Any) -> Any:
        return (
            rows.annotate(calendar=_YEAR, month=ExtractMonth("at", tzinfo=TOKYO))
            .annotate(fiscal=_FISCAL_YEAR)
            .values("fiscal")
            .annotate(lines=Count("pk"), newest=Max("at"))
            .order_by("fiscal")
            .values_list("fiscal", "lines", "newest")
        )

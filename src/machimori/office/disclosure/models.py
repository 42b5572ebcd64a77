# SPDX-License-Identifier: AGPL-3.0-or-later
"""Disclosure cases and their facts. A fact is added and never changed."""

from django.db import models
from django.db.models import Q

from machimori.kernel.ids import CaseId
from machimori.office.disclosure.states import STATES, STEPS
from machimori.office.people.facts import FactRow, NumberedRow, SeriesRow
from machimori.office.people.heads import HeadRow
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.shared.grants import FACT, Grants


class Case(models.Model):
    """A request under 個情法76条."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME])
    """CaseId: random, and what ledger and vault call the case."""
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="disclosures")

    grants = FACT

    @property
    def case_id(self) -> CaseId:
        return CaseId(self.id)


class Series(SeriesRow):
    """The last number given in a scheme's 年度."""

    grants = Grants(update=("last",))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "fiscal_year"], name="disclosure_one_series")
        ]


class Numbered(NumberedRow):
    """The number of a case: 「令和8年度 街頭開示 第1号」."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="numbered")
    series = models.ForeignKey(Series, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="disclosure_number_once")
        ]


class Fact(FactRow):
    """One thing that happened to a case."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="facts")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="disclosure_newest_facts")]
        constraints = [
            models.UniqueConstraint(fields=["case", "serial"], name="disclosure_serial_once"),
            models.CheckConstraint(condition=Q(kind__in=list(STEPS)), name="disclosure_kind"),
            models.CheckConstraint(condition=Q(state__in=list(STATES)), name="disclosure_state"),
        ]


class Head(HeadRow):
    """Where the case stands."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="head")

    grants = Grants(insert=False)

    class Meta:
        indexes = [
            models.Index(fields=["scheme", "-began", "-case"], name="disclosure_newest"),
            models.Index(fields=["scheme", "state", "began"], name="disclosure_by_state"),
        ]

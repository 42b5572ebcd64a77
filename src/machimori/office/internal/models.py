# SPDX-License-Identifier: AGPL-3.0-or-later
"""Internal uses and their facts. A fact is added and never changed; the last one says the state."""

from django.db import models
from django.db.models import Q

from machimori.kernel.ids import CaseId
from machimori.office.internal.states import STATES, STEPS
from machimori.office.people.facts import FactRow, NumberedRow, SeriesRow
from machimori.office.people.heads import HeadRow
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.shared.grants import FACT, Grants


class Use(models.Model):
    """One use of footage by those who manage it."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME])
    """CaseId: random, and what ledger and vault call it."""
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")

    grants = FACT

    @property
    def case_id(self) -> CaseId:
        return CaseId(self.id)


class Series(SeriesRow):
    """The last number given in a scheme's 年度."""

    grants = Grants(update=("last",))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "fiscal_year"], name="internal_one_series")
        ]


class Numbered(NumberedRow):
    """The number of a use: 「令和8年度 街頭内部 第1号」."""

    case = models.OneToOneField(Use, models.PROTECT, related_name="numbered")
    series = models.ForeignKey(Series, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="internal_number_once")
        ]


class Fact(FactRow):
    """One thing that happened to a use."""

    case = models.ForeignKey(Use, models.PROTECT, related_name="facts")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        indexes = [
            models.Index(fields=["-at", "-id"], name="internal_newest_facts"),
            models.Index(fields=["case"], condition=Q(kind="copy_written"), name="internal_copies"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["case", "serial"], name="internal_serial_once"),
            models.CheckConstraint(condition=Q(kind__in=list(STEPS)), name="internal_kind"),
            models.CheckConstraint(condition=Q(state__in=list(STATES)), name="internal_state"),
        ]


class Head(HeadRow):
    """Where the case stands."""

    case = models.OneToOneField(Use, models.PROTECT, primary_key=True, related_name="head")

    grants = Grants(insert=False)

    class Meta:
        indexes = [
            models.Index(fields=["scheme", "-began", "-case"], name="internal_newest"),
            models.Index(fields=["scheme", "state", "began"], name="internal_by_state"),
        ]

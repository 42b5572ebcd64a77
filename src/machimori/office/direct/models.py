# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cameras under an agreement, and what was fetched from them. Nothing is changed."""

from django.db import models
from django.db.models import Q

from machimori.kernel.ids import CaseId
from machimori.office.cameras.models import Camera
from machimori.office.direct.states import STATES, STEPS
from machimori.office.people.facts import FactRow, NumberedRow, SeriesRow
from machimori.office.people.heads import HeadRow
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.police.models import STATION
from machimori.office.shared.grants import FACT, Grants


class Agreed(models.Model):
    """The agreement under which a camera stands, from `at` on; the last row counts."""

    camera = models.ForeignKey(Camera, models.PROTECT, related_name="agreements")
    agreement = models.CharField(max_length=63, blank=True)
    """Id of an agreement of the rules (`agreements.*`); empty: under none any more."""
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT


class Case(models.Model):
    """An acquisition of one station under one agreement."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME])
    """CaseId: random, and what ledger and vault call it."""
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="acquisitions")
    station = models.CharField(max_length=STATION)
    agreement = models.CharField(max_length=63)

    grants = FACT

    @property
    def case_id(self) -> CaseId:
        return CaseId(self.id)


class Series(SeriesRow):
    """The last number given in a scheme's 年度."""

    grants = Grants(update=("last",))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "fiscal_year"], name="direct_one_series")
        ]


class Numbered(NumberedRow):
    """The number of an acquisition: 「令和8年度 街頭取得 第1号」."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="numbered")
    series = models.ForeignKey(Series, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="direct_number_once")
        ]


class Fact(FactRow):
    """One thing that happened to an acquisition."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="facts")
    state = models.CharField(max_length=30)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="direct_newest_facts")]
        constraints = [
            models.UniqueConstraint(fields=["case", "serial"], name="direct_serial_once"),
            models.CheckConstraint(condition=Q(kind__in=list(STEPS)), name="direct_kind"),
            models.CheckConstraint(condition=Q(state__in=list(STATES)), name="direct_state"),
        ]


class Head(HeadRow):
    """Where the case stands."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="head")

    grants = Grants(insert=False)

    class Meta:
        indexes = [
            models.Index(fields=["scheme", "-began", "-case"], name="direct_newest"),
            models.Index(fields=["scheme", "state", "began"], name="direct_by_state"),
        ]

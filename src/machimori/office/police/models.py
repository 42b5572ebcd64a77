# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the police took out: extractions and their facts, and stations' people.

Nothing is changed: a fact is added, and of what is said twice the last counts.
"""

from django.db import models
from django.db.models import Q

from machimori.kernel.ids import CaseId
from machimori.office.people.facts import FactRow
from machimori.office.people.heads import HeadRow
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.police.states import STATES, STEPS
from machimori.office.shared.grants import FACT, Grants

STATION = 80
"""Characters of a station's name."""


class Posting(models.Model):
    """The station at which a person of the police serves, from `at` on; the last row counts."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    station = models.CharField(max_length=STATION)
    document = models.CharField(max_length=80, blank=True)
    """文書番号 of the station's notice; empty: the station entered it itself."""
    notified_on = models.DateField(null=True)
    """The notice's day."""
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT


class Extraction(models.Model):
    """An emergency extraction of one station."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME])
    """CaseId: random, and what ledger and vault call it."""
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    station = models.CharField(max_length=STATION)

    grants = FACT

    @property
    def case_id(self) -> CaseId:
        return CaseId(self.id)


class Fact(FactRow):
    """One thing that happened to an extraction."""

    case = models.ForeignKey(Extraction, models.PROTECT, related_name="facts")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="police_newest_facts")]
        constraints = [
            models.UniqueConstraint(fields=["case", "serial"], name="police_serial_once"),
            models.CheckConstraint(condition=Q(kind__in=list(STEPS)), name="police_kind"),
            models.CheckConstraint(condition=Q(state__in=list(STATES)), name="police_state"),
        ]


class Head(HeadRow):
    """Where the case stands."""

    case = models.OneToOneField(Extraction, models.PROTECT, primary_key=True, related_name="head")

    grants = Grants(insert=False)

    class Meta:
        indexes = [
            models.Index(fields=["scheme", "-began", "-case"], name="police_newest"),
            models.Index(fields=["scheme", "state", "began"], name="police_by_state"),
        ]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the police took out: extractions and their facts, and stations' people.

Nothing is changed: a fact is added, and of what is said twice the last counts.
"""

from django.db import models
from django.db.models import Q

from machimori.kernel.ids import CaseId
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.police.states import STATES, STEPS
from machimori.office.shared.grants import FACT

STATION = 80
"""Characters of a station's name."""


class Posting(models.Model):
    """The station at which a person of the police serves, from `at` on; the last row counts."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    station = models.CharField(max_length=STATION)
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


class Fact(models.Model):
    """One thing that happened to an extraction."""

    extraction = models.ForeignKey(Extraction, models.PROTECT, related_name="facts")
    serial = models.PositiveIntegerField()
    """From 1, without gaps."""
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=20)
    """The state from here on."""
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    data = models.JSONField()
    salt = models.BinaryField(max_length=16)
    """Of the ledger's commitment to `data`."""

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["extraction", "serial"], name="police_serial_once"),
            models.CheckConstraint(condition=Q(kind__in=list(STEPS)), name="police_kind"),
            models.CheckConstraint(condition=Q(state__in=list(STATES)), name="police_state"),
        ]

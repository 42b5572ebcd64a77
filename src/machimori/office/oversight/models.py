# SPDX-License-Identifier: AGPL-3.0-or-later
"""What oversight itself puts on record: corrections, statements, findings, samples, disposals.

A record is opened once and has facts, which are added and never changed. What other apps hold is
nowhere repeated: a record names it by key.
"""

import secrets

from django.db import models
from django.db.models import Q

from machimori.kernel.ids import CaseId
from machimori.office.oversight.states import STATES, STEPS
from machimori.office.people.facts import FactRow
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.shared.grants import FACT

KEY = 120
"""Characters of what a record is about."""


def _new_id() -> str:
    return f"o-{secrets.token_hex(8)}"


class Record(models.Model):
    """One thing on record."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME], default=_new_id)
    """Random; what the ledger calls it."""
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=KEY)
    """What it is about, once within a scheme and kind."""
    at = models.DateTimeField()

    grants = FACT

    class Meta:
        indexes = [
            models.Index(fields=["scheme", "kind", "-at", "id"], name="oversight_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "kind", "key"], name="oversight_once"),
            models.CheckConstraint(
                condition=Q(kind__in=sorted({step.of for step in STEPS.values()})),
                name="oversight_record_kind",
            ),
        ]

    @property
    def case_id(self) -> CaseId:
        return CaseId(self.id)


class Fact(FactRow):
    """One thing that happened to a record."""

    case = models.ForeignKey(Record, models.PROTECT, related_name="facts")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    """None: the office itself."""

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "serial"], name="oversight_serial_once"),
            models.CheckConstraint(condition=Q(kind__in=list(STEPS)), name="oversight_kind"),
            models.CheckConstraint(condition=Q(state__in=list(STATES)), name="oversight_state"),
        ]


class OldUse(models.Model):
    """A line of a 利用簿 kept before this one, as its Excel file had it."""

    batch = models.ForeignKey(Record, models.PROTECT, related_name="lines")
    line = models.PositiveIntegerField()
    """Its number in the sheet."""
    at = models.DateTimeField()
    done = models.CharField(max_length=60)
    number = models.CharField(max_length=60, blank=True)
    by = models.CharField(max_length=80)
    purpose = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    camera = models.CharField(max_length=500, blank=True)
    interval = models.CharField(max_length=500, blank=True)
    recipient = models.CharField(max_length=500, blank=True)
    medium = models.CharField(max_length=500, blank=True)
    more = models.CharField(max_length=500, blank=True)

    grants = FACT

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="oversight_old_newest")]
        constraints = [
            models.UniqueConstraint(fields=["batch", "line"], name="oversight_old_line_once")
        ]


class Tombstone(models.Model):
    """What stays in the office of records that were disposed of. Beside it there is the ledger.

    Inserting one erases the case: a trigger does it, as the tables' owner, in the same transaction
    (`erasing.py`). It refuses where no decision names the case, or a stay (`stays.py`) forbids it.
    """

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    """Key of `kinds.KINDS`."""
    case = models.CharField(max_length=63)
    """What ledger and vault call the case."""
    number = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=20)
    """How the case ended."""
    completed = models.DateField()
    last_day = models.DateField()
    """The last day on which the records were to be kept."""
    decision = models.ForeignKey(Record, models.PROTECT, related_name="tombstones")
    at = models.DateTimeField()

    grants = FACT

    class Meta:
        indexes = [models.Index(fields=["scheme", "-at", "-id"], name="oversight_disposed")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "case"], name="oversight_disposed_once"),
            models.CheckConstraint(
                condition=Q(last_day__gt=models.F("completed")), name="oversight_kept_first"
            ),
        ]

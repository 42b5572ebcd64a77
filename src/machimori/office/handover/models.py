# SPDX-License-Identifier: AGPL-3.0-or-later
"""Copies and their facts. A fact is added and never changed; the last one says the state."""

from django.db import models
from django.db.models import Q

from machimori.office.handover.states import STATES, STEPS
from machimori.office.people.facts import FactRow
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.provision.models import Case
from machimori.office.shared.grants import FACT, Grants


class Copy(models.Model):
    """What goes on one medium: a case's footage, or a part of it in time."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME])
    """Random."""
    case = models.ForeignKey(Case, models.PROTECT, related_name="copies")
    extraction = models.PositiveIntegerField()
    """Serial of the case's fact with which the extraction began."""
    part = models.PositiveIntegerField()
    """From 1."""
    parts = models.PositiveIntegerField()
    """How many there are of this extraction."""
    start = models.DateTimeField()
    end = models.DateTimeField()
    size = models.PositiveBigIntegerField()
    """Bytes of the package."""
    digest = models.CharField(max_length=64)
    """SHA-256 of the package, hexadecimal."""

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "extraction", "part"], name="handover_part_once"
            ),
            models.CheckConstraint(
                condition=Q(part__gte=1, part__lte=models.F("parts")), name="handover_part"
            ),
        ]


class Fact(FactRow):
    """One thing that happened to a copy."""

    case = models.ForeignKey(Copy, models.PROTECT, related_name="facts")
    """The copy: `FactRow` calls what a fact belongs to its case."""
    by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    """None: the office itself, when a day had passed."""

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "serial"], name="handover_serial_once"),
            models.CheckConstraint(condition=Q(kind__in=list(STEPS)), name="handover_kind"),
            models.CheckConstraint(condition=Q(state__in=list(STATES)), name="handover_state"),
        ]


class Head(models.Model):
    """What a copy's facts come to, for lists and searches: a row that the database itself keeps.

    A trigger writes it with each fact, as the tables' owner; the web process only reads it.
    """

    copy = models.OneToOneField(Copy, models.PROTECT, primary_key=True, related_name="head")
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    serial = models.PositiveIntegerField()
    """Of the last fact."""
    state = models.CharField(max_length=20)
    at = models.DateTimeField()
    """Of the last fact."""
    began = models.DateTimeField()
    """Of the first."""
    medium = models.CharField(max_length=20)
    """The kind of medium; empty before it was written."""
    number = models.CharField(max_length=40)
    """媒体番号; empty before it was written."""
    due = models.DateField(null=True)
    """The last day of 返却・消去; None before it was handed over."""
    words = models.TextField()
    """The case's number, medium number, applicant and recipient: for searches."""

    grants = Grants(insert=False)

    class Meta:
        indexes = [
            models.Index(fields=["scheme", "-began", "copy"], name="handover_newest"),
            models.Index(fields=["scheme", "state", "due"], name="handover_due_first"),
            models.Index(fields=["case"], name="handover_of_case"),
        ]

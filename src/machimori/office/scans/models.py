# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scans and their facts. The bytes lie sealed on the disk (`sealing`), never in a table."""

from django.db import models
from django.db.models import Q

from machimori.office.people.facts import FactRow
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.scans.states import PAPERS, STATES, STEPS
from machimori.office.shared.grants import FACT


class Scan(models.Model):
    """One file that was attached."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME])
    """Random; what its files on the disk are called."""
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    owner = models.CharField(max_length=20)
    """The app whose case it belongs to (`scans.owners`)."""
    about = models.CharField(max_length=63, validators=[NAME])
    """That case."""
    paper = models.CharField(max_length=20)
    """What the paper is (`PAPERS`)."""
    media = models.CharField(max_length=20)
    """Media type, by the content: `application/pdf`."""
    size = models.PositiveIntegerField()
    """Bytes, in clear."""

    grants = FACT

    class Meta:
        indexes = [models.Index(fields=["owner", "about"], name="scans_of_case")]
        constraints = [
            models.CheckConstraint(condition=Q(paper__in=list(PAPERS)), name="scans_paper"),
            models.CheckConstraint(condition=Q(size__gte=1), name="scans_size"),
        ]


class Fact(FactRow):
    """One thing that happened to a scan."""

    case = models.ForeignKey(Scan, models.PROTECT, related_name="facts")
    """The scan: `FactRow` calls what a fact belongs to its case."""
    by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    """None: the office itself, when a day had passed."""

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "serial"], name="scans_serial_once"),
            models.CheckConstraint(condition=Q(kind__in=list(STEPS)), name="scans_kind"),
            models.CheckConstraint(condition=Q(state__in=list(STATES)), name="scans_state"),
        ]

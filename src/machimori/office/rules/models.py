# SPDX-License-Identifier: AGPL-3.0-or-later
"""The city's decisions over its document, and the day on which a scheme starts.

Nothing is edited: a later decision supersedes an earlier one from its own day on. Only the
決裁番号, which often comes after the decision, is entered later, once; the database refuses a
second one.
"""

from django.db import models

from machimori.office.people.models import Person, Scheme
from machimori.office.shared.grants import FACT, Grants


class Resolution(models.Model):
    """決裁: one act of the city that decides one question or many."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="resolutions")
    number = models.CharField(max_length=80, blank=True)
    """決裁番号, as the city writes it; may follow."""
    number_salt = models.BinaryField(max_length=16)
    """Opens the ledger's commitment to `number`."""
    adopted_on = models.DateField()
    """The day of the decision (決裁日)."""
    effective_from = models.DateField()
    """The first local day on which its values are the rules."""
    adopted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    grants = Grants(update=("number", "number_salt"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(effective_from__gte=models.F("adopted_on")),
                name="rules_no_effect_before_the_decision",
            ),
        ]


class Adoption(models.Model):
    """One question's answer in a resolution."""

    resolution = models.ForeignKey(Resolution, models.PROTECT, related_name="adoptions")
    key = models.CharField(max_length=120)
    """Of the question, e.g. `retention.days` (docs/ref/profile.md)."""
    value = models.JSONField()
    """Boolean, number, text or list of texts; a day as 2026-04-01."""
    reason = models.TextField(max_length=2000)
    reason_salt = models.BinaryField(max_length=16)
    """Opens the ledger's commitment to `reason`."""

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resolution", "key"], name="rules_key_once"),
        ]


class Start(models.Model):
    """A scheme begins, once: nothing that it needs was open."""

    scheme = models.OneToOneField(Scheme, models.PROTECT, related_name="start")
    starts_on = models.DateField()
    started_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    grants = FACT

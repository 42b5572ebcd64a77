# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delegations, as the manager signed them for the vault. Facts: a later one replaces an earlier."""

from django.db import models

from machimori.office.people.models import Person, Scheme
from machimori.office.shared.grants import FACT


class Delegation(models.Model):
    """委任: a deputy signs in the manager's place in [valid_from, valid_until)."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    officer = models.ForeignKey(Person, models.PROTECT, related_name="+")
    """The 管理責任者 who is away, and who signed."""
    deputy = models.ForeignKey(Person, models.PROTECT, related_name="+")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    envelope = models.BinaryField()
    """The signed statement (`vault.client.statements.Delegation`), for the vault."""
    at = models.DateTimeField()

    grants = FACT

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_until__gt=models.F("valid_from")),
                name="deputies_delegation_ends_after_it_begins",
            )
        ]

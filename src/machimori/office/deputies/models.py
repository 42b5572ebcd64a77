# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delegations and their early ends, as the manager signed them for the vault. Facts: a later
delegation replaces an earlier one, and an end only shortens.
"""

import datetime as dt

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

    @property
    def ended(self) -> "Ending | None":
        """The act that ended it before its day; the last, if it was brought forward again."""
        found = list(self.endings.all())
        return found[-1] if found else None

    @property
    def until(self) -> dt.datetime:
        """The first instant without it."""
        ended = self.ended
        return ended.until if ended else self.valid_until

    @property
    def statement(self) -> bytes:
        """What the vault is to believe of it: the signed statement, or that of its end."""
        return bytes((self.ended or self).envelope)


class Ending(models.Model):
    """委任を終える: who gave a delegation ends it at `until`, before its day."""

    delegation = models.ForeignKey(Delegation, models.PROTECT, related_name="endings")
    until = models.DateTimeField()
    reason = models.CharField(max_length=200)
    envelope = models.BinaryField()
    """The signed statement that replaces the delegation's, for the vault."""
    at = models.DateTimeField()
    salt = models.BinaryField(max_length=16)
    """Of the ledger's commitment to `reason`."""

    grants = FACT

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="deputies_an_end_has_a_reason"
            )
        ]

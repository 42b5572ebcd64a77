# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each time somebody gave the vault its root on a page, or practised it, and whether it opened."""

from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.people.models import Person
from machimori.office.shared.grants import FACT

KINDS: Final[dict[str, Promise]] = {
    "opened": _("保管庫を開いた"),
    "rehearsed": _("開ける練習"),
}


class Attempt(models.Model):
    """One try. What was typed is nowhere."""

    kind = models.CharField(max_length=10, choices=list(KINDS.items()))
    succeeded = models.BooleanField()
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=list(KINDS)), name="operation_attempt_kind"
            )
        ]
        indexes = [models.Index(fields=["-at"], name="operation_newest_attempt")]

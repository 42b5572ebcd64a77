# SPDX-License-Identifier: AGPL-3.0-or-later
"""The register of terminals: the computers that the rules name, their keys, and their custody.

Nothing is changed or deleted. A terminal's key is the one registered last, unless it was reported
lost since; a terminal that was withdrawn has none.
"""

from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.people.models import Person, Scheme
from machimori.office.shared.grants import FACT

CUSTODY: Final[dict[str, Promise]] = {
    "taken_out": _("保管場所から出した"),
    "put_back": _("保管場所に戻して施錠した"),
    "checked": _("点検した"),
    "key_lost": _("端末のキーをなくした"),
    "withdrawn": _("使うのをやめた"),
}
"""What happens to a terminal; the last two end its key."""
ENDING: Final = ("key_lost", "withdrawn")


class Terminal(models.Model):
    """専用パソコン or 操作端末: a computer at a place, under a scheme."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="terminals")
    number = models.CharField(max_length=20)
    """What stands on its label."""
    serial = models.CharField(max_length=80)
    """The maker's number on its case (製造番号), which the monthly 保存履歴 names."""
    place = models.CharField(max_length=63)
    """Id of a place of the rules (`places.*`); empty where they name none."""
    storage = models.CharField(max_length=200)
    """Where it is locked away."""
    lent_to = models.CharField(max_length=80, blank=True)
    """The police station that has it; empty: it is the city's own."""
    networks = models.CharField(max_length=200, blank=True)
    """Networks in CIDR form, separated by commas; empty: its address is not asked."""
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "number"], name="terminals_number_once")
        ]


class TerminalKey(models.Model):
    """A FIDO2 key that stays with a terminal, from `registered_at` until the next."""

    terminal = models.ForeignKey(Terminal, models.PROTECT, related_name="keys")
    credential_id = models.BinaryField(unique=True, max_length=1023)
    cose = models.BinaryField()
    """The public key as COSE_Key (CBOR)."""
    software_demo = models.BooleanField(default=False)
    """A demo's software key: refused wherever the installation is not a demo."""
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT


class Custody(models.Model):
    """Something that happened to a terminal: the log of its locked storage."""

    terminal = models.ForeignKey(Terminal, models.PROTECT, related_name="custody")
    kind = models.CharField(max_length=10, choices=list(CUSTODY.items()))
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=list(CUSTODY)), name="terminals_custody_kind"
            )
        ]

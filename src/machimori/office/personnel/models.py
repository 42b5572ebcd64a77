# SPDX-License-Identifier: AGPL-3.0-or-later
"""What belongs to a post beside its appointment. Facts: nothing is changed but a 決裁番号, once.

Days are local days, instants aware. A person's name stands in `people` alone.
"""

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.people.models import Appointment, Person, Scheme
from machimori.office.shared.grants import FACT, Grants
from machimori.office.shared.posts import LABELS, POSTS

KEYS: Final[dict[str, Promise]] = {
    "fido2": _("セキュリティキー"),
    "rack": _("サーバラックの鍵"),
    "drawer": _("引き出し・保管庫の鍵"),
    "room": _("部屋の鍵"),
}
"""What kinds of keys the register knows (堺 10(1) names the rack's and its drawer)."""
HAPPENED: Final[dict[str, Promise]] = {
    "issued": _("渡した"),
    "returned": _("返された"),
    "lost": _("なくした"),
    "found": _("見つかった"),
    "destroyed": _("廃棄した"),
}
"""What happens to a key."""
STRUCK: Final = "struck"
"""What a correction says of a line that should not be there: nothing of it happened."""
CORRECTED: Final[dict[str, Promise]] = {**HAPPENED, STRUCK: _("なかった（まちがって記録した）")}
"""What a line of the register can be corrected to."""
ACCESS: Final[dict[str, Promise]] = {
    "issued": _("番号とパスワードを出した"),
    "forced": _("次のサインインで変えるようにした"),
    "unlocked": _("閉じた状態を解いた"),
}
"""What the manager does about a person's number and password."""


class Pledge(models.Model):
    """誓約書: signed on paper on a day. A correction names the row that it replaces."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="pledges")
    signed_on = models.DateField(null=True)
    """Null in a correction alone: it had not been signed."""
    kept_at = models.CharField(max_length=200)
    """Where the paper lies."""
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by")
    reason = models.CharField(max_length=200, blank=True)
    """Of a correction."""
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(corrects__isnull=False) | Q(signed_on__isnull=False),
                name="personnel_a_pledge_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True) | ~Q(reason=""),
                name="personnel_a_correction_has_a_reason",
            ),
        ]


class Transfer(models.Model):
    """一括の異動: everything that begins or ends on one day under one 決裁."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    on = models.DateField()
    """The first day of those who come; those who go have left at its start."""
    decision = models.CharField(max_length=80, blank=True)
    """決裁番号; may be entered later, once."""
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = Grants(update=("decision",))


class Move(models.Model):
    """One line of a transfer."""

    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="moves")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="moves")
    begins = models.BooleanField()
    """False: it ends."""

    grants = FACT


class Handover(models.Model):
    """引継ぎ of a post: what its holder left to the next, as it stood when the paper was made."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    post = models.CharField(max_length=40, choices=[(post, LABELS[post]) for post in POSTS])
    predecessor = models.ForeignKey(Person, models.PROTECT, related_name="+")
    successor = models.ForeignKey(Person, models.PROTECT, related_name="+")
    on = models.DateField()
    data = models.JSONField()
    """`cases`, `items`, `matters`: what the paper says."""
    salt = models.BinaryField(max_length=16)
    """Of the ledger's commitment to `data`."""
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT


class Duty(models.Model):
    """従事者名簿: a person whom the contractor reported serves at a place, for an appointment."""

    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="duty")
    place = models.CharField(max_length=63)
    """Id of a place of the rules (`places.*`)."""
    company = models.CharField(max_length=120)
    reported_on = models.DateField()
    """The day of the contractor's report."""
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    @property
    def now(self) -> "Duty | DutyCorrection":
        """What holds: the last correction, if there is one."""
        found = list(self.corrections.all())
        return found[-1] if found else self


class DutyCorrection(models.Model):
    """訂正 of a line of 従事者名簿: what it should have said. The line stays as it was reported."""

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="corrections")
    place = models.CharField(max_length=63)
    company = models.CharField(max_length=120)
    reported_on = models.DateField()
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="personnel_duty_corrected_why")
        ]


class Key(models.Model):
    """鍵: a thing that opens something, by the number on it."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=list(KEYS.items()))
    number = models.CharField(max_length=40)
    place = models.CharField(max_length=200)
    """What it opens, or where it is kept when nobody has it."""
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "number"], name="personnel_key_once"),
            models.CheckConstraint(condition=Q(kind__in=list(KEYS)), name="personnel_key_kind"),
        ]


class KeyEvent(models.Model):
    """Something that happened to a key."""

    key = models.ForeignKey(Key, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=10, choices=list(HAPPENED.items()))
    holder = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    """To whom it was given, or who had it; null: nobody."""
    witness = models.CharField(max_length=80)
    """立会人, who saw it."""
    on = models.DateField()
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=list(HAPPENED)), name="personnel_key_event_kind"
            )
        ]

    @property
    def now(self) -> "KeyEvent | KeyCorrection":
        """What holds: the last correction, if there is one."""
        found = list(self.corrections.all())
        return found[-1] if found else self


class KeyCorrection(models.Model):
    """訂正 of a line of 鍵簿: what it should have said. The line stays as it was written."""

    event = models.ForeignKey(KeyEvent, models.PROTECT, related_name="corrections")
    kind = models.CharField(max_length=10, choices=list(CORRECTED.items()))
    holder = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    """To whom it was given; null unless it was."""
    witness = models.CharField(max_length=80)
    on = models.DateField()
    note = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=list(CORRECTED)), name="personnel_key_correction_kind"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="personnel_key_corrected_why"),
        ]


class AccessChange(models.Model):
    """Something that the manager did about a person's number and password."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=list(ACCESS.items()))
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(ACCESS)), name="personnel_access_kind")
        ]

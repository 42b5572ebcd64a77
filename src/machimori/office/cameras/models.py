# SPDX-License-Identifier: AGPL-3.0-or-later
"""The register of cameras: a camera, one row for each time something was said about it, one for
each time its connection was set, and one for each day that it was recorded or not.

Nothing is changed or deleted: the row with the highest number says what holds, the others what
was said before, by whom and when. Changing a row is what the database does not allow.
"""

from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.kernel.ids import CameraId
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.shared.grants import FACT

STATUSES: Final[dict[str, Promise]] = {
    "planned": _("準備中"),
    "active": _("運用中"),
    "paused": _("休止中"),
    "removed": _("撤去"),
}


class Camera(models.Model):
    """A camera under a scheme, for ever."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME])
    """CameraId: what the recorder calls it."""
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="cameras")

    grants = FACT

    class Meta:
        db_table_comment = "Ids stand in footage and ledger entries"

    @property
    def camera_id(self) -> CameraId:
        return CameraId(self.id)


class Description(models.Model):
    """What is said about a camera from `at` on, until there is a row with the next number."""

    camera = models.ForeignKey(Camera, models.PROTECT, related_name="descriptions")
    number = models.PositiveIntegerField()
    """From 1; the registration is 1."""
    name = models.CharField(max_length=80)
    place = models.CharField(max_length=200)
    retention_class = models.CharField(max_length=63, validators=[NAME])
    """ClassId: days and counting rule of its footage."""
    identifies = models.BooleanField()
    """Whether persons can be identified in its pictures (堺 3)."""
    status = models.CharField(max_length=10, choices=list(STATUSES.items()))
    reason = models.CharField(max_length=200, blank=True)
    """Why it was changed; empty in the registration alone."""
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["camera", "number"], name="cameras_numbered_once"),
            models.CheckConstraint(
                condition=models.Q(number=1) ^ ~models.Q(reason=""),
                name="cameras_change_has_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=list(STATUSES)), name="cameras_status"
            ),
        ]


class Connection(models.Model):
    """How its recorder reaches a camera, until there is a row with the next number."""

    camera = models.ForeignKey(Camera, models.PROTECT, related_name="connections")
    number = models.PositiveIntegerField()
    """From 1."""
    recorder = models.CharField(max_length=63, validators=[NAME])
    """RecorderId."""
    url = models.CharField(max_length=2000)
    """`rtsp://` or `rtsps://`, never with a password in it."""
    username = models.CharField(max_length=80, blank=True)
    sealed = models.BinaryField(blank=True)
    """The password, readable by the recorder alone and for this address alone; or empty."""
    fingerprint = models.CharField(max_length=95, blank=True)
    """SHA-256 of the camera's certificate; empty: authorities vouch for it."""
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["camera", "number"], name="cameras_connection_numbered_once"
            )
        ]


class RecordedDay(models.Model):
    """How a camera's day went, as the store's names and signed records said the day after."""

    camera = models.ForeignKey(Camera, models.PROTECT, related_name="days")
    day = models.DateField()
    seconds = models.PositiveIntegerField()
    """Of footage; a whole day has 86,400."""
    gaps = models.JSONField()
    """`[[from, to, cause], …]`: µs of UTC, and a cause of `footage.records` or "" for none said."""

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["camera", "day"], name="cameras_day_once"),
            models.CheckConstraint(
                condition=models.Q(seconds__lte=90_000), name="cameras_day_seconds"
            ),
        ]

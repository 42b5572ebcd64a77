# SPDX-License-Identifier: AGPL-3.0-or-later
"""The register of cameras: a camera, and one row for each time something was said about it.

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

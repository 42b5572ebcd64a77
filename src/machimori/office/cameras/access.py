# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see and write the register; the only functions that hand it out."""

from typing import Final

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _t

from machimori.office.cameras.models import Description
from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.posts import Post

READERS: Final[tuple[Post, ...]] = (
    "system_manager",
    "handling_supervisor",
    "operator",
    "system_administrator",
)
WRITERS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor")


def cameras(scheme: Scheme) -> QuerySet[Description]:
    """What holds now of every camera of the scheme, by name."""
    later = Description.objects.filter(camera=OuterRef("camera"), number__gt=OuterRef("number"))
    return (
        Description.objects.filter(~Exists(later), camera__scheme=scheme)
        .select_related("camera", "by")
        .order_by("name", "camera")
    )


def history(scheme: Scheme, camera: str) -> QuerySet[Description]:
    """Everything that was said about a camera of the scheme, the newest first."""
    return (
        Description.objects.filter(camera=camera, camera__scheme=scheme)
        .select_related("camera", "by")
        .order_by("-number")
    )


def check_writes(acting: Acting) -> None:
    """Raise ActionRefusedError unless the acting person keeps the register."""
    if not acting.holds(*WRITERS):
        raise ActionRefusedError(
            _t("カメラの台帳には書き込めません"),
            Reason(text=_t("書き込むのは、管理責任者と取扱責任者です。")),
        )

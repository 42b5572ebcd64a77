# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see and write the register; the only functions that hand it out."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _t

from machimori.kernel.ids import SchemeId
from machimori.office.cameras.models import Camera, Connection, Description, RecordedDay
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
CONNECTORS: Final[tuple[Post, ...]] = (*WRITERS, "system_administrator")
"""Who sets how a camera is reached."""


def cameras(scheme: Scheme) -> QuerySet[Description]:
    """What holds now of every camera of the scheme, by name."""
    return cameras_of(scheme.scheme_id)


def cameras_of(scheme: SchemeId) -> QuerySet[Description]:
    """The same by the scheme's id, for those who act for nobody."""
    later = Description.objects.filter(camera=OuterRef("camera"), number__gt=OuterRef("number"))
    return (
        Description.objects.filter(~Exists(later), camera__scheme=scheme)
        .select_related("camera", "by")
        .order_by("name", "camera")
    )


def plain_names(scheme: Scheme, wanted: Iterable[str] | None = None) -> dict[str, str]:
    """What people call the cameras of the scheme, or these of them, without their ids; by id."""
    found = cameras(scheme)
    if wanted is not None:
        found = found.filter(camera__in=list(wanted))
    return dict(found.values_list("camera", "name"))


def choices(scheme: Scheme, only: Iterable[str] = ()) -> list[tuple[str, str]]:
    """The cameras of the scheme for a form that chooses, or `only` these: id, and name with place.

    Rows of text, because a chooser has a thousand and needs nothing else of them.
    """
    found, wanted = cameras(scheme), list(only)
    if wanted:
        found = found.filter(camera__in=wanted)
    rows = found.values_list("camera", "name", "place")
    return [(camera, f"{name}（{place}）") for camera, name, place in rows]


def called(row: Description) -> str:
    """What people call this camera, with its id."""
    return f"{row.name}（{row.camera_id}）"


def names(scheme: Scheme, wanted: Iterable[str]) -> dict[str, str]:
    """What people call each of these cameras, with its id, in the order given."""
    known = {row.camera_id: called(row) for row in cameras(scheme).filter(camera__in=list(wanted))}
    return {name: known.get(name, name) for name in wanted}


def history(scheme: Scheme, camera: str) -> QuerySet[Description]:
    """Everything that was said about a camera of the scheme, the newest first."""
    return (
        Description.objects.filter(camera=camera, camera__scheme=scheme)
        .select_related("camera", "by")
        .order_by("-number")
    )


def connection(camera: Camera) -> Connection | None:
    """How the camera is reached now."""
    return camera.connections.select_related("by").order_by("-number").first()


def days(camera: Camera, count: int) -> QuerySet[RecordedDay]:
    """How its last days went, the newest first."""
    return camera.days.order_by("-day")[:count]


def day_of(rows: Sequence[Description], day: dt.date) -> dict[str, RecordedDay]:
    """How one day went for these cameras."""
    names = [row.camera_id for row in rows]
    return {row.camera_id: row for row in RecordedDay.objects.filter(camera__in=names, day=day)}


def check_connects(acting: Acting) -> None:
    """Raise ActionRefusedError unless the acting person may set how a camera is reached."""
    if not acting.holds(*CONNECTORS):
        raise ActionRefusedError(
            _t("カメラの接続は変えられません"),
            Reason(text=_t("変えるのは、管理責任者、取扱責任者、システム担当です。")),
        )


def check_writes(acting: Acting) -> None:
    """Raise ActionRefusedError unless the acting person keeps the register."""
    if not acting.holds(*WRITERS):
        raise ActionRefusedError(
            _t("カメラの台帳には書き込めません"),
            Reason(text=_t("書き込むのは、管理責任者と取扱責任者です。")),
        )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every write in the register of cameras: registering, one or many, and 訂正."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t

from machimori.kernel.ids import CameraId
from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.cameras import access, feeding
from machimori.office.cameras.models import Camera, Description
from machimori.office.people.acting import Acting
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """What is said about a camera. `retention_class` is a ClassId, `status` one of STATUSES."""

    name: str
    place: str
    retention_class: str
    identifies: bool
    status: str = "active"


@transaction.atomic
def register(camera: CameraId, said: Particulars, *, acting: Acting) -> Description:
    """Enter a camera. Raises ActionRefusedError if it is registered, here or elsewhere, or `acting`
    does not keep the register."""
    made = _enter(camera, said, acting=acting)
    feeding.after_commit()
    return made


@transaction.atomic
def register_all(
    found: Sequence[tuple[CameraId, Particulars]], *, acting: Acting
) -> list[Description]:
    """Enter many cameras, or none. Raises ActionRefusedError naming the cameras that stop it."""
    access.check_writes(acting)
    ids = [camera for camera, _ in found]
    if known := sorted(Camera.objects.filter(pk__in=ids).values_list("pk", flat=True)):
        raise ActionRefusedError(
            _t("もう登録されているカメラがあります"),
            *(
                Reason(
                    text=_t("%(n)s行目：%(camera)s") % {"n": ids.index(name) + 2, "camera": name}
                )
                for name in map(CameraId, known)
            ),
        )
    made = [_enter(camera, said, acting=acting) for camera, said in found]
    feeding.after_commit()
    return made


@transaction.atomic
def correct(before: Description, said: Particulars, *, reason: str, acting: Acting) -> Description:
    """訂正: a new row with a reason, the old one stays.

    `before` is the row that the person saw. Raises ActionRefusedError if somebody has corrected it
    since, nothing is different, the reason is empty, or `acting` does not keep the register.
    """
    access.check_writes(acting)
    if not reason.strip():
        raise ActionRefusedError(
            _t("訂正の理由がありません"), Reason(text=_t("理由を入れてください。"))
        )
    if said == particulars(before):
        raise ActionRefusedError(
            _t("変わったところがありません"), Reason(text=_t("直すところを直してください。"))
        )
    try:
        with transaction.atomic():
            made = _say(
                before.camera,
                before.number + 1,
                said,
                reason.strip(),
                "camera.corrected",
                acting=acting,
            )
    except IntegrityError as error:
        raise ActionRefusedError(
            _t("ほかの人が先に訂正しました"),
            Reason(text=_t("いまの内容を見てから、もう一度訂正してください。")),
        ) from error
    feeding.after_commit()
    return made


def particulars(row: Description) -> Particulars:
    """What this row says."""
    return Particulars(
        name=row.name,
        place=row.place,
        retention_class=row.retention_class,
        identifies=row.identifies,
        status=row.status,
    )


def _enter(camera: CameraId, said: Particulars, *, acting: Acting) -> Description:
    access.check_writes(acting)
    try:
        with transaction.atomic():
            made = Camera(id=camera, scheme=acting.scheme)
            made.save(force_insert=True)
    except IntegrityError as error:
        raise ActionRefusedError(
            _t("この番号のカメラは、もう登録されています"),
            Reason(text=_t("内容を直すときは、そのカメラを開いて訂正してください。")),
        ) from error
    return _say(made, 1, said, "", "camera.registered", acting=acting)


def _say(
    camera: Camera,
    number: int,
    said: Particulars,
    reason: str,
    kind: Literal["camera.registered", "camera.corrected"],
    *,
    acting: Acting,
) -> Description:
    made = Description.objects.create(
        camera=camera,
        number=number,
        reason=reason,
        at=acting.at,
        by=acting.person,
        **asdict(said),
    )
    record(
        Entry(
            type=kind,
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "camera": camera.camera_id,
                "scheme": acting.scheme.scheme_id,
            },
            data={
                "class": said.retention_class,
                "identifies": said.identifies,
                "number": number,
                "status": said.status,
            },
        )
    )
    return made

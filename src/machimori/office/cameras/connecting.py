# SPDX-License-Identifier: AGPL-3.0-or-later
"""Setting how a camera is reached. The password goes to the recorder's key and is nowhere else."""

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t

from machimori.kernel.errors import MachimoriError, UsageError
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.cameras import access, feeding
from machimori.office.cameras.models import Camera, Connection
from machimori.office.people.acting import Acting
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recorders import Recorder, recorders
from machimori.office.shared.recording import record
from machimori.recorder import feed
from machimori.recorder.camera import CameraConfig


@dataclass(frozen=True, kw_only=True)
class Route:
    """What was typed. An empty password keeps the one before."""

    recorder: str
    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    fingerprint: str = ""


@transaction.atomic
def connect(camera: Camera, route: Route, *, seen: int, acting: Acting) -> Connection:
    """Set the camera's connection; its recorder follows within seconds.

    `seen` is the number of the row that the person saw, 0 for none. Raises ActionRefusedError.
    """
    access.check_connects(acting)
    before = access.connection(camera)
    recorder = _recorder(route, acting)
    _check(camera.camera_id, route)
    sealed = _sealed(camera.camera_id, route, recorder, before)
    try:
        with transaction.atomic():
            made = Connection.objects.create(
                camera=camera,
                number=seen + 1,
                recorder=route.recorder,
                url=route.url,
                username=route.username,
                sealed=sealed,
                fingerprint=route.fingerprint,
                at=acting.at,
                by=acting.person,
            )
    except IntegrityError as error:
        raise ActionRefusedError(
            _t("ほかの人が先に変えました"),
            Reason(text=_t("いまの内容を見てから、もう一度入れてください。")),
        ) from error
    feeding.after_commit()
    record(
        Entry(
            type="camera.connected",
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "camera": camera.camera_id,
                "scheme": acting.scheme.scheme_id,
            },
            data={"number": made.number, "recorder": route.recorder},
        )
    )
    return made


def _recorder(route: Route, acting: Acting) -> Recorder:
    for one in recorders(ask=False).of(acting.scheme.scheme_id):
        if one.config.id == route.recorder and one.config.feed is not None:
            return one
    raise ActionRefusedError(
        _t("この録画装置にはつなげません"),
        Reason(text=_t("この制度の録画装置がありません。システム担当に設定を頼んでください。")),
    )


def _check(camera: CameraId, route: Route) -> None:
    try:
        CameraConfig(
            id=camera,
            url=route.url,
            username=route.username,
            password=route.password,
            fingerprint=route.fingerprint or None,
        )
    except UsageError as error:
        raise ActionRefusedError(
            _t("この接続先は使えません"),
            Reason(
                text=_t("アドレス、利用者名、証明書の指紋のどれかが、決まった形ではありません。")
            ),
        ) from error


def _sealed(camera: CameraId, route: Route, recorder: Recorder, before: Connection | None) -> bytes:
    """The password as the recorder alone can read it, or the one before as it is."""
    if route.password:
        try:
            public = recorder.public()
            return feed.seal(
                route.password,
                public=public,
                recorder=route.recorder,
                camera=camera,
                url=route.url,
            )
        except (OSError, MachimoriError) as error:
            raise ActionRefusedError(
                _t("パスワードを録画装置に渡せません"),
                Reason(text=_t("録画装置を一度動かしてから、もう一度入れてください。")),
            ) from error
    if before is None or not before.sealed:
        return b""
    same = feed.place(before.url) == feed.place(route.url) and before.recorder == route.recorder
    if not same or before.username != route.username:
        raise ActionRefusedError(
            _t("パスワードをもう一度入れてください"),
            Reason(
                text=_t(
                    "前のパスワードは、前の接続先と利用者名でしか使えないように封をしてあります。"
                )
            ),
        )
    return bytes(before.sealed)

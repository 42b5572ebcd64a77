# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the register to the recorders: each recorder's file of cameras says what holds now.

The file is made anew from the tables, after each change has been committed and once a minute by a
worker, so that a crash between the two is mended. Cameras whose state is 運用中 are in it.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef

from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId
from machimori.office.cameras.access import cameras_of
from machimori.office.cameras.models import Connection
from machimori.office.jobs.registry import Work
from machimori.office.shared.recorders import Recorder, recorders
from machimori.recorder.feed import FedCamera, encode

RECORDED = "active"


def after_commit() -> None:
    """Have the recorders told once this transaction is committed."""
    transaction.on_commit(feed)


def feed() -> None:
    """Bring every recorder's file up to date; one that says the same already is left alone."""
    disk = Disk()
    for recorder in recorders(ask=False).found:
        path = recorder.config.feed
        if path is None:
            continue
        wanted = encode(_cameras(recorder))
        if not path.exists() or path.read_bytes() != wanted:
            disk.replace(path, wanted, mode=0o640)


def task(work: Work) -> None:
    """The worker's round."""
    del work
    feed()


def _cameras(recorder: Recorder) -> list[FedCamera]:
    later = Connection.objects.filter(camera=OuterRef("camera"), number__gt=OuterRef("number"))
    active = cameras_of(recorder.config.scheme).filter(status=RECORDED).values("camera")
    rows = Connection.objects.filter(
        ~Exists(later), recorder=recorder.config.id, camera__in=active
    ).order_by("camera")
    return [
        FedCamera(
            id=CameraId(row.camera_id),
            url=row.url,
            username=row.username,
            sealed=bytes(row.sealed),
            fingerprint=row.fingerprint,
        )
        for row in rows
    ]

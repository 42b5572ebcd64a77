# SPDX-License-Identifier: AGPL-3.0-or-later
"""How yesterday went, camera by camera: counted once in the night and kept, so that a list of a
thousand cameras asks one table and a day can be looked up when its footage is long destroyed."""

import datetime as dt
from typing import Final

from machimori.footage import coverage
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros, local_day
from machimori.office.cameras.models import Connection, RecordedDay
from machimori.office.jobs.registry import Work
from machimori.office.shared.engine import engine

BACK: Final = 7
"""Days that are counted later if no worker ran in their night."""


def task(work: Work) -> None:
    """The worker's round: every day of the last week that is not counted. Repeatable."""
    del work
    now = engine().clock.now()
    today = local_day(now)
    for back in range(BACK, 0, -1):
        count(today - dt.timedelta(days=back), now=now)


def count(day: dt.date, *, now: Micros) -> None:
    """Count one day of every camera that had a connection on it and is not counted.

    Raises UsageError if the store is not there: then nothing is counted, because everything would
    be a gap.
    """
    end = dt.datetime.combine(day, dt.time.max, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    known = RecordedDay.objects.filter(day=day).values("camera")
    cameras = (
        Connection.objects.filter(at__lte=end)
        .exclude(camera__in=known)
        .order_by("camera")
        .values_list("camera", flat=True)
        .distinct()
    )
    store = engine().store
    for camera in cameras:
        found = coverage.of_day(store, CameraId(camera), day, until=now)
        RecordedDay.objects.get_or_create(
            camera_id=camera,
            day=day,
            defaults={
                "seconds": round(found.recorded / 1e6),
                "gaps": [[gap.first, gap.last, gap.cause] for gap in found.gaps],
            },
        )

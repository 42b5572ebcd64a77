# SPDX-License-Identifier: AGPL-3.0-or-later
"""The end of a local day: open gaps are written down, and each camera's day gets its manifest.

A day is closed once no segment of it can come any more, and after a restart once what a crash left
is repaired. Closing a closed day changes nothing, so a day that an earlier run may have left open
is simply closed again.
"""

import contextlib
import datetime as dt
import threading
from collections.abc import Callable
from zoneinfo import ZoneInfo

from machimori.footage.catalogue import Catalogue
from machimori.footage.closing import close_day
from machimori.footage.errors import ObjectDiffersError
from machimori.footage.naming import ManifestName
from machimori.kernel.envelope import Signer
from machimori.kernel.errors import MachimoriError
from machimori.kernel.ids import CameraId, RecorderId
from machimori.kernel.instants import Micros, day_start, local_day, parse_day
from machimori.recorder.drain import Drain
from machimori.recorder.site import SEGMENT_HARD
from machimori.recorder.track import MIDNIGHT_GRACE

CLOSING_PAUSE = 0.1
"""Seconds between the closing of two cameras' days."""
_SETTLED = 5_000_000
"""Microseconds after a start in which repairs and the gap since the end are written down."""


class Days:
    """Ends the days of every lane of a drain. `look` from one thread; closing has its own.

    `may_close` says whether everything recorded so far is in the store or on its way there.
    """

    def __init__(
        self,
        *,
        drain: Drain,
        catalogue: Catalogue,
        recorder: RecorderId,
        signer: Signer,
        tz: ZoneInfo,
        started: Micros,
        may_close: Callable[[], bool],
        on_event: Callable[[str, str], None],
        ended: threading.Event,
    ) -> None:
        self._drain = drain
        self._catalogue = catalogue
        self._recorder = recorder
        self._signer = signer
        self._tz = tz
        self._started = started
        self._may_close = may_close
        self._on_event = on_event
        self._ended = ended
        # Yesterday passes for today, so that the first look splits the gap since then.
        self._today = local_day(started, tz) - dt.timedelta(days=1)
        left = map(parse_day, catalogue.days())
        self._unclosed = [day for day in left if day < self._today]
        self._closer: threading.Thread | None = None

    def look(self) -> None:
        """If a day has passed, split its gaps; begin to close the oldest day that is ready."""
        now = self._drain.now()
        today = local_day(now, self._tz)
        if today > self._today:
            self._split_gaps(day_start(today, self._tz))
            self._unclosed.append(self._today)
            self._today = today
        # A segment of yesterday ends at the latest at the hard limit past midnight.
        # After a restart, what was left and the gap since then come first.
        ready = max(
            day_start(today, self._tz) + MIDNIGHT_GRACE + SEGMENT_HARD, self._started + _SETTLED
        )
        closing = self._closer is not None and self._closer.is_alive()
        if self._unclosed and not closing and now >= ready and self._may_close():
            day = self._unclosed.pop(0)
            self._closer = threading.Thread(target=self._close_day, args=(day,), name="closer")
            self._closer.start()

    def join(self) -> None:
        """Wait for a closing that was begun; once `ended` is set it stops at the next camera."""
        if self._closer is not None:
            self._closer.join()

    def _split_gaps(self, midnight: Micros) -> None:
        def split() -> None:
            for lane in self._drain.lanes:
                lane.split_gap(midnight)

        self._drain.call(split)

    def _close_day(self, day: dt.date) -> None:
        """Camera by camera, with a pause after each: a thousand manifests are work for minutes."""
        whole = True
        # A camera that was withdrawn since has recorded on that day all the same.
        cameras = {lane.camera.id for lane in self._drain.lanes}
        for camera in sorted(cameras.union(self._catalogue.cameras(day.isoformat()))):
            if self._ended.is_set():
                return
            try:
                if self._close(camera, day.isoformat()):
                    self._ended.wait(CLOSING_PAUSE)
            except (MachimoriError, OSError) as error:
                whole = False
                self._on_event("closing_failed", str(error))
        if whole:
            self._catalogue.forget(day.isoformat())

    def _close(self, camera: CameraId, day: str) -> bool:
        """Close a camera's day; False if nothing was recorded, or it was closed already."""
        kept = [item.name for item in self._catalogue.list(f"{day}/{camera}/")]
        if not kept or str(ManifestName(day=day, camera=camera)) in kept:
            return False
        with contextlib.suppress(ObjectDiffersError):  # another process closed it just now
            close_day(
                self._catalogue,
                camera=camera,
                day=day,
                recorder=self._recorder,
                signer=self._signer,
                now=self._drain.now(),
                known=self._catalogue.known(camera, day),
            )
        return True

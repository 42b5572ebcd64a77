# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which cameras a recorder has: those of its configuration, and those of its file of cameras, which
are added, changed and withdrawn while it runs. One camera's change touches no other's lane."""

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from machimori.kernel.errors import UsageError
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros
from machimori.recorder.camera import CameraConfig
from machimori.recorder.config import RecorderConfig
from machimori.recorder.connector import Connector
from machimori.recorder.drain import Drain
from machimori.recorder.feed import Feed
from machimori.recorder.lane import Lane
from machimori.recorder.site import Site

WITHIN = 5.0
"""Seconds that the drain may take to let a camera go."""
CHANGED = "its entry in the register was changed"
WITHDRAWN = "taken out of the register of cameras"


class Roster:
    """Makes the lanes at the start; afterwards `look`, from housekeeping, follows the file."""

    def __init__(
        self,
        config: RecorderConfig,
        site: Site,
        *,
        feed: Feed | None,
        before: Mapping[CameraId, Micros],
        now: Micros,
        on_event: Callable[[str, str], None],
    ) -> None:
        """`before`: when each camera was last recorded, by an earlier run. Raises UsageError if
        the file of cameras cannot be obeyed."""
        self._site = site
        self._feed = feed
        self._fixed = frozenset(camera.id for camera in config.cameras)
        self._before = dict(before)
        self._on_event = on_event
        self._next = 0
        fed = (feed.changed() if feed else None) or ()
        self.lanes = [
            self._lane(camera, Micros(min(self._before.get(camera.id, now), now)))
            for camera in (*config.cameras, *self._permitted(fed))
        ]
        """Those of the start; from then on the drain has them."""

    @property
    def gone(self) -> Mapping[CameraId, Micros]:
        """Cameras that this run does not record any more or not yet, and when they last were."""
        return self._before

    def look(self, drain: Drain, connector: Connector) -> None:
        """Do what a changed file says. Raises UsageError, once, if it cannot be obeyed; then
        everything goes on as before."""
        fed = self._feed.changed() if self._feed else None
        if fed is None:
            return
        wanted = {camera.id: camera for camera in self._permitted(fed)}
        present = {
            lane.camera.id: lane for lane in drain.lanes if lane.camera.id not in self._fixed
        }
        for name, lane in present.items():
            if name not in wanted:
                self._withdraw(lane, drain, connector)
            elif wanted[name] != lane.camera:
                self._change(lane, wanted[name], drain, connector)
        for name in sorted(set(wanted) - set(present)):
            self._add(wanted[name], drain, connector)

    def _permitted(self, fed: tuple[CameraConfig, ...]) -> Iterator[CameraConfig]:
        for camera in fed:
            if camera.id in self._fixed:
                raise UsageError(
                    "is in the recorder's configuration already", where=f"camera {camera.id}"
                )
            yield camera

    def _lane(self, camera: CameraConfig, last: Micros, site: Site | None = None) -> Lane:
        lane = Lane(self._next, camera, site or self._site, last=last)
        self._next += 1
        return lane

    def _add(self, camera: CameraConfig, drain: Drain, connector: Connector) -> None:
        now = drain.now()
        last = self._before.pop(camera.id, None)
        # A camera that comes back begins another chain: the one it had was closed.
        site = replace(self._site, session=secrets.token_hex(16))
        lane = self._lane(camera, now if last is None else Micros(min(last, now)), site)
        if last is not None:
            lane.gap_cause, lane.gap_detail = "withdrawn", WITHDRAWN
        drain.call(lambda: drain.admit(lane))
        connector.reopen(lane)
        self._on_event("camera_added", camera.id)

    def _change(self, lane: Lane, camera: CameraConfig, drain: Drain, connector: Connector) -> None:
        def act() -> None:
            lane.camera = camera
            if lane.session is not None:
                lane.lose("withdrawn", CHANGED, drain.now())
            connector.renew(lane)

        drain.call(act)
        self._on_event("camera_changed", camera.id)

    def _withdraw(self, lane: Lane, drain: Drain, connector: Connector) -> None:
        done = threading.Event()

        def act() -> None:
            drain.dismiss(lane, WITHDRAWN)
            done.set()

        connector.give_up(lane)
        drain.call(act)
        if done.wait(WITHIN) and lane.bytes:
            self._before[lane.camera.id] = lane.arrived
        self._on_event("camera_withdrawn", lane.camera.id)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""A recorder: everything that runs in one process, and the order in which it starts and ends.

Start: 1. lock the directory; 2. read or make the signing key; 3. note what a crash left open;
4. start writers, drain and connector, so that recording goes on; 5. repair what was left; 6. go
over to housekeeping: floor, arrivals, keys, space, anchors, closing of days.

End (SIGTERM): connector, drain (which closes every segment and chain), writers, floor.
"""

import contextlib
import datetime as dt
import logging
import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial

from machimori.footage.catalogue import Catalogue
from machimori.footage.repair import OPEN, remains, repair_all
from machimori.footage.sealer import Sealer
from machimori.footage.store import DirectoryStore, Store
from machimori.kernel.clock import Clock, SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError
from machimori.kernel.multibuffer import MultiBuffer
from machimori.kernel.slices import SLICES, sliced_digest
from machimori.recorder import arrivals
from machimori.recorder.blocks import BLOCK, Blocks
from machimori.recorder.bound import ClockBound
from machimori.recorder.chrony import Tracking
from machimori.recorder.chrony import ask as ask_chrony
from machimori.recorder.config import RecorderConfig
from machimori.recorder.confirming import Confirmations
from machimori.recorder.connector import Connector
from machimori.recorder.days import Days
from machimori.recorder.directory import load_key, lock, open_spool
from machimori.recorder.drain import Drain
from machimori.recorder.errors import CameraError, RecorderError
from machimori.recorder.events import Events
from machimori.recorder.feed import Feed, load_keys
from machimori.recorder.health import Health, HealthServer
from machimori.recorder.housekeeping import Housekeeping
from machimori.recorder.keys import BundleDirectory
from machimori.recorder.lane import Lane
from machimori.recorder.live.server import Live, LiveServer
from machimori.recorder.ports import Opener
from machimori.recorder.roster import Roster
from machimori.recorder.rtsp.opener import Limits, RtspOpener
from machimori.recorder.site import Site
from machimori.recorder.space import Space
from machimori.recorder.timefloor import Proposal, TimeFloor
from machimori.recorder.writers import Writers

log = logging.getLogger(__name__)

STOP_PATIENCE = 20.0
"""Seconds that an orderly end may take until what is left is left to the repair."""
ADOPTED_WITHIN = 5.0
"""Seconds that the drain may take to go by another time."""
LIMITS = Limits(connect=2.0)
"""A SYN that got lost is sent again after a second, and then it is better to begin anew: a camera
that has come back is to play within two seconds."""


class Node:
    """One recorder. `start`, then `stop`; both from the thread that made it."""

    def __init__(
        self,
        config: RecorderConfig,
        *,
        clock: Clock | None = None,
        opener: Opener | None = None,
        store: Store | None = None,
        disk: Disk | None = None,
        sealer: type[Sealer] = Sealer,
        tracking: Callable[[], Tracking] | None = None,
    ) -> None:
        """`tracking` asks how wrong `clock` can be; the machine's own clock is chronyd's matter."""
        self.config = config
        self.clock = clock or SystemClock()
        self._disk = disk or Disk()
        self.events = Events()
        directory = config.directory
        self._disk.make_directory(directory)
        self._lock = lock(directory)
        self.key = load_key(directory / "recorder.key", self._disk)
        self.spool = None if store else open_spool(config, self._disk)
        self.catalogue = Catalogue(
            store or self.spool or DirectoryStore(config.store, self._disk), directory / "catalogue"
        )
        self._disk.make_directory(config.keys)
        self.floor = TimeFloor(
            directory / "floor.json", clock=self.clock, disk=self._disk, tz=config.tz
        )
        self.bound = ClockBound(
            tracking if clock else tracking or partial(ask_chrony, config.chrony),
            clock=self.clock,
            floor=self.floor,
            on_lost=partial(self._event, "clock_bound_lost"),
        )
        self.keys = BundleDirectory(config.keys, vault=config.vault_key)
        self._left = remains(directory)
        self.blocks = Blocks(max(8 * BLOCK, config.buffer_mb * 1_000_000))
        self.writers = Writers(
            store=self.catalogue,
            blocks=self.blocks,
            disk=self._disk,
            on_trouble=self._event,
            writers=config.writers,
        )
        self.session = secrets.token_hex(16)
        lanes = MultiBuffer.load()
        site = Site(
            scheme=config.scheme,
            recorder=config.id,
            session=self.session,
            signer=self.key,
            keys=self.keys,
            writers=self.writers,
            blocks=self.blocks,
            parts=directory / OPEN,
            tz=config.tz,
            period=config.period,
            ceiling=config.ceiling,
            sealer=sealer,
            digest=lanes.digest if lanes else sliced_digest,
            clock_bound=lambda: self.bound.at(self.clock.monotonic()),
        )
        now = self.floor.at(self.clock.monotonic())
        self.roster = Roster(
            config,
            site,
            feed=Feed(config.feed, recorder=config.id, key=load_keys(directory, self._disk))
            if config.feed
            else None,
            before=arrivals.before(directory, self._left),
            now=now,
            on_event=self._event,
        )
        self.drain = Drain(
            lanes=self.roster.lanes,
            blocks=self.blocks,
            clock=self.clock,
            floor=self.floor,
            on_lost=self._lost,
            on_tick=self.writers.flush,
        )
        self.connector = Connector(
            opener=opener or RtspOpener(self.clock, limits=LIMITS),
            clock=self.clock,
            on_open=self.drain.adopt,
            on_failed=self._failed,
        )
        spool = self.spool
        self.space = Space(
            # Before a bucket, it is the spool that fills up and the spool that gives way.
            store=spool.here if spool else self.catalogue,
            place=config.store if config.store.is_dir() else directory,
            free=(lambda place: spool.room()) if spool else None,
            holds=config.holds,
            policy=config.full_disk,
            min_free=config.min_free_mb << 20,
            recorder=config.id,
            signer=self.key,
            tz=config.tz,
            on_event=self._event,
        )
        self.started = now
        self._ended = threading.Event()
        self._repairer = threading.Thread(target=self._repair, name="repair")
        self.days = Days(
            drain=self.drain,
            catalogue=self.catalogue,
            recorder=config.id,
            signer=self.key,
            tz=config.tz,
            started=now,
            may_close=lambda: not (self._repairer.is_alive() or self.writers.troubled),
            on_event=self._event,
            ended=self._ended,
        )
        confirmations = Confirmations(
            directory,
            recorder=config.id,
            floor=self.floor,
            has_key=self._has_key,
            adopt=self._adopt_time,
            on_event=self._event,
            disk=self._disk,
        )
        self.housekeeping = Housekeeping(
            config,
            clock=self.clock,
            disk=self._disk,
            signer=self.key,
            drain=self.drain,
            floor=self.floor,
            bound=self.bound,
            confirmations=confirmations,
            keys=self.keys,
            catalogue=self.catalogue,
            space=self.space,
            days=self.days,
            roster=self.roster,
            look_at_cameras=lambda: self.roster.look(self.drain, self.connector),
            on_event=self._event,
            ended=self._ended,
        )
        self.health = Health(
            config=config,
            session=self.session,
            public_key=self.key.public,
            since=now,
            sha256_lanes=SLICES if lanes else 1,
            clock=self.clock,
            drain=self.drain,
            floor=self.floor,
            bound=self.bound,
            keys=self.keys,
            space=self.space,
            writers=self.writers,
            spool=self.spool,
            events=self.events,
        )
        self._health_server: HealthServer | None = None
        self._live_server: LiveServer | None = None

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The cameras that are recorded now."""
        return self.drain.lanes

    @property
    def port(self) -> int | None:
        """Port of health and metrics."""
        return self._health_server.port if self._health_server else None

    @property
    def failed(self) -> str:
        """What a defect ended, "" if all of it runs. The process is then to end."""
        parts = {"drain": self.drain.failure, "housekeeping": self.housekeeping.failure}
        return " and ".join(name for name, failure in parts.items() if failure is not None)

    def start(self) -> None:
        """Record; returns at once. Raises UsageError, before anything runs, if the port of health
        and metrics is not free."""
        if self.config.listen is not None:
            self._health_server = HealthServer(self.config.listen, self.health.report)
        if self.config.live is not None:
            live = Live(
                scheme=self.config.scheme,
                vault=self.config.vault_key,
                drain=self.drain,
                clock=self.clock,
                converted=self.config.live_converted,
            )
            self._live_server = LiveServer(self.config.live, live)
        if self.spool is not None:
            self.spool.start()
        self.writers.start()
        self.drain.start()
        self.connector.start(list(self.lanes))
        self._repairer.start()
        self.housekeeping.start()

    def stop(self) -> None:
        """The orderly end."""
        self._ended.set()
        if self._live_server is not None:
            self._live_server.close()
        self.connector.stop()
        self.drain.stop()
        self.housekeeping.join()
        self._repairer.join()
        self.days.join()
        if not self.writers.stop(STOP_PATIENCE):
            log.warning("the disk did not take everything in time; the next start repairs it")
        # The last minutes would otherwise be bound by nothing but this recorder's own signature.
        try:
            self.housekeeping.anchor()
        except (MachimoriError, OSError) as error:
            self._event("anchor_failed", str(error))
        if self.spool is not None:
            self.spool.close()
        with contextlib.suppress(MachimoriError):
            self.floor.save()
            self.housekeeping.save_arrivals()
        if self._health_server is not None:
            self._health_server.close()
        os.close(self._lock)

    # -- called by other parts ------------------------------------------------------------------

    def _event(self, event: str, detail: str) -> None:
        self.events.add(event, detail, now=self.drain.now())

    def _lost(self, lane: Lane, cause: str, detail: str) -> None:
        """A session ended (drain thread)."""
        self.events.add(
            "session_lost", f"{cause}: {detail}", now=self.drain.now(), camera=lane.camera.id
        )
        self.connector.reopen(lane, hurry=cause != "clock")

    def _failed(self, lane: Lane, error: CameraError) -> None:
        """An attempt to open failed (connector thread)."""
        now = self.drain.now()
        cause, message = error.cause, f"{error.state}: {error.message}"

        def act() -> None:
            if not lane.withdrawn:
                lane.still_gone(cause, message, now)

        self.drain.call(act)

    def _has_key(self, day: dt.date) -> bool:
        return any(self.keys.find(lane.camera.id, day) for lane in self.lanes)

    def _adopt_time(self, proposal: Proposal) -> None:
        """Go by the time that an operator confirmed; returns when every lane does."""
        done = threading.Event()

        def act() -> None:
            self.floor.adopt(proposal)
            now = self.drain.now()
            for lane in self.lanes:
                lane.set_clock(now)
            done.set()

        self.drain.call(act)
        if not done.wait(ADOPTED_WITHIN):
            raise RecorderError("the drain did not take the confirmed time")

    def _repair(self) -> None:
        if not self._left:
            return
        try:
            done = repair_all(self._left, store=self.catalogue, disk=self._disk, signer=self.key)
        except (MachimoriError, OSError) as error:
            self._event("repair_failed", str(error))
            return
        counts = Counter(repaired.outcome for repaired in done)
        text = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        self._event("repaired", text)

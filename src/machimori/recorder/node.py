# SPDX-License-Identifier: AGPL-3.0-or-later
"""A recorder: everything that runs in one process, and the order in which it starts and ends.

Start: 1. lock the directory; 2. read or make the signing key; 3. note what a crash left open;
4. start writers, drain and connector, so that recording goes on; 5. repair what was left; 6. go
over to housekeeping: floor, arrivals, keys, space, anchors, closing of days.

End (SIGTERM): connector, drain (which closes every segment and chain), writers, floor.
"""

import contextlib
import datetime as dt
import fcntl
import logging
import os
import secrets
import threading
from pathlib import Path

from machimori.footage.catalogue import Catalogue
from machimori.footage.closing import close_day
from machimori.footage.errors import ObjectDiffersError
from machimori.footage.naming import ManifestName
from machimori.footage.place import open_store
from machimori.footage.repair import remains, repair_all
from machimori.footage.segment import Sealer
from machimori.footage.spool import Spool
from machimori.footage.store import DirectoryStore, Store
from machimori.kernel.canonical import Json
from machimori.kernel.clock import Clock, SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError, UsageError
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros, day_start, local_day, parse_day, rfc3339
from machimori.kernel.multibuffer import MultiBuffer
from machimori.kernel.signing import SigningKey
from machimori.kernel.slices import SLICES, sliced_digest
from machimori.ledger.entry import Entry
from machimori.recorder import anchors, arrivals, health
from machimori.recorder.blocks import BLOCK, Blocks
from machimori.recorder.config import RecorderConfig
from machimori.recorder.connector import Connector
from machimori.recorder.drain import LATE, Drain
from machimori.recorder.errors import CameraError
from machimori.recorder.events import Events
from machimori.recorder.keys import ALARMS, BundleDirectory
from machimori.recorder.lane import MIDNIGHT_GRACE, SEGMENT_HARD, Lane, Site
from machimori.recorder.ports import Opener
from machimori.recorder.rtsp.opener import Limits, RtspOpener
from machimori.recorder.space import Space
from machimori.recorder.timefloor import TimeFloor
from machimori.recorder.writers import Writers

log = logging.getLogger(__name__)

HOUSEKEEPING = 1.0
"""Seconds between two rounds."""
STOP_PATIENCE = 20.0
"""Seconds that an orderly end may take until what is left is left to the repair."""
LIMITS = Limits(connect=2.0)
"""A SYN that got lost is sent again after a second, and then it is better to begin anew: a camera
that has come back is to play within two seconds."""
CLOSING_PAUSE = 0.1
"""Seconds between the closing of two cameras' days."""
_RESCAN = 30.0
_SETTLED = 5_000_000
"""Microseconds after a start in which repairs and the gap since the end are written down."""


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
    ) -> None:
        self.config = config
        self.clock = clock or SystemClock()
        self._disk = disk or Disk()
        self.events = Events()
        directory = config.directory
        self._disk.make_directory(directory)
        self._lock = _locked(directory / "lock")
        self.key = load_key(directory / "recorder.key", self._disk)
        self.spool = None if store else _spool(config, self._disk)
        self._catalogue = Catalogue(
            store or self.spool or DirectoryStore(config.store, self._disk), directory / "catalogue"
        )
        self.store: Store = self._catalogue
        self._disk.make_directory(config.keys)
        self.floor = TimeFloor(
            directory / "floor.json", clock=self.clock, disk=self._disk, tz=config.tz
        )
        self.keys = BundleDirectory(config.keys, vault=config.vault_key)
        self._left = remains(directory)
        self.blocks = Blocks(max(8, config.buffer_mb * 1_000_000 // BLOCK))
        self.writers = Writers(
            store=self.store,
            blocks=self.blocks,
            disk=self._disk,
            on_trouble=self._event,
            writers=config.writers,
        )
        self.session = secrets.token_hex(16)
        lanes = MultiBuffer.load()
        self._sha256_lanes = SLICES if lanes else 1
        site = Site(
            scheme=config.scheme,
            recorder=config.id,
            session=self.session,
            signer=self.key,
            keys=self.keys,
            writers=self.writers,
            blocks=self.blocks,
            parts=directory / "open",
            tz=config.tz,
            period=config.period,
            ceiling=config.ceiling,
            sealer=sealer,
            digest=lanes.digest if lanes else sliced_digest,
        )
        now = self.floor.at(self.clock.monotonic())
        before = self._arrivals_before()
        self.lanes = [
            Lane(number, camera, site, last=Micros(min(before.get(camera.id, now), now)))
            for number, camera in enumerate(config.cameras)
        ]
        self.drain = Drain(
            lanes=self.lanes,
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
            store=spool.here if spool else self.store,
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
        self._health: health.HealthServer | None = None
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep_house, name="housekeeping")
        self._repairer = threading.Thread(target=self._repair, name="repair")
        # Days that an earlier run may have left open; closing a closed day changes nothing.
        # Yesterday passes for today, so that the first round splits the gap since then.
        self._today = local_day(now, config.tz) - dt.timedelta(days=1)
        left = map(parse_day, self._catalogue.days())
        self._unclosed = [day for day in left if day < self._today]
        self._closer: threading.Thread | None = None
        self._alarmed: dict[str, int] = {}
        self.started = now

    @property
    def port(self) -> int | None:
        """Port of health and metrics."""
        return self._health.port if self._health else None

    def start(self) -> None:
        """Record; returns at once."""
        if self.spool is not None:
            self.spool.start()
        self.writers.start()
        self.drain.start()
        self.connector.start(self.lanes)
        self._repairer.start()
        self._keeper.start()
        if self.config.listen is not None:
            self._health = health.HealthServer(self.config.listen, self.report)

    def stop(self) -> None:
        """The orderly end."""
        self._stop.set()
        self.connector.stop()
        self.drain.stop()
        self._keeper.join()
        self._repairer.join()
        if self._closer is not None:
            self._closer.join()
        if not self.writers.stop(STOP_PATIENCE):
            log.warning("the disk did not take everything in time; the next start repairs it")
        if self.spool is not None:
            self.spool.close()
        with contextlib.suppress(MachimoriError):
            self.floor.save()
            self._save_arrivals()
        if self._health is not None:
            self._health.close()
        os.close(self._lock)

    def wait(self, seconds: float) -> bool:
        """Sleep while all is well; False if the drain has died of a defect."""
        self._stop.wait(seconds)
        return self.drain.thread.is_alive()

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
            lane.still_gone(cause, message, now)

        self.drain.call(act)

    # -- housekeeping ---------------------------------------------------------------------------

    def _keep_house(self) -> None:
        mono = self.clock.monotonic()
        due = {
            "floor": mono,
            "arrivals": mono + arrivals.SAVE_EVERY,
            "keys": mono,
            "anchor": mono + anchors.EVERY,
            "day": mono,
            "space": mono,
        }
        rounds = {
            "floor": (60.0, self.floor.save),
            "arrivals": (arrivals.SAVE_EVERY, self._save_arrivals),
            "keys": (_RESCAN, self._look_after_keys),
            "anchor": (anchors.EVERY, self._anchor),
            "day": (5.0, self._look_after_days),
            "space": (1.0, self._look_after_space),
        }
        while not self._stop.wait(HOUSEKEEPING):
            mono = self.clock.monotonic()
            if self.drain.late > LATE:
                self._event("overloaded", f"a drain was {self.drain.late:.1f} s late")
            for name, (every, act) in rounds.items():
                if mono < due[name]:
                    continue
                due[name] = mono + every
                try:
                    act()
                except (MachimoriError, OSError) as error:
                    self._event(f"{name}_failed", str(error))

    def _save_arrivals(self) -> None:
        found = {lane.camera.id: lane.arrived for lane in self.lanes if lane.bytes}
        path = self.config.directory / "arrivals.json"
        arrivals.save(path, {**arrivals.load(path), **found}, self._disk)

    def _arrivals_before(self) -> dict[CameraId, Micros]:
        known = arrivals.load(self.config.directory / "arrivals.json")
        for part in self._left:
            camera, last = CameraId(part.parent.name), arrivals.of_part(part)
            if last is not None:
                known[camera] = max(last, known.get(camera, last))
        return known

    def _look_after_keys(self) -> None:
        self.keys.rescan()
        today = local_day(self.drain.now(), self.config.tz)
        left = min((self.keys.days_left(lane.camera.id, today) for lane in self.lanes), default=99)
        level = next((days for days in reversed(ALARMS) if left <= days), 0)
        if level and self._alarmed.get("keys") != level:
            self._event("keys_run_out", f"keys for {max(left, 0)} more days")
        self._alarmed["keys"] = level

    def _look_after_space(self) -> None:
        now = self.drain.now()
        self.space.keep()
        for camera, segments, first, last in self.space.removed:
            entry = Entry(
                type="footage.overwritten",
                at=now,
                subject={"camera": camera, "recorder": self.config.id},
                data={"segments": segments, "from": first, "to": last},
            )
            self._disk.make_directory(self._outbox)
            self._disk.create(self._outbox / f"{entry.id}.json", entry.encode())

    def _anchor(self) -> None:
        anchors.write(
            self._catalogue.heads(),
            outbox=self._outbox,
            store=self.store,
            recorder=self.config.id,
            signer=self.key,
            now=self.drain.now(),
            disk=self._disk,
            tz=self.config.tz,
        )

    @property
    def _outbox(self) -> Path:
        return self.config.directory / "outbox"

    def _look_after_days(self) -> None:
        """When a day has passed: write open gaps down, and later close it with manifests."""
        now = self.drain.now()
        tz = self.config.tz
        today = local_day(now, tz)
        if today > self._today:
            midnight = day_start(today, tz)

            def split() -> None:
                for lane in self.lanes:
                    lane.split_gap(midnight)

            self.drain.call(split)
            self._unclosed.append(self._today)
            self._today = today
        # A segment of yesterday ends at the latest at the hard limit past midnight.
        # After a restart, what was left and the gap since then come first.
        ready = max(day_start(today, tz) + MIDNIGHT_GRACE + SEGMENT_HARD, self.started + _SETTLED)
        idle = not self._repairer.is_alive() and not (self._closer and self._closer.is_alive())
        if self._unclosed and idle and now >= ready and not self.writers.troubled:
            day = self._unclosed.pop(0)
            self._closer = threading.Thread(target=self._close_day, args=(day,), name="closer")
            self._closer.start()

    def _close_day(self, day: dt.date) -> None:
        """Camera by camera, with pauses: a thousand days' listings are work for minutes."""
        whole = True
        for lane in self.lanes:
            if self._stop.wait(CLOSING_PAUSE):
                return
            try:
                self._close(lane, day, self.drain.now())
            except (MachimoriError, OSError) as error:
                whole = False
                self._event("closing_failed", str(error))
        if whole:
            self._catalogue.forget(day.isoformat())

    def _close(self, lane: Lane, day: dt.date, now: Micros) -> None:
        kept = [item.name for item in self.store.list(f"{day}/{lane.camera.id}/")]
        if not kept or str(ManifestName(day=day.isoformat(), camera=lane.camera.id)) in kept:
            return  # nothing was recorded, or it was closed already
        with contextlib.suppress(ObjectDiffersError):  # another process closed it just now
            close_day(
                self.store,
                camera=lane.camera.id,
                day=day.isoformat(),
                recorder=self.config.id,
                signer=self.key,
                now=now,
                known=self._catalogue.known(lane.camera.id, day.isoformat()),
            )

    def _repair(self) -> None:
        if not self._left:
            return
        try:
            done = repair_all(self._left, store=self.store, disk=self._disk, signer=self.key)
        except MachimoriError as error:
            self._event("repair_failed", str(error))
            return
        counts: dict[str, int] = {}
        for repaired in done:
            counts[repaired.outcome] = counts.get(repaired.outcome, 0) + 1
        text = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        self._event("repaired", text)

    # -- health -------------------------------------------------------------------------------

    def report(self) -> dict[str, Json]:
        """The state of everything, as JSON."""
        now = self.drain.now()
        cameras = {lane.camera.id: health.of_lane(lane, now) for lane in self.lanes}
        today = local_day(now, self.config.tz)
        return {
            "recorder": {
                "id": self.config.id,
                "session": self.session,
                "public_key": self.key.public.raw.hex(),
                "now": rfc3339(now),
                "since": rfc3339(self.started),
                "cameras": len(self.lanes),
                "recording": sum(int(values["up"]) for values in cameras.values()),
                "clock_confirmed": int(self.floor.confirmed),
                "clock_problem": self.floor.problem,
                "drain_late_seconds": round(self.drain.late, 3),
                "drain_cpu_seconds": round(self.drain.cpu, 3),
                "disk_choked": int(self.drain.choked),
                "disk_state": self.space.state,
                "sha256_lanes": self._sha256_lanes,
                "sync_lag_seconds": round(self.writers.sync_lag, 3),
                "write_backlog": self.writers.backlog,
                "written_bytes": self.writers.bytes_written,
                "published": self.writers.published,
                "overwritten_segments": self.space.overwritten,
                **_spool_report(self.spool),
                "key_days_left": min(
                    (self.keys.days_left(lane.camera.id, today) for lane in self.lanes),
                    default=-1,
                ),
                "kernel_tcp_bytes": kernel_tcp_bytes(),
            },
            "cameras": cameras,
            "events": self.events.recent(),
            "event_counts": dict(self.events.counts),
        }


def _spool(config: RecorderConfig, disk: Disk) -> Spool | None:
    """The spool before a bucket; None if the store is a directory."""
    if config.store.suffix != ".toml":
        return None
    return Spool(
        open_store(config.store, disk),
        config.directory / "spool",
        disk,
        limit=config.spool_mb << 20,
        policy="stop",
    )


def _spool_report(spool: Spool | None) -> dict[str, Json]:
    if spool is None:
        return {}
    state = spool.state()
    return {
        "spool_objects": state.objects,
        "spool_bytes": state.size,
        "spool_limit_bytes": state.limit,
        "spool_oldest": state.oldest,
        "spool_uploaded": state.uploaded,
        "spool_refused": state.refused,
        "spool_failing": state.failing,
    }


def kernel_tcp_bytes() -> int:
    """Memory of all TCP sockets of this machine's network namespace (/proc/net/sockstat)."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/net/sockstat").read_text().splitlines():
            if line.startswith("TCP:"):
                words = line.split()
                return int(words[words.index("mem") + 1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def load_key(path: Path, disk: Disk) -> SigningKey:
    """The recorder's Ed25519 key, made at the first start (mode 0600). Raises UsageError."""
    try:
        if path.stat().st_mode & 0o077:
            raise UsageError(
                "the recorder's key can be read by others", where=str(path), remedy="chmod 600"
            )
        return SigningKey(path.read_bytes())
    except FileNotFoundError:
        key = SigningKey.generate()
        disk.create(path, key.seed(), mode=0o600)
        return key


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise UsageError("another recorder uses this directory", where=str(path)) from None
    return descriptor

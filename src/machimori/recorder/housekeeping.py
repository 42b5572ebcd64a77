# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a recorder does beside recording, in rounds: clock, arrivals, keys, anchors, days, space.

One thread does it all, one thing after the other. What fails is an event and is tried again in its
next round; recording does not wait for any of it. A defect ends the thread, and then the process
(`Node.failed`): a recorder of which nobody looks after keys, space and anchors only seems to run.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from machimori.footage.catalogue import Catalogue
from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError
from machimori.kernel.instants import local_day
from machimori.kernel.signing import SigningKey
from machimori.ledger.courier import leave
from machimori.ledger.entry import Entry
from machimori.recorder import anchors, arrivals, memory
from machimori.recorder.bound import EVERY as BOUND_EVERY
from machimori.recorder.bound import ClockBound
from machimori.recorder.config import RecorderConfig
from machimori.recorder.confirming import Confirmations
from machimori.recorder.days import Days
from machimori.recorder.drain import LATE, Drain
from machimori.recorder.keys import BundleDirectory, KeyAlarm
from machimori.recorder.roster import Roster
from machimori.recorder.space import Space
from machimori.recorder.timefloor import TimeFloor

HOUSEKEEPING = 1.0
"""Seconds between two looks at what is due."""
_KEYS_EVERY = 30.0
_FLOOR_EVERY = 60.0
_DAYS_EVERY = 5.0
_SPACE_EVERY = 1.0
_MEMORY_EVERY = 60.0


class Housekeeping:
    """The rounds of one recorder, in a thread that runs until `ended` is set."""

    def __init__(
        self,
        config: RecorderConfig,
        *,
        clock: Clock,
        disk: Disk,
        signer: SigningKey,
        drain: Drain,
        floor: TimeFloor,
        bound: ClockBound,
        confirmations: Confirmations,
        keys: BundleDirectory,
        catalogue: Catalogue,
        space: Space,
        days: Days,
        roster: Roster,
        look_at_cameras: Callable[[], None],
        on_event: Callable[[str, str], None],
        ended: threading.Event,
    ) -> None:
        self._config = config
        self._clock = clock
        self._disk = disk
        self._signer = signer
        self._drain = drain
        self._floor = floor
        self._bound = bound
        self._confirmations = confirmations
        self._keys = keys
        self._key_alarm = KeyAlarm(keys, lambda: [lane.camera.id for lane in drain.lanes], on_event)
        self._catalogue = catalogue
        self._space = space
        self._days = days
        self._roster = roster
        self._look_at_cameras = look_at_cameras
        self._on_event = on_event
        self._ended = ended
        self._thread = threading.Thread(target=self._run, name="housekeeping")
        self.failure: BaseException | None = None
        """A defect that ended the rounds; the node then ends the process."""

    def start(self) -> None:
        """Begin the rounds."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the round that is under way; call it once `ended` is set."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self._rounds()
        except BaseException as error:
            self.failure = error
            raise

    def _rounds(self) -> None:
        # Before the first segment, if chronyd is quick.
        self._bound.renew()
        mono = self._clock.monotonic()
        due = {
            "clock_bound": mono + BOUND_EVERY,
            "confirmation": mono,
            "cameras": mono,
            "floor": mono,
            "arrivals": mono + arrivals.SAVE_EVERY,
            "keys": mono,
            "anchor": mono + anchors.EVERY,
            "day": mono,
            "space": mono,
            "memory": mono,
        }
        rounds = {
            "clock_bound": (BOUND_EVERY, self._bound.renew),
            "confirmation": (HOUSEKEEPING, self._confirmations.look),
            "cameras": (HOUSEKEEPING, self._look_at_cameras),
            "floor": (_FLOOR_EVERY, self._floor.save),
            "arrivals": (arrivals.SAVE_EVERY, self.save_arrivals),
            "keys": (_KEYS_EVERY, self._look_after_keys),
            "anchor": (anchors.EVERY, self.anchor),
            "day": (_DAYS_EVERY, self._days.look),
            "space": (_SPACE_EVERY, self._look_after_space),
            "memory": (_MEMORY_EVERY, memory.collect),
        }
        while not self._ended.wait(HOUSEKEEPING):
            mono = self._clock.monotonic()
            if self._drain.late > LATE:
                self._on_event("overloaded", f"a drain was {self._drain.late:.1f} s late")
            for name, (every, act) in rounds.items():
                if mono < due[name]:
                    continue
                due[name] = mono + every
                try:
                    act()
                except (MachimoriError, OSError) as error:
                    self._on_event(f"{name}_failed", str(error))

    def save_arrivals(self) -> None:
        """Note when each camera was last recorded. Raises DurabilityError."""
        found = {lane.camera.id: lane.arrived for lane in self._drain.lanes if lane.bytes}
        path = self._config.directory / arrivals.FILE
        known = {**arrivals.load(path), **self._roster.gone, **found}
        arrivals.save(path, known, self._disk)

    def anchor(self) -> None:
        """Put an anchor over all heads into store and outbox. Raises what `anchors.write` does."""
        anchors.write(
            self._catalogue.heads(),
            outbox=self._outbox,
            store=self._catalogue,
            recorder=self._config.id,
            signer=self._signer,
            now=self._drain.now(),
            disk=self._disk,
            tz=self._config.tz,
        )

    def _look_after_keys(self) -> None:
        self._keys.rescan()
        self._key_alarm.look(local_day(self._drain.now(), self._config.tz))

    def _look_after_space(self) -> None:
        now = self._drain.now()
        self._space.keep()
        for camera, segments, first, last in self._space.removed:
            entry = Entry(
                type="footage.overwritten",
                at=now,
                subject={"camera": camera, "recorder": self._config.id},
                data={"segments": segments, "from": first, "to": last},
            )
            leave(self._outbox, entry, self._disk)

    @property
    def _outbox(self) -> Path:
        return self._config.directory / "outbox"

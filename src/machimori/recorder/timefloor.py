# SPDX-License-Identifier: AGPL-3.0-or-later
"""The recorder's time: the wall clock, as far as it may be believed.

A key belongs to a day, so a recorder that believes a wrong clock seals footage to a key that dies
on the wrong day. Hence (docs/design/time.md):

* a **floor** on disk: the latest time at which this recorder has sealed. While the clock stands
  before the floor's day, nothing is recorded; the gap's cause is `clock`;
* a **jump** of more than five minutes against the monotonic clock is unconfirmed: the recorder goes
  on by the monotonic clock until the wall clock comes back to it or somebody confirms;
* smaller steps are followed, but time never runs backwards within a lane.

Between two ticks time is the monotonic clock plus an offset, so that no step of the wall clock can
turn an arrival interval round.
"""

import contextlib
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

from machimori.kernel import canonical
from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError
from machimori.kernel.instants import Micros, local_day, rfc3339

JUMP = 300_000_000
"""µs; a larger difference between wall and monotonic clock is not believed."""
SAVE_EVERY = 60_000_000
"""µs between two writes of the floor."""


class TimeFloor:
    """The time that lanes seal by. `watch` in the drain thread, `save` in any other."""

    def __init__(self, path: Path, *, clock: Clock, disk: Disk, tz: ZoneInfo) -> None:
        self._path = path
        self._clock = clock
        self._disk = disk
        self._tz = tz
        self._lock = threading.Lock()
        self.floor = self._load()
        mono = clock.monotonic()
        self._offset = clock.now() - round(mono * 1e6)
        self.problem = ""
        """Why the clock is not believed; empty while it is."""
        self.confirmed = True
        """Whether anything may be sealed."""
        self.jumped = False
        """Whether the wall clock has left the recorder's own by more than five minutes."""
        self.watch(mono)

    def at(self, mono: float) -> Micros:
        """The recorder's time at a moment of the monotonic clock."""
        return Micros(self._offset + round(mono * 1e6))

    def watch(self, mono: float) -> None:
        """Compare with the wall clock; follow small steps, refuse large ones."""
        difference = self._clock.now() - self.at(mono)
        self.jumped = abs(difference) > JUMP
        if not self.jumped or not self.confirmed:
            # An unconfirmed clock has nothing that depends on it and may jump as it likes.
            self._offset += difference
        now = self.at(mono)
        behind = local_day(now, self._tz) < local_day(self.floor, self._tz)
        self.confirmed = not behind
        if behind:
            self.problem = f"the clock stands before the floor, {rfc3339(self.floor)}"
        elif self.jumped:
            self.problem = f"the clock jumped by {difference // 1_000_000} s, unconfirmed"
        else:
            self.problem = ""

    def confirm(self) -> None:
        """Believe the wall clock as it is now: on an operator's or a synchronised source's word."""
        self._offset = self._clock.now() - round(self._clock.monotonic() * 1e6)

    def save(self) -> None:
        """Raise the floor to now and make it durable. Raises DurabilityError."""
        with self._lock:
            now = self.at(self._clock.monotonic())
            if not self.confirmed or now <= self.floor:
                return
            self._disk.replace(self._path, canonical.dumps({"floor": now}))
            self.floor = now

    def _load(self) -> Micros:
        with contextlib.suppress(FileNotFoundError):
            try:
                source = canonical.load_object(self._path.read_bytes())
                return Micros(canonical.field(source, "floor", int))
            except MachimoriError:
                # Damaged: start from the file's own age rather than from nothing.
                return Micros(self._path.stat().st_mtime_ns // 1000)
        return Micros(0)

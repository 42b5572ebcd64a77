# SPDX-License-Identifier: AGPL-3.0-or-later
"""The recorder's time: the wall clock, as far as it may be believed.

A key belongs to a day, so a recorder that believes a wrong clock seals footage to a key that dies
on the wrong day. Hence (docs/design/time.md):

* a **floor** on disk: the latest time at which this recorder has sealed. While the clock stands
  before the floor's day, nothing is recorded; the gap's cause is `clock`;
* a **jump** of more than five minutes against the monotonic clock is unconfirmed: the recorder goes
  on by the monotonic clock until the wall clock comes back to it or an operator confirms it;
* smaller steps are followed, but time never runs backwards within a lane.

Between two ticks time is the monotonic clock plus an offset, so that no step of the wall clock can
turn an arrival interval round.
"""

import contextlib
import datetime as dt
import threading
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from machimori.kernel import canonical
from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError
from machimori.kernel.instants import Micros, local_day, rfc3339
from machimori.recorder.errors import ConfirmationRefusedError

JUMP = 300_000_000
"""µs; a larger difference between wall and monotonic clock is not believed."""
SAVE_EVERY = 60_000_000
"""µs between two writes of the floor."""
READING = 1_000
"""µs by which the recorder's time may differ from the wall clock it follows: both clocks are read
one after the other, and a reading that was interrupted for longer is not used."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The wall clock's time, to be confirmed in place of the recorder's."""

    wall: Micros
    own: Micros
    offset: int
    """What the monotonic clock is to be set off by (µs)."""


class TimeFloor:
    """The time that lanes seal by. `watch` in the drain thread, `save` in any other."""

    def __init__(self, path: Path, *, clock: Clock, disk: Disk, tz: ZoneInfo) -> None:
        self._path = path
        self._clock = clock
        self._disk = disk
        self._tz = tz
        self._lock = threading.Lock()
        self.floor = self._kept = self._load()
        mono = clock.monotonic()
        self._offset = clock.now() - round(mono * 1e6)
        self.problem = ""
        """Why the clock is not believed; empty while it is."""
        self.confirmed = True
        """Whether anything may be sealed."""
        self.jumped = False
        """Whether the wall clock has left the recorder's own by more than five minutes."""
        self.steps = 0
        """How often the recorder's time was set, other than by time going by."""
        self.watch(mono)

    def at(self, mono: float) -> Micros:
        """The recorder's time at a moment of the monotonic clock."""
        return Micros(self._offset + round(mono * 1e6))

    def day_of(self, at: Micros) -> dt.date:
        """The local day of a time, in the scheme's calendar."""
        return local_day(at, self._tz)

    def watch(self, mono: float) -> None:
        """Compare with the wall clock; follow small steps, refuse large ones."""
        difference = self._clock.now() - self.at(mono)
        exact = self._clock.monotonic() - mono <= READING / 1e6
        self.jumped = abs(difference) > JUMP
        # An unconfirmed clock has nothing that depends on it and may jump as it likes.
        if not self.confirmed or (exact and not self.jumped):
            self._offset += difference
            self.steps += abs(difference) > READING
        now = self.at(mono)
        behind = local_day(now, self._tz) < local_day(self.floor, self._tz)
        self.confirmed = not behind
        if behind:
            self.problem = f"the clock stands before the floor, {rfc3339(self.floor)}"
        elif self.jumped:
            self.problem = f"the clock jumped by {difference // 1_000_000} s, unconfirmed"
        else:
            self.problem = ""

    def propose(self) -> Proposal:
        """The wall clock's present time for an operator to confirm.

        Raises ConfirmationRefusedError if there is nothing to confirm, or if the clock stands
        before the floor's day, to whose keys nothing is ever sealed again.
        """
        mono = self._clock.monotonic()
        wall = self._clock.now()
        if local_day(wall, self._tz) < local_day(self.floor, self._tz):
            raise ConfirmationRefusedError(
                f"the clock stands before the floor, {rfc3339(self.floor)}",
                where="clock",
                remedy="set the clock right; nothing is sealed to an earlier day",
            )
        if not self.jumped:
            raise ConfirmationRefusedError(
                "there is nothing to confirm: the recorder's time is the clock's", where="clock"
            )
        return Proposal(wall=wall, own=self.at(mono), offset=wall - round(mono * 1e6))

    def keep(self, proposal: Proposal) -> None:
        """Raise the floor on disk to what is to be confirmed. Raises DurabilityError."""
        with self._lock:
            self._raise(proposal.wall)

    def adopt(self, proposal: Proposal) -> None:
        """Go by what was confirmed and kept from now on (drain thread)."""
        self.floor = max(self.floor, proposal.wall)
        self._offset = proposal.offset
        self.steps += 1
        self.watch(self._clock.monotonic())

    def save(self) -> None:
        """Raise the floor to now and make it durable. Raises DurabilityError."""
        with self._lock:
            now = self.at(self._clock.monotonic())
            if self.confirmed:
                self._raise(now)
                self.floor = max(self.floor, now)

    def _raise(self, floor: Micros) -> None:
        """The floor on disk may already be above the one gone by: it never falls."""
        if floor > self._kept:
            self._disk.replace(self._path, canonical.dumps({"floor": floor}))
            self._kept = floor

    def _load(self) -> Micros:
        with contextlib.suppress(FileNotFoundError):
            try:
                source = canonical.load_object(self._path.read_bytes())
                return Micros(canonical.field(source, "floor", int))
            except MachimoriError:
                # Damaged: start from the file's own age rather than from nothing.
                return Micros(self._path.stat().st_mtime_ns // 1000)
        return Micros(0)

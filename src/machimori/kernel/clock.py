# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clocks. Whatever needs the time is handed one, so that tests can set it."""

import threading
import time
from typing import Protocol

from machimori.kernel.instants import Micros


class Clock(Protocol):
    """Wall clock, monotonic clock and sleep, passed in wherever time matters."""

    def now(self) -> Micros:
        """The wall clock, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; the origin is arbitrary."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; a manual clock advances instead."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> Micros:
        return Micros(time.time_ns() // 1000)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class ManualClock:
    """A clock that moves only when told to: for tests and for rehearsing what expiry would do."""

    def __init__(self, start: Micros) -> None:
        self._now = start
        self._monotonic = 0.0
        self._lock = threading.Lock()

    def now(self) -> Micros:
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        with self._lock:
            return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass: both clocks move on."""
        with self._lock:
            self._now = Micros(self._now + round(seconds * 1_000_000))
            self._monotonic += seconds

    def set(self, now: Micros) -> None:
        """Set the wall clock alone, as an attacker or a broken NTP server would."""
        with self._lock:
            self._now = now


class ShiftedClock(SystemClock):
    """Runs with the machine's clock, `shift` seconds away from it: for rehearsals of other days."""

    def __init__(self, shift: float) -> None:
        self._shift = round(shift * 1_000_000)

    def now(self) -> Micros:
        return Micros(super().now() + self._shift)

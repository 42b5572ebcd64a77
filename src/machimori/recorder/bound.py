# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bound on the recorder's clock error that goes into segment headers, or that it is unknown.

Housekeeping renews it; the drain reads it and waits for nobody. A bound is claimed only while
everything holds that it rests on (docs/design/time.md): chronyd has given it lately, the
recorder's time is the machine's clock, and that clock was not set since.
"""

from collections.abc import Callable
from dataclasses import dataclass

from machimori.kernel.clock import Clock
from machimori.recorder.chrony import Tracking
from machimori.recorder.errors import RecorderError
from machimori.recorder.timefloor import READING, TimeFloor

EVERY = 60.0
"""Seconds between two questions."""
STALE = 180.0
"""Seconds after which an answer holds no longer."""


@dataclass(frozen=True, kw_only=True)
class _Answer:
    tracking: Tracking
    asked: float
    """Of the monotonic clock, before the question."""
    steps: int
    """How often the recorder's time had been set by then."""


class ClockBound:
    """`renew` in housekeeping; `at` and `problem` in any thread."""

    def __init__(
        self,
        ask: Callable[[], Tracking] | None,
        *,
        clock: Clock,
        floor: TimeFloor,
        on_lost: Callable[[str], None],
    ) -> None:
        """`ask` raises RecorderError; None: the recorder's clock is not the machine's, and nobody
        can be asked. `on_lost` is told why a bound that was known is so no longer."""
        self._ask = ask
        self._clock = clock
        self._floor = floor
        self._on_lost = on_lost
        self._answer: _Answer | None = None
        self._failure = "chronyd was not asked"
        self._known = False

    def renew(self) -> None:
        """Ask. An answer that does not come leaves the one before in force until it is stale."""
        if self._ask is None:
            return
        steps, asked = self._floor.steps, self._clock.monotonic()
        try:
            tracking = self._ask()
        except RecorderError as error:
            self._failure = str(error)
        else:
            self._failure = tracking.problem
            self._answer = (
                None if tracking.problem else _Answer(tracking=tracking, asked=asked, steps=steps)
            )
        problem = self.problem(self._clock.monotonic())
        if self._known and problem:
            self._on_lost(problem)
        self._known = not problem

    def at(self, mono: float) -> int | None:
        """µs by which the recorder's time is wrong at most; None: unknown."""
        answer = self._answer
        if answer is None or self._doubt(answer, mono):
            return None
        return answer.tracking.bound(mono - answer.asked) + READING

    def problem(self, mono: float) -> str:
        """Why the bound is unknown; empty while it is known."""
        answer = self._answer
        return self._failure if answer is None else self._doubt(answer, mono)

    def _doubt(self, answer: _Answer, mono: float) -> str:
        if self._floor.problem:
            return self._floor.problem
        if self._floor.steps != answer.steps:
            return "the clock was set since chronyd was asked"
        if mono - answer.asked > STALE:
            return self._failure or "chronyd's last answer is too old"
        return ""

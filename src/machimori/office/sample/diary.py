# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many stories told at once, in the order of time.

A story is a generator: it yields the instant at which its next act happens, and acts when it is
resumed. Whatever keeps time (the office's clock, the vault's) is set before each act.
"""

import datetime as dt
import heapq
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

from machimori.kernel.instants import TOKYO, Micros, micros

Story = Generator[Micros, None, None]


@dataclass(frozen=True, kw_only=True)
class Days:
    """Days counted back from today (0)."""

    today: dt.date

    def day(self, ago: int) -> dt.date:
        """The day so many days ago."""
        return self.today - dt.timedelta(days=ago)

    def at(self, ago: int, hour: int, minute: int = 0) -> Micros:
        """A time of that day in Japan."""
        time = dt.time(hour, minute)
        return micros(dt.datetime.combine(self.day(ago), time, tzinfo=TOKYO))


def tell(stories: Iterable[Story], *, arrive: Callable[[Micros], None]) -> int:
    """Resume each story at its instants, all in the order of time; how many acts there were.

    `arrive` is called with the instant before the act; time never runs backwards.
    """
    waiting = []
    for number, story in enumerate(stories):
        if (first := next(story, None)) is not None:
            waiting.append((first, number, story))
    heapq.heapify(waiting)
    acts = 0
    while waiting:
        at, number, story = heapq.heappop(waiting)
        arrive(at)
        acts += 1
        if (then := next(story, None)) is not None:
            heapq.heappush(waiting, (Micros(max(at, then)), number, story))
    return acts

# SPDX-License-Identifier: AGPL-3.0-or-later
"""When which camera sends: a heap of due times, served in beats of a few milliseconds.

One timer for all cameras instead of one each, and a shortest beat, so that a thousand cameras cost
250 wake-ups a second, not 15,000.
"""

import asyncio
import heapq

from machimori.simcity.playback import Playback

_BEAT = 0.004


class Schedule:
    """Plays every Playback that was added, until it is stopped or its connection ends."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._heap: list[tuple[float, int, Playback]] = []
        self._added = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, playback: Playback) -> None:
        """Begin to play."""
        self._added += 1
        heapq.heappush(self._heap, (playback.due, self._added, playback))
        if self._timer is None or self._timer.when() > playback.due:
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if self._heap:
            when = max(self._heap[0][0], self._loop.time() + _BEAT)
            self._timer = self._loop.call_at(when, self._serve)

    def _serve(self) -> None:
        heap = self._heap
        now = self._loop.time()
        while heap and heap[0][0] <= now:
            _, number, playback = heap[0]
            if playback.stopped or playback.wire.closed:
                heapq.heappop(heap)
                continue
            playback.emit(now)
            heapq.heapreplace(heap, (playback.due, number, playback))
        self._arm()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The drain: one thread that empties every camera's socket on a timer.

A wheel of 50 ms ticks holds the lanes by the tick at which they are due; a lane says after each
drain when it wants to be visited again (a second later, ordinarily). The thread never touches a
file, a name server or a lock that somebody holds for long. What other threads want of a lane comes
through the inbox and is done between two ticks.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from machimori.kernel.clock import Clock
from machimori.kernel.instants import Micros
from machimori.recorder.blocks import BLOCK, Blocks
from machimori.recorder.camera import CameraConfig
from machimori.recorder.lane import FASTEST, Lane, SessionOver
from machimori.recorder.ports import PlayingSession
from machimori.recorder.timefloor import TimeFloor
from machimori.recorder.track import Refusal
from machimori.vault.sealing.layout import CHUNK_OVERHEAD

log = logging.getLogger(__name__)

READ = BLOCK - CHUNK_OVERHEAD
"""Bytes a drain reads at most from one camera: they fit one chunk."""
LATE = 2.0
"""Seconds by which a tick may be late before health says that the recorder is overloaded."""


class Drain:
    """Owns the lanes and their clock. `on_lost(lane, cause, detail)` asks for a new session,
    `on_tick` is called when a tick's lanes are done."""

    def __init__(
        self,
        *,
        lanes: Sequence[Lane],
        blocks: Blocks,
        clock: Clock,
        floor: TimeFloor,
        on_lost: Callable[[Lane, str, str], None],
        on_tick: Callable[[], None] | None = None,
    ) -> None:
        self.lanes = tuple(lanes)
        """Replaced as a whole, in the drain thread; read from any."""
        self._blocks = blocks
        self._clock = clock
        self._floor = floor
        self._on_lost = on_lost
        self._on_tick = on_tick
        self._buffer = bytearray(READ)
        self._view = memoryview(self._buffer)
        self._inbox: deque[Callable[[], None]] = deque()
        self._due: dict[int, list[Lane]] = {}
        self._stop = threading.Event()
        self._choked = False
        self.thread = threading.Thread(target=self._run, name="drain")
        self.late = 0.0
        """Seconds by which the last tick was late."""
        self.cpu = 0.0
        """CPU seconds of the drain thread."""
        self.failure: BaseException | None = None
        """A defect that ended the drain; the node then ends the process."""

    @property
    def choked(self) -> bool:
        """Whether footage is let go because the disk does not keep up."""
        return self._choked

    def start(self) -> None:
        """Start the thread."""
        self.thread.start()

    def call(self, act: Callable[[], None]) -> None:
        """Have `act` done in the drain thread before the next tick. It must not block."""
        self._inbox.append(act)

    def adopt(self, lane: Lane, session: PlayingSession, camera: CameraConfig) -> None:
        """Hand over a session that plays, opened as `camera` says."""

        def act() -> None:
            if lane.withdrawn or lane.camera is not camera:
                # The register changed while it was opened; what it says now is asked for anew.
                session.socket.close()
                if not lane.withdrawn:
                    self._on_lost(lane, "withdrawn", "opened by its former entry")
                return
            mono = self._clock.monotonic()
            asked = self._floor.at(session.asked_at)
            lane.adopt(session, mono=mono, asked=asked)
            self._schedule(lane, mono)

        self.call(act)

    def admit(self, lane: Lane) -> None:
        """Take in a lane that is new (drain thread)."""
        self.lanes = (*self.lanes, lane)

    def dismiss(self, lane: Lane, detail: str) -> None:
        """Let a lane go whose camera was withdrawn (drain thread)."""
        self._visit(lane, schedule=False)
        lane.withdraw(detail, self.now())
        self.lanes = tuple(one for one in self.lanes if one is not lane)

    def stop(self) -> None:
        """End every lane in order (segments are closed) and the thread."""
        self._stop.set()
        self.thread.join()
        self._view.release()

    def now(self) -> Micros:
        """The recorder's time, from any thread."""
        return self._floor.at(self._clock.monotonic())

    def _schedule(self, lane: Lane, mono: float) -> None:
        ticks = max(1, round(lane.interval / FASTEST))
        self._due.setdefault(int(mono / FASTEST) + ticks, []).append(lane)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._tick()
            now = self.now()
            self._requests()
            for lane in self.lanes:
                self._visit(lane, schedule=False)
                lane.close(now)
        except BaseException as error:
            self.failure = error
            raise

    def _tick(self) -> None:
        clock = self._clock
        if self._inbox:
            self._requests()
        mono = clock.monotonic()
        self._floor.watch(mono)
        if self._choked and self._blocks.held * 2 <= self._blocks.limit:
            self._choked = False
        tick = int(mono / FASTEST)
        due = self._due
        for past in [key for key in due if key <= tick]:
            self.late = mono - past * FASTEST
            for lane in due.pop(past):
                self._visit(lane)
        if self._on_tick is not None:
            self._on_tick()
        self.cpu = time.thread_time()
        wait = (tick + 1) * FASTEST - clock.monotonic()
        if wait > 0:
            clock.sleep(wait)

    def _visit(self, lane: Lane, *, schedule: bool = True) -> None:
        if lane.session is None:
            return
        mono = self._clock.monotonic()
        now = self._floor.at(mono)
        dropped = lane.dropped
        refusing: Refusal | None = "disk" if self._choked else None
        if not self._floor.confirmed:
            refusing = "clock"
        try:
            lane.drain(self._buffer, self._view, mono, now, refusing=refusing)
        except SessionOver as over:
            self._over(lane, over)
            return
        if lane.dropped > dropped and refusing is None:
            self._choked = True
        if schedule:
            self._schedule(lane, mono)

    def _over(self, lane: Lane, over: SessionOver) -> None:
        lane.lose(over.cause, over.detail, self.now())
        self._on_lost(lane, over.cause, over.detail)

    def _requests(self) -> None:
        while self._inbox:
            self._inbox.popleft()()

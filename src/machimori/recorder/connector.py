# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opens cameras, and opens them again, in a thread with an asyncio loop of its own.

A camera that comes back after an outage of less than a minute plays within two seconds, after a
longer one within ten: an unreachable one is tried at short intervals first and at longer ones
later, each with jitter, so that a thousand cameras that lost power together do not ask together.
A camera that answers and refuses is asked at the longer intervals from the start; one that refuses
our password at intervals that double up to five minutes: many lock an account that is tried too
often. The opener bounds the handshakes in flight; waiting
for a connection costs nobody anything and is not counted.
"""

import asyncio
import logging
import random
import threading
from collections.abc import Callable

from machimori.kernel.clock import Clock
from machimori.kernel.errors import MachimoriError
from machimori.recorder.camera import CameraConfig
from machimori.recorder.errors import CameraDenied, CameraError, CameraRefused
from machimori.recorder.lane import Lane
from machimori.recorder.ports import Opener, PlayingSession

log = logging.getLogger(__name__)

SHORT = (0.3, 0.9)
"""Seconds between attempts in the first minute of an outage."""
LONG = (3.0, 6.0)
LOCKED = 300.0
"""Seconds between attempts at the most, while a camera refuses our password."""
OUTAGE = 60.0
"""Seconds of outage after which attempts become rarer."""
STARTING = 2.0
"""Seconds over which the first attempts of a start are spread, per thousand cameras."""

OnOpen = Callable[[Lane, PlayingSession, CameraConfig], None]
OnFailed = Callable[[Lane, CameraError], None]


class Connector:
    """Keeps every lane supplied with a session."""

    def __init__(
        self,
        *,
        opener: Opener,
        clock: Clock,
        on_open: OnOpen,
        on_failed: OnFailed,
    ) -> None:
        self._opener = opener
        self._clock = clock
        self._on_open = on_open
        self._on_failed = on_failed
        self._random = random.Random()  # noqa: S311 – jitter
        self._loop = asyncio.new_event_loop()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._stopped = False
        self.thread = threading.Thread(target=self._run, name="connector")

    def start(self, lanes: list[Lane]) -> None:
        """Start the thread and open every lane's camera, spread over a moment."""
        spread = STARTING * len(lanes) / 1000
        for lane in lanes:
            delay = self._random.uniform(0.0, spread)
            self._loop.call_soon(self._begin, lane, delay)
        self.thread.start()

    def reopen(self, lane: Lane, *, hurry: bool = True) -> None:
        """The lane lost its session: open it anew. From any thread. Without `hurry` the reason is
        our own and lasts, and the camera need not be asked again and again."""
        if not self._stopped and not lane.withdrawn:
            delay = self._random.uniform(*((0.0, 0.3) if hurry else LONG))
            self._loop.call_soon_threadsafe(self._begin, lane, delay)

    def renew(self, lane: Lane) -> None:
        """The lane's camera has another entry: begin anew with that one. From any thread."""
        if not self._stopped:
            self._loop.call_soon_threadsafe(self._renew, lane)

    def give_up(self, lane: Lane) -> None:
        """The lane's camera is withdrawn: open it no more. From any thread."""
        lane.withdrawn = True
        if not self._stopped:
            self._loop.call_soon_threadsafe(self._cancel, lane)

    def stop(self) -> None:
        """Give up all attempts and end the thread."""
        self._stopped = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            pending = list(self._tasks.values())
            for task in pending:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
        finally:
            self._loop.close()

    def _renew(self, lane: Lane) -> None:
        self._cancel(lane)
        self._begin(lane, 0.0)

    def _cancel(self, lane: Lane) -> None:
        task = self._tasks.pop(lane.number, None)
        if task is not None:
            task.cancel()

    def _begin(self, lane: Lane, delay: float) -> None:
        if lane.number in self._tasks or lane.withdrawn:
            return
        task = self._loop.create_task(self._supply(lane, delay))
        self._tasks[lane.number] = task
        task.add_done_callback(lambda done: self._forget(lane, done))

    def _forget(self, lane: Lane, task: "asyncio.Task[None]") -> None:
        # After `renew` another task has this one's place.
        if self._tasks.get(lane.number) is task:
            del self._tasks[lane.number]

    async def _supply(self, lane: Lane, delay: float) -> None:
        since = self._clock.monotonic()
        await asyncio.sleep(delay)
        denied = 0
        while True:
            try:
                camera = lane.camera
                session = await self._opener.open(camera)
            except CameraError as error:
                self._on_failed(lane, error)
                denied = denied + 1 if isinstance(error, CameraDenied) else 0
                outage = self._clock.monotonic() - since
                await asyncio.sleep(pause(self._random, error, outage=outage, denied=denied))
                continue
            except (MachimoriError, OSError) as error:
                # A file of authorities that cannot be read, no descriptors left: not the
                # camera's doing, and no reason to give it up.
                log.warning("camera %s cannot be opened: %s", lane.camera.id, error)
                await asyncio.sleep(self._random.uniform(*LONG))
                continue
            self._on_open(lane, session, camera)
            return


def pause(chance: random.Random, error: CameraError, *, outage: float, denied: int) -> float:
    """Seconds until the next attempt after `error`, `outage` seconds into an outage.

    `denied` counts the refusals of our password in a row, this included: each doubles the pause,
    because a camera that has locked our user unlocks it only when it is left alone.
    """
    answers = isinstance(error, CameraRefused) and error.state not in ("connect", "tls")
    seconds = chance.uniform(*(LONG if answers or outage > OUTAGE else SHORT))
    return min(LOCKED, seconds * 2.0 ** min(max(0, denied - 1), 16))

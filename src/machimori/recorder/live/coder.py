# SPDX-License-Identifier: AGPL-3.0-or-later
"""Turns a camera's pictures into H.264 in a process of its own (`coding`), and never waits for it.

Belongs to one relay and its thread. What the process does not keep up with is let go up to the next
key picture, before it is coded and after: a picture of the past is not shown as the present one.
"""

import contextlib
import fcntl
import json
import logging
import os
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

from machimori.footage.export import Clip, Sample, decodable
from machimori.footage.rtp.nal import split_annex_b
from machimori.kernel.clock import Clock
from machimori.recorder.live.messages import BEGIN, DONE, HEAD, KEY, LARGEST, PICTURE, message

log = logging.getLogger(__name__)

LATE: Final = 1.0
"""Seconds that a picture may be with the process; what comes after it is let go."""
PAST: Final = 2.0
"""Seconds after which a picture that comes out is not shown any more."""
STUCK: Final = 10.0
"""Seconds with one picture after which the process is ended."""
STARTING: Final = 60.0
"""Seconds that it may take to begin, on a machine that has no time."""
WAITING: Final = 8 << 20
"""Bytes that wait to be taken by the process, at the most."""
AGAIN: Final = 5.0
"""Seconds between two beginnings of the process."""
_PIPE: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Coded:
    """A picture in H.264."""

    units: tuple[bytes, ...]
    pts: int
    key: bool


class Coder:
    """`begin` a clip, `put` its samples, `take` what came out; `close` in the end."""

    def __init__(self, *, clock: Clock, free: threading.Semaphore) -> None:
        """`free` are the places of all coders of the recorder."""
        self._clock = clock
        self._free = free
        self._process: subprocess.Popen[bytes] | None = None
        self._begun = -AGAIN
        self._clip: Clip | None = None
        self.refused = False
        """No place was free when a clip began."""
        self._forget()

    def _forget(self) -> None:
        self._clip = None
        self._outgoing = bytearray()
        self._incoming = bytearray()
        self._asked: deque[float] = deque()
        self._put: dict[int, float] = {}
        self._waits = False
        self._ready: float | None = None
        self._skips = False
        self._lead: tuple[bytes, ...] = ()
        self._stale = 0

    def put(self, clip: Clip, sample: Sample) -> None:
        """Let the process have this picture, if it keeps up."""
        if clip is not self._clip and not (sample.key and self._follow(clip)):
            return
        if self._late():
            self._skips = True
        if self._skips and (not sample.key or self._late()):
            return
        self._skips = False
        data = decodable(sample, clip.codec, lead=self._lead)
        self._lead = ()
        if len(data) <= LARGEST:
            self._asked.append(self._clock.monotonic())
            self._put[sample.pts] = self._asked[-1]
            self._outgoing += message(PICTURE, data, sample.pts)
            self._pump()

    def take(self) -> list[Coded]:
        """What has come out of the present clip."""
        self._pump()
        found: list[Coded] = []
        while len(self._incoming) >= HEAD.size:
            size, pts, kind = HEAD.unpack_from(self._incoming)
            if size > LARGEST:
                self._end("sent what is no picture")
                break
            if len(self._incoming) < HEAD.size + size:
                break
            data = bytes(self._incoming[HEAD.size : HEAD.size + size])
            del self._incoming[: HEAD.size + size]
            if kind != DONE:
                if not self._stale and self._timely(pts, key=kind == KEY):
                    found.append(Coded(units=split_annex_b(data), pts=pts, key=kind == KEY))
            elif self._ready is None:
                self._ready = self._clock.monotonic()
            elif self._asked:
                self._asked.popleft()
                self._stale = max(0, self._stale - 1)
        return found

    def _timely(self, pts: int, *, key: bool) -> bool:
        """Whether a picture comes in time; after one that did not, whether one can begin here."""
        put = self._put.get(pts, 0.0)
        self._put = {at: known for at, known in self._put.items() if at > pts}
        if self._clock.monotonic() - put > PAST:
            self._waits = True
        elif key:
            self._waits = False
        return not self._waits

    def close(self) -> None:
        """End the process, whatever it does."""
        self._end("")

    def _follow(self, clip: Clip) -> bool:
        """Go on with this clip; whether there is a process to do it."""
        if self._process is None and not self._start():
            return False
        self._clip, self._lead = clip, clip.parameter_units
        # What is still asked for belongs to the clip before, and is not shown any more.
        self._stale = len(self._asked)
        self._put = {}
        said = json.dumps({"codec": clip.codec, "timescale": clip.timescale})
        self._outgoing += message(BEGIN, said.encode())
        return True

    def _start(self) -> bool:
        now = self._clock.monotonic()
        if now - self._begun < AGAIN:
            return False
        self.refused = not self._free.acquire(blocking=False)
        if self.refused:
            return False
        self._begun = now
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "machimori.recorder.live.coding"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath},
        )
        for pipe in self._pipes():
            os.set_blocking(pipe, False)
            with contextlib.suppress(OSError):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
        return True

    def _pipes(self) -> tuple[int, int]:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin.fileno(), self._process.stdout.fileno()

    def _late(self) -> bool:
        if len(self._outgoing) > WAITING:
            return True
        if not self._asked or self._ready is None:
            return False
        return self._clock.monotonic() - max(self._asked[0], self._ready) > LATE

    def _is_stuck(self) -> bool:
        now = self._clock.monotonic()
        if self._ready is None:
            return now - self._begun > STARTING
        return bool(self._asked) and now - max(self._asked[0], self._ready) > STUCK

    def _pump(self) -> None:
        """Write and read what can be without waiting."""
        if self._process is None:
            return
        into, out = self._pipes()
        try:
            while self._outgoing and (sent := os.write(into, self._outgoing[:_PIPE])):
                del self._outgoing[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._end("ended")
            return
        try:
            while data := os.read(out, _PIPE):
                self._incoming += data
        except BlockingIOError:
            pass
        else:
            self._end("ended")
            return
        if self._is_stuck():
            self._end("did not answer")

    def _end(self, why: str) -> None:
        if self._process is None:
            return
        if why:
            log.warning("the process that makes H.264 for live view %s", why)
        self._process.kill()
        with self._process:
            pass
        self._process = None
        self._free.release()
        self._forget()

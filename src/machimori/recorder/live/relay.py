# SPDX-License-Identifier: AGPL-3.0-or-later
"""One camera's present picture: what the drain took, as fragments of MP4 for whoever watches.

The drain drops a copy of each chunk into a short queue and goes on; if nobody takes it in time the
queue is thrown away. A thread makes fragments and keeps the last seconds of them, in memory and
nowhere else. A relay that nobody asks for ends, and what it kept is gone.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from machimori.footage.export import Clip, export
from machimori.footage.mp4 import entries, fragments
from machimori.footage.mp4.fragments import TimedSample
from machimori.footage.mp4.writer import length_prefixed
from machimori.footage.rtp.access import TimedChunk
from machimori.footage.rtp.parameters import ParameterSets
from machimori.kernel.clock import Clock
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros
from machimori.recorder.live.coder import Coder

log = logging.getLogger(__name__)

WAITING: Final = 32
"""Chunks that may wait for the thread; one more, and all of them are let go."""
KEPT: Final = 6_000_000
"""Microseconds of fragments that are kept: what a watcher may be late, and no more."""
MOST: Final = 16_000_000
"""Bytes of fragments that are kept at the most."""
IDLE: Final = 10.0
"""Seconds after the last question at which a relay ends."""
_PAUSE: Final = 0.02


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """A second or less of the picture. Numbers grow from 1 and never come again."""

    number: int
    key: bool
    """It begins with a key picture: who joins begins here."""
    arrived: Micros
    head: bytes
    """What a player must have before it; the same object for all fragments of a clip."""
    codec: str
    """As RFC 6381 writes it: `avc1.640028`."""
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What came after the number that was asked for."""

    number: int
    """Of the last fragment in it: to be asked for next."""
    codec: str
    joined: bool
    """It begins anew, at a key picture: what the watcher has does not connect to it."""
    data: bytes


class Relay:
    """Begins when made and ends by itself; `on_end` is then called, from its thread."""

    def __init__(
        self, *, clock: Clock, free: threading.Semaphore, on_end: Callable[[], None]
    ) -> None:
        """`free` are the places for cameras whose pictures become H.264 first."""
        self._clock = clock
        self._on_end = on_end
        self._coder = Coder(clock=clock, free=free)
        self._queue: deque[tuple[bytes, TimedChunk] | None] = deque()
        self._kept: deque[Fragment] = deque()
        self._size = 0
        self._lock = threading.Lock()
        self._asked = clock.monotonic()
        self._ended = threading.Event()
        self._number = 0
        self._origin: Micros | None = None
        self._open: _Open | None = None
        self._clip: Clip | None = None
        self._entry = b""
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def offer(self, data: bytes, start: Micros, end: Micros, description: bytes) -> None:
        """What the drain took between `start` and `end` (drain thread). Never waits."""
        if len(self._queue) >= WAITING:
            self._queue.clear()
            self._queue.append(None)
        self._queue.append((description, TimedChunk(arrived_from=start, arrived_to=end, data=data)))

    def read(self, after: int) -> Reading | None:
        """What came after this fragment, or from the last key picture on if that is 0 or gone; None
        if nothing did. Never waits."""
        self._asked = self._clock.monotonic()
        with self._lock:
            kept = list(self._kept)
        found = [one for one in kept if one.number > after]
        if not found:
            return None
        joined = after == 0 or found[0].number != after + 1
        if joined:
            keys = [one.number for one in kept if one.key]
            if not keys:
                return None
            found = [one for one in kept if one.number >= keys[-1]]
        parts: list[bytes] = []
        head = None if joined else next((o.head for o in kept if o.number == after), None)
        for one in found:
            if one.head is not head:
                parts.append(one.head)
                head = one.head
            parts.append(one.data)
        return Reading(
            number=found[-1].number, codec=found[-1].codec, joined=joined, data=b"".join(parts)
        )

    @property
    def refused(self) -> bool:
        """Whether the pictures would have to become H.264, and too many others do."""
        return self._coder.refused

    def end(self) -> None:
        """End it, whoever watches."""
        self._ended.set()
        self._thread.join()

    def _over(self) -> bool:
        return self._ended.is_set() or self._clock.monotonic() - self._asked > IDLE

    def _run(self) -> None:
        try:
            while not self._over():
                item = self._queue.popleft() if self._queue else None
                if item is None:
                    self._ended.wait(_PAUSE)
                    continue
                try:
                    self._session(*item)
                except MalformedError as error:
                    log.info("a live stream cannot be shown: %s", error.message)
        finally:
            self._ended.set()
            self._coder.close()
            self._on_end()

    def _session(self, description: bytes, first: TimedChunk) -> None:
        """All that one session of the camera sends without a break."""
        for clip in export(description, self._chunks(description, first)):
            if self._origin is None:
                self._origin = clip.arrived
            self._clip, self._open = clip, None
            for sample in clip.samples():
                if clip.codec == "h264":
                    made = TimedSample(data=sample.data, pts=sample.pts, key=sample.key)
                    self._add(clip, clip.entry, made, sample.unit.arrived)
                else:
                    self._coder.put(clip, sample)
                    self._collect()
            self._flush()
            self._clip = None

    def _chunks(self, description: bytes, first: TimedChunk) -> Iterator[TimedChunk]:
        yield first
        while not self._over():
            if not self._queue:
                # Everything that came has been read: it is shown now, not with what comes next.
                self._collect()
                self._flush()
                self._ended.wait(_PAUSE)
                continue
            item = self._queue.popleft()
            if item is None:
                return
            if item[0] != description:
                self._queue.appendleft(item)
                return
            yield item[1]

    def _collect(self) -> None:
        """Take what became H.264."""
        for one in self._coder.take():
            if self._clip is None:
                continue
            if one.key:
                sets = ParameterSets("h264")
                sets.update(one.units)
                self._entry = entries.h264_entry(sets)
            after = (one.pts - self._clip.first_pts) * 1_000_000 // self._clip.timescale
            made = TimedSample(data=length_prefixed(one.units), pts=one.pts, key=one.key)
            self._add(self._clip, self._entry, made, Micros(self._clip.arrived + after))

    def _add(self, clip: Clip, entry: bytes, sample: TimedSample, arrived: Micros) -> None:
        if sample.key:
            self._flush()
        if self._open is None:
            assert self._origin is not None
            self._open = _Open(clip, entry, self._origin)
        self._open.pending.append(sample)
        self._open.arrived = arrived

    def _flush(self) -> None:
        """Make what is pending a fragment."""
        if self._open is None or not self._open.pending:
            return
        self._number += 1
        made = self._open.fragment(self._number)
        with self._lock:
            self._kept.append(made)
            self._size += len(made.data)
            while self._size > MOST or made.arrived - self._kept[0].arrived > KEPT:
                self._size -= len(self._kept.popleft().data)


class _Open:
    """The clip that is being shown."""

    def __init__(self, clip: Clip, entry: bytes, origin: Micros) -> None:
        rate = clip.timescale
        self._begins = (clip.arrived - origin) * rate // 1_000_000 - clip.first_pts
        self._head = fragments.head(entry, clip.size, rate)
        at = entry.index(b"avcC") + 5
        self._codec = f"avc1.{entry[at : at + 3].hex()}"
        self._step = rate // 15
        self.pending: list[TimedSample] = []
        self.arrived = clip.arrived
        """When the last of them came."""

    def fragment(self, number: int) -> Fragment:
        """What is pending, which is then none."""
        taken, self.pending = self.pending, []
        shown = [sample.pts for sample in taken]
        if len(shown) > 1:
            self._step = max(1, (max(shown) - min(shown)) // (len(shown) - 1))
        start = self._begins + min(shown)
        return Fragment(
            number=number,
            key=taken[0].key,
            arrived=self.arrived,
            head=self._head,
            codec=self._codec,
            data=fragments.fragment(number, taken, start=start, last_duration=self._step),
        )

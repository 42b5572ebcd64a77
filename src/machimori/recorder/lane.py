# SPDX-License-Identifier: AGPL-3.0-or-later
"""One camera's lane through the drain: its session, and how often it is read.

Everything in here runs in the drain thread. A lane holds little: the buffers are the drain's, the
blocks the pool's. What it may hold back is one unfinished frame (64 KB at most).
"""

import logging
import ssl
from collections.abc import Callable
from typing import Literal

from machimori.footage.records import GapCause
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros
from machimori.recorder.camera import CameraConfig
from machimori.recorder.drift import Drift
from machimori.recorder.errors import CameraError
from machimori.recorder.framing import Walker
from machimori.recorder.parameters import Parameters
from machimori.recorder.ports import PlayingSession
from machimori.recorder.site import SECOND, Site
from machimori.recorder.track import Refusal, Track
from machimori.recorder.window import receive_window

log = logging.getLogger(__name__)

STALLED = 10.0
"""Seconds without a video packet after which a session is given up."""
PATIENCE = 3.0
"""Seconds for which footage may wait in the kernel when no block is free."""
FAST_FOR = 1.0
"""Seconds after PLAY in which a lane is drained at every tick."""
LIVE = 0.25
"""Seconds between two drains of a camera that is watched live, at the most."""
FASTEST = 0.05
"""Seconds between two drains of one camera, at the least; the drain's tick."""
_SLOWER = 1.4
_FULL = 0.7
"""Share of the window from which a drain came too late."""
_SMALL_DRAIN = 16_384
"""No window is smaller than what makes this a full one."""
_SEND_LIMIT = 20.0
"""Seconds for which the camera may refuse to take our keep-alive."""


Tap = Callable[[bytes, Micros, Micros, bytes], None]
"""Told what was drained: whole frames, from when to when, and the stream's description. It must
not block."""


class SessionOver(Exception):  # noqa: N818 – an event, not an error
    """The session cannot go on; the camera is to be opened anew."""

    def __init__(self, cause: GapCause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail


class Lane(Track):
    """One camera. `drain` is called by the drain, with its buffer."""

    def __init__(self, number: int, camera: CameraConfig, site: Site, *, last: Micros) -> None:
        """`last`: when this camera's footage was last recorded, by an earlier run; or now."""
        super().__init__(number, camera, site, last=last)
        self.walker: Walker | None = None
        self.drift = Drift()
        self.interval = 0.0
        """Seconds to the next drain."""
        self._tap: Tap | None = None
        self._tls = False
        self._tail = b""
        self._fast_until = 0.0
        self._last_mono = 0.0
        self._video_at = 0.0
        self._keepalive_at = 0.0
        self._outgoing = bytearray()
        self._outgoing_since = 0.0
        self._budget = 0.0
        self._timeless = False
        self.withdrawn = False
        """It left the drain: nothing is opened for it and nothing is recorded any more."""
        self._settled = 0
        self._most = 0
        """Bytes of a drain up to which the window needs no look."""
        # For health.
        self.packets = 0
        self.lost = 0
        self.garbage = 0
        self.resyncs = 0
        self.sessions = 0
        self.postponed = 0

    def adopt(self, session: PlayingSession, *, mono: float, asked: Micros) -> None:
        """Take over a session that plays. `asked`, when PLAY was sent: nothing of it arrived
        earlier."""
        self.session = session
        self._tls = isinstance(session.socket, ssl.SSLSocket)
        self.walker = Walker(session.video.rtp_channel, session.video.rtcp_channel)
        self._parameters = Parameters(session.video.codec)
        self.drift = Drift()
        self._tail = session.pending
        self._fast_until = mono + FAST_FOR
        self._last_mono = self._video_at = mono
        self._keepalive_at = mono + session.keepalive_every
        self._outgoing.clear()
        self._budget = 0.0
        self.interval = 0.0
        self.sessions += 1
        self.drained = max(asked, self.arrived)

    def watch(self, tap: Tap | None) -> None:
        """Let `tap` see what is recorded from now on; None: nobody any more."""
        self._tap = tap
        if tap is not None:
            self.interval = min(self.interval, LIVE)

    @property
    def _period(self) -> float:
        return LIVE if self._tap is not None else self._site.period

    def lose(self, cause: GapCause, detail: str, now: Micros) -> None:
        """The session is over: close it, end the segment, begin a gap."""
        self.drop_session()
        self.end_segment("reconnect")
        self.begin_gap(cause, detail, min(self.arrived, now))
        # A gap that an earlier run left open goes on for a cause of its own.
        self.still_gone(cause, detail, now)

    def drop_session(self) -> None:
        """Close the connection, saying good-bye if that takes no time."""
        session, self.session = self.session, None
        if session is None:
            return
        if self.walker is not None:
            self._count()
        self._tail = b""
        try:
            session.socket.send(session.teardown())
        except (OSError, CameraError):
            log.debug("%s did not take the TEARDOWN", self.camera.id)
        session.socket.close()

    def _count(self) -> None:
        """Move the walker's counts into the lane's."""
        walker = self.walker
        assert walker is not None
        self.packets += walker.packets
        walker.packets = 0
        if walker.lost or walker.resyncs:
            self.lost += walker.lost
            self._segment_lost += walker.lost
            self.garbage += walker.garbage
            self.resyncs += walker.resyncs
            walker.lost = walker.garbage = walker.resyncs = 0

    def drain(
        self,
        buffer: bytearray,
        view: memoryview,
        mono: float,
        now: Micros,
        *,
        refusing: Refusal | None,
    ) -> None:
        """Take what has come since the last drain. Raises SessionOver.

        `buffer` and `view` are the drain's, `refusing` says why nothing may be sealed.
        """
        session = self.session
        walker = self.walker
        assert session is not None
        assert walker is not None
        site = self._site
        elapsed = mono - self._last_mono
        if refusing is None and site.blocks.exhausted and elapsed < PATIENCE:
            self.postponed += 1
            return
        if self._timeless:
            # The last drain's time was not believed; how long ago it was is known all the same.
            self.drained = Micros(now - round(elapsed * SECOND))
        self._timeless = refusing == "clock"
        tail = self._tail
        begin = len(tail)
        if begin:
            buffer[:begin] = tail
        # A camera may save up two seconds of its allowance for a burst.
        ceiling = site.ceiling
        self._budget = min(self._budget + elapsed * ceiling, 2.0 * ceiling)
        room = min(len(buffer) - begin, max(65_536, int(self._budget)))
        try:
            count = (
                self._receive_tls(view, begin, room)
                if self._tls
                else session.socket.recv_into(view[begin:], room)
            )
            if not count:
                raise SessionOver("network", "the camera closed the connection")
        except (BlockingIOError, InterruptedError):
            count = 0
        except OSError as error:
            raise SessionOver("network", error.strerror or "the connection broke") from error
        self._budget -= count
        self._last_mono = mono
        if count or begin:
            try:
                whole = walker.walk(buffer, begin + count)
            except MalformedError as error:
                raise SessionOver("camera_lost", error.message) from error
            self._tail = bytes(view[walker.rest : begin + count])
            if whole:
                if self._tap is not None and refusing is None:
                    # What is not recorded is not shown either.
                    self._tap(bytes(view[:whole]), self.drained, now, session.description)
                self.take(buffer, view, whole, walker.small, now, refusing=refusing)
            if walker.packets:
                self._video_at = mono
            if walker.messages or walker.reports:
                self._beside(session, walker, now)
            self._count()
        if mono - self._video_at > STALLED:
            raise SessionOver("stalled", f"no video for {STALLED:g} s")
        self.drained = now
        if mono >= self._keepalive_at:
            self._keepalive_at = mono + session.keepalive_every
            self._outgoing += session.keepalive()
        if self._outgoing:
            self._send(session, mono)
        self._pace(session, count, room, mono)

    def _receive_tls(self, view: memoryview, begin: int, room: int) -> int:
        """TLS gives one record (16 KB) at a time. 0: closed. Raises BlockingIOError if empty."""
        session = self.session
        assert session is not None
        total = 0
        while total < room:
            try:
                count = session.socket.recv_into(view[begin + total :], room - total)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            if not count:
                return total
            total += count
        if not total:
            raise BlockingIOError
        return total

    def _beside(self, session: PlayingSession, walker: Walker, now: Micros) -> None:
        """RTSP messages and RTCP that stood between the video."""
        for report in walker.reports:
            self.drift.report(report, now)
        try:
            for message in walker.messages:
                session.on_message(message)
                self._outgoing += session.outbox()
        except CameraError as error:
            raise SessionOver(error.cause, error.message) from error

    def _send(self, session: PlayingSession, mono: float) -> None:
        if not self._outgoing_since:
            self._outgoing_since = mono
        try:
            sent = session.socket.send(self._outgoing)
            del self._outgoing[:sent]
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            sent = 0
        except OSError as error:
            raise SessionOver("network", error.strerror or "the connection broke") from error
        if not self._outgoing:
            self._outgoing_since = 0.0
        elif mono - self._outgoing_since > _SEND_LIMIT:
            raise SessionOver("stalled", "the camera takes no requests")

    def _pace(self, session: PlayingSession, count: int, room: int, mono: float) -> None:
        """When to come back: TCP's window must not fill up in between.

        The kernel sizes the window at twice what one read took, so a camera is first read often
        and then at slowly growing intervals, which lets the window grow with them.
        """
        period = self._period
        if mono < self._fast_until:
            self.interval = FASTEST
            return
        if count < _SMALL_DRAIN:
            self.interval = min(self.interval * _SLOWER, period)
            return
        # Once the pace has settled a look now and then is enough: asking takes a lock.
        self._settled += 1
        if self.interval >= period and self._settled & 7 and count < self._most:
            return
        self._most = count + count // 4
        window = receive_window(session.socket)
        if count > _FULL * window and count < room:
            self.interval = max(self.interval / 2, FASTEST)
        elif self.interval < period and _SLOWER * count < _FULL * window:
            self.interval = min(self.interval * _SLOWER, period)

    def set_clock(self, now: Micros) -> None:
        """The recorder's time was set to another: what comes begins a segment by it."""
        super().set_clock(now)
        self._timeless = self.session is not None
        self.drift = Drift()

    def close(self, now: Micros, cause: Literal["shutdown", "withdrawn"] = "shutdown") -> None:
        """The orderly end of session, segment, gap and chain."""
        self.drop_session()
        super().close(now, cause)

    def withdraw(self, detail: str, now: Micros) -> None:
        """The camera is not to be recorded any more: the end, and a gap that says so."""
        self.withdrawn = True
        self.drop_session()
        self.end_segment("shutdown")
        self.begin_gap("withdrawn", detail, min(self.arrived, now))
        self.close(now, "withdrawn")

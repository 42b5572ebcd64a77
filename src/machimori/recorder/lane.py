# SPDX-License-Identifier: AGPL-3.0-or-later
"""One camera's lane through the drain: its session, its open segment, its gaps.

Everything in here runs in the drain thread. A lane holds little: the buffers are the drain's, the
blocks the pool's. What it may hold back is one unfinished frame (64 KB at most).
"""

import datetime as dt
import logging
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from machimori.footage.naming import SegmentName, part_name
from machimori.footage.records import GapCause
from machimori.footage.segment import Buffer, Sealer
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import RecorderId, SchemeId
from machimori.kernel.instants import Micros, day_start, local_day
from machimori.kernel.signing import SigningKey
from machimori.kernel.slices import sliced_digest
from machimori.recorder.blocks import Blocks
from machimori.recorder.camera import CameraConfig
from machimori.recorder.chain import Chain
from machimori.recorder.drift import Drift
from machimori.recorder.errors import CameraError
from machimori.recorder.framing import Walker
from machimori.recorder.parameters import Parameters
from machimori.recorder.part import Part
from machimori.recorder.peek import key_cut
from machimori.recorder.ports import Keys, PlayingSession
from machimori.recorder.window import receive_window
from machimori.recorder.writers import Writers
from machimori.vault.sealing.layout import FLAG_KEY_FRAME, EndReason, Header

log = logging.getLogger(__name__)

SECOND = 1_000_000
SEGMENT = 60 * SECOND
"""Age from which a segment ends at the next key frame."""
SEGMENT_HARD = 120 * SECOND
MIDNIGHT_GRACE = 10 * SECOND
STALLED = 10.0
"""Seconds without a video packet after which a session is given up."""
QUIET = 5 * SECOND
"""Silence inside a session from which it is recorded as a gap."""
CAUSE_SETTLES = 60 * SECOND
"""A gap whose cause changes is split if the former cause lasted this long."""
PATIENCE = 3.0
"""Seconds for which footage may wait in the kernel when no block is free."""
FAST_FOR = 1.0
"""Seconds after PLAY in which a lane is drained at every tick."""
FASTEST = 0.05
"""Seconds between two drains of one camera, at the least; the drain's tick."""
_SLOWER = 1.4
_FULL = 0.7
"""Share of the window from which a drain came too late."""
_SMALL_DRAIN = 16_384
"""No window is smaller than what makes this a full one."""
_SEND_LIMIT = 20.0
"""Seconds for which the camera may refuse to take our keep-alive."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What all lanes of one recorder share."""

    scheme: SchemeId
    recorder: RecorderId
    session: str
    signer: SigningKey
    keys: Keys
    writers: Writers
    blocks: Blocks
    parts: Path
    """`<spool>/open`."""
    tz: ZoneInfo
    segment: int = SEGMENT
    """µs; tests shorten it."""
    segment_hard: int = SEGMENT_HARD
    period: float = 1.0
    """Seconds between two drains of one camera, ordinarily."""
    sealer: type[Sealer] = Sealer
    """What seals; the benchmark measures against one that does less."""
    digest: Callable[[Buffer], bytes] = sliced_digest
    """Computes the sliced digest, in the drain thread only."""
    ceiling: int = 4_000_000
    """Bytes per second that a camera may send on average; TCP slows down one that sends more."""
    clock_bound: Callable[[], int | None] = lambda: None
    """µs by which the recorder's time is wrong at most; None: unknown."""


Refusal = Literal["disk", "clock"]
_LET_GO: Mapping[Refusal, str] = {
    "disk": "the disk did not take the footage",
    "clock": "the clock stands before the time floor",
}


class SessionOver(Exception):  # noqa: N818 – an event, not an error
    """The session cannot go on; the camera is to be opened anew."""

    def __init__(self, cause: GapCause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail


class Lane:
    """One camera. `drain` is called by the drain, with its buffer."""

    def __init__(self, number: int, camera: CameraConfig, site: Site, *, last: Micros) -> None:
        """`last`: when this camera's footage was last recorded, by an earlier run; or now."""
        self.number = number
        self.camera = camera
        self.chain = Chain(
            camera=camera.id,
            recorder=site.recorder,
            session=site.session,
            signer=site.signer,
            tz=site.tz,
        )
        self._site = site
        self.session: PlayingSession | None = None
        self.walker: Walker | None = None
        self.drift = Drift()
        self.interval = 0.0
        """Seconds to the next drain."""
        self._parameters: Parameters | None = None
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
        self._settled = 0
        self._most = 0
        """Bytes of a drain up to which the window needs no look."""
        # The open segment.
        self._sealer: Sealer | None = None
        self._part: Part | None = None
        self._day_end = 0
        self._segment_lost = 0
        self._needs_predecessor = False
        self._last_start = 0
        self._held_records: list[tuple[GapCause, Micros, Micros, str]] = []
        # The gap, if there is one.
        self.gap_from: Micros | None = last
        self.gap_cause: GapCause = "recorder_down"
        self.gap_detail = ""
        # For health.
        self.arrived: Micros = last
        """End of the last arrival interval in which anything was recorded."""
        self.drained: Micros = last
        """When the last drain was."""
        self.bytes = 0
        self.packets = 0
        self.lost = 0
        self.garbage = 0
        self.resyncs = 0
        self.sessions = 0
        self.segments = 0
        self.dropped = 0
        """Bytes let go because the disk did not take them."""
        self.postponed = 0
        self.recent: deque[tuple[Micros, int]] = deque(maxlen=8)

    # -- sessions -----------------------------------------------------------------------------

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

    # -- the drain ----------------------------------------------------------------------------

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
        if refusing is None and not site.blocks.available and elapsed < PATIENCE:
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
                self._take(buffer, view, whole, now, refusing=refusing)
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
        if mono < self._fast_until:
            self.interval = FASTEST
            return
        if count < _SMALL_DRAIN:
            self.interval = min(self.interval * _SLOWER, self._site.period)
            return
        # Once the pace has settled a look now and then is enough: asking takes a lock.
        self._settled += 1
        if self.interval >= self._site.period and self._settled & 7 and count < self._most:
            return
        self._most = count + count // 4
        window = receive_window(session.socket)
        if count > _FULL * window and count < room:
            self.interval = max(self.interval / 2, FASTEST)
        elif self.interval < self._site.period and _SLOWER * count < _FULL * window:
            self.interval = min(self.interval * _SLOWER, self._site.period)

    # -- segments -----------------------------------------------------------------------------

    def _take(
        self,
        buffer: bytearray,
        view: memoryview,
        whole: int,
        now: Micros,
        *,
        refusing: Refusal | None,
    ) -> None:
        """Seal `buffer[:whole]`, which arrived between the last drain and now."""
        arrived_from = max(self.drained, self.arrived) if self._sealer else self.drained
        arrived_to = max(now, arrived_from)
        if refusing is not None:
            self._let_go(whole, arrived_from, refusing)
            return
        if self._part is not None and self._part.lost and self._sealer is not None:
            first = self._sealer.first
            self.end_segment("disk")
            self.begin_gap("disk", "the open file vanished", first)
        sealer = self._sealer
        if sealer is not None:
            cut, reason, flags = self._boundary(buffer, whole, arrived_from, arrived_to)
            if arrived_from - self.arrived > QUIET:
                self._held_records.append(("stalled", self.arrived, arrived_to, "within a session"))
            if reason is not None:
                if cut and not self._seal(view[:cut], arrived_from, arrived_to, 0):
                    self._let_go(whole, arrived_from)
                    return
                self.end_segment(reason)
                if not self._begin_segment(arrived_from, arrived_to):
                    return
                if not self._seal(view[cut:whole], arrived_from, arrived_to, flags):
                    self._let_go(whole - cut, arrived_from)
                self.arrived = arrived_to
                return
        elif not self._begin_segment(arrived_from, arrived_to):
            return
        if not self._seal(view[:whole], arrived_from, arrived_to, 0):
            self._let_go(whole, arrived_from)
            return
        self.arrived = arrived_to

    def _boundary(
        self, buffer: bytearray, whole: int, arrived_from: Micros, arrived_to: Micros
    ) -> tuple[int, EndReason | None, int]:
        """Where the open segment ends in this drain, why, and the next chunk's flags."""
        sealer, walker, parameters = self._sealer, self.walker, self._parameters
        assert sealer is not None
        assert walker is not None
        assert parameters is not None
        assert self.session is not None
        codec = self.session.video.codec
        channel = self.session.video.rtp_channel
        self._needs_predecessor = False
        changed = parameters.changed_at(buffer, walker.small) if walker.small else None
        if changed is not None:
            cut = key_cut(codec, buffer, whole, channel, until=changed)
            return (changed if cut is None else cut), "parameters", FLAG_KEY_FRAME
        age = arrived_to - sealer.first
        over = arrived_from >= self._day_end
        if age < self._site.segment and not over:
            return 0, None, 0
        found = key_cut(codec, buffer, whole, channel)
        reason: EndReason = "midnight" if over else "duration"
        if found is not None:
            return found, reason, FLAG_KEY_FRAME
        if age >= self._site.segment_hard or arrived_to >= self._day_end + MIDNIGHT_GRACE:
            self._needs_predecessor = True
            return 0, reason, 0
        return 0, None, 0

    def _begin_segment(self, arrived_from: Micros, arrived_to: Micros) -> bool:
        """Begin a segment; False, and a gap, if there is no key for its day."""
        site = self._site
        session = self.session
        assert session is not None
        day = local_day(arrived_from, site.tz)
        found = site.keys.find(self.camera.id, day)
        if found is None:
            self.begin_gap("no_key", f"no key for {day}", arrived_from)
            self.still_gone("no_key", f"no key for {day}", arrived_from)
            return False
        if self.gap_from is not None:
            self._end_gap(arrived_from)
        # Two segments may begin in one drain; their names must differ.
        start = Micros(min(max(arrived_from, self._last_start + 1), arrived_to))
        self._last_start = start
        header = Header(
            scheme=site.scheme,
            retention_class=found.retention_class,
            camera=self.camera.id,
            day=day.isoformat(),
            recorder=site.recorder,
            session=site.session,
            sequence=self.chain.sequence,
            start=start,
            key=found.key,
            needs_predecessor=self._needs_predecessor,
            clock_bound=site.clock_bound(),
        )
        self._needs_predecessor = False
        self._sealer = site.sealer(
            header=header,
            key=found.sealing,
            description=session.description,
            signer=site.signer,
            previous=self.chain.head or None,
            digest=site.digest,
        )
        self._day_end = day_start(day + dt.timedelta(days=1), site.tz)
        self._segment_lost = 0
        self._part = site.writers.begin(site.parts / self.camera.id / part_name(start), self.number)
        site.writers.append_bytes(self._part, self._sealer.open())
        return True

    def _seal(
        self, plain: memoryview, arrived_from: Micros, arrived_to: Micros, flags: int
    ) -> bool:
        """Seal one chunk and hand it to a writer; False if no block is free."""
        sealer, part, site = self._sealer, self._part, self._site
        assert sealer is not None
        assert part is not None
        block = site.blocks.take()
        if block is None:
            return False
        chunk = sealer.chunk(
            plain,
            arrived_from=max(arrived_from, sealer.header.start)
            if not sealer.chunks
            else arrived_from,
            arrived_to=arrived_to,
            flags=flags,
            out=block,
        )
        length = len(chunk)
        chunk.release()
        site.writers.append(part, block, length)
        self.bytes += len(plain)
        self.recent.append((arrived_to, len(plain)))
        return True

    def end_segment(self, reason: EndReason) -> None:
        """Close the open segment, if there is one, and write the records that waited for it."""
        sealer, self._sealer = self._sealer, None
        part, self._part = self._part, None
        if sealer is not None and part is not None and not part.lost and sealer.chunks:
            trailer = sealer.finish(reason=reason, lost=self._segment_lost)
            writers = self._site.writers
            writers.append_bytes(part, trailer)
            name = SegmentName(
                day=sealer.header.day, camera=self.camera.id, first=sealer.first, last=sealer.last
            )
            writers.finish(part, str(name))
            self.chain.advance(sealer.head)
            self.segments += 1
        held, self._held_records = self._held_records, []
        for cause, first, last, detail in held:
            self._record_gap(cause, first, last, detail)

    def _let_go(self, length: int, arrived_from: Micros, why: Refusal = "disk") -> None:
        """Nothing may be sealed: the footage is lost, and the gap says so."""
        self.dropped += length
        if self.gap_from is None:
            self.end_segment(why)
            # By a clock that is not believed the gap may not begin; by the last arrival it may.
            first = self.arrived if why == "clock" else arrived_from
            self.begin_gap(why, _LET_GO[why], first)
        elif self.gap_cause == "recorder_down":
            self.gap_cause, self.gap_detail = why, _LET_GO[why]

    # -- gaps ---------------------------------------------------------------------------------

    def begin_gap(self, cause: GapCause, detail: str, first: Micros) -> None:
        """Note that nothing is recorded from `first` on; a gap that is open keeps its beginning."""
        if self.gap_from is None:
            self.gap_from, self.gap_cause, self.gap_detail = first, cause, detail

    def still_gone(self, cause: GapCause, detail: str, now: Micros) -> None:
        """An attempt to open the camera failed: the gap goes on, perhaps for another cause."""
        if self.gap_from is None or cause == self.gap_cause:
            return
        if self.gap_cause == "recorder_down" or now - self.gap_from >= CAUSE_SETTLES:
            # A clock that stands too early must not put the gap over what was recorded.
            since = max(now, self.gap_from)
            self._end_gap(since)
            self.begin_gap(cause, detail, since)

    def _end_gap(self, last: Micros) -> None:
        first, self.gap_from = self.gap_from, None
        assert first is not None
        if last > first:
            self._record_gap(self.gap_cause, first, last, self.gap_detail)

    def set_clock(self, now: Micros) -> None:
        """The recorder's time was set to another: what comes begins a segment by it."""
        self.end_segment("clock")
        self.begin_gap("clock", "an operator confirmed another time", self.arrived)
        self.gap_from = min(self.gap_from or now, now)
        self.arrived = min(self.arrived, now)
        self._last_start = 0
        self._timeless = self.session is not None
        self.drift = Drift()

    def split_gap(self, midnight: Micros) -> None:
        """At a day's end an open gap is written down, so that the day's manifest explains it."""
        if self.gap_from is not None and self.gap_from < midnight:
            cause, detail = self.gap_cause, self.gap_detail
            self._end_gap(midnight)
            self.begin_gap(cause, detail, midnight)

    def _record_gap(self, cause: GapCause, first: Micros, last: Micros, detail: str) -> None:
        name, data = self.chain.record("gap", first=first, last=last, cause=cause, detail=detail)
        self._site.writers.put(name, data)

    def close(self, now: Micros) -> None:
        """The orderly end: segment, gap, and a record that says that the chain ends here."""
        self.drop_session()
        self.end_segment("shutdown")
        if self.gap_from is not None:
            self._end_gap(now)
        end = Micros(max(now, self.arrived))
        name, data = self.chain.record("closed", first=end, last=end, cause="shutdown")
        self._site.writers.put(name, data)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Access units: one picture each, with its time, out of the RTP packets of one track.

RTP gives every packet of a picture the same time stamp (RFC 6184 section 5.1), so a change of it
ends a picture; the marker bit, which many cameras set wrongly, only tells whether the end arrived.
Time stamps (32 bits) and sequence numbers (16 bits) are extended over their wraps. Nothing is
thrown away because something is missing: incomplete units are kept and flagged, losses counted.
"""

from dataclasses import dataclass
from typing import Protocol

from machimori.footage.rtp import h264, h265
from machimori.footage.rtp.interleaved import Splitter
from machimori.footage.rtp.jpeg import JpegPayloads
from machimori.footage.rtp.order import DecodingOrder
from machimori.footage.rtp.packet import HEADER, HEADER_SIZE, bounds
from machimori.footage.rtp.rtcp import sender_reports
from machimori.footage.rtp.sdp import VideoTrack
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros

MAX_UNIT = 64 * 1024 * 1024
"""Bytes that may arrive under one time stamp: a camera whose clock stands still sends no picture,
and must not fill the memory."""
_MISORDER = 100
"""A sequence number this little behind is a late or repeated packet (RFC 3550 appendix A.1)."""


@dataclass(frozen=True, kw_only=True)
class TimedChunk:
    """What one drain took from a camera's connection, and when."""

    arrived_from: Micros
    """Nothing in `data` arrived earlier."""
    arrived_to: Micros
    """Nothing in `data` arrived later."""
    data: bytes


@dataclass(frozen=True, kw_only=True)
class AccessUnit:
    """One picture as the camera coded it."""

    pts: int
    """Presentation time in units of the track's clock rate, extended over wraps; the origin is
    the first unit's own RTP time stamp."""
    arrived_from: Micros
    """Nothing of it arrived earlier."""
    arrived: Micros
    """All of it had arrived by then."""
    camera: Micros | None
    """The camera's own clock, by its last RTCP sender report."""
    key: bool
    """Decoding can begin here."""
    units: tuple[bytes, ...]
    """NAL units without start codes; for JPEG one whole JPEG file. Those that arrived whole."""
    shown: bool
    """There is something to show: at least one slice, or a JPEG file."""
    complete: bool
    """Every slice of it is here, as far as sequence numbers and slice headers tell."""
    lost_before: int
    """RTP packets missing between the unit before and this one's end."""
    restarted: bool
    """The camera started a new RTP stream: times and sequence before it do not connect."""


class Payloads(Protocol):
    """What collects one codec's payloads (`H264Payloads`, `H265Payloads`, `JpegPayloads`)."""

    numbered: list[tuple[int, int, bytes]]

    def push(self, data: bytes, start: int, stop: int) -> None: ...
    def lost(self) -> None: ...
    def take(self) -> tuple[list[bytes], bool]: ...


@dataclass(kw_only=True)
class Counts:
    """What an assembler has seen so far."""

    packets: int = 0
    lost: int = 0
    """Packets that never arrived, by sequence numbers."""
    late: int = 0
    """Packets repeated or out of order, left out."""
    malformed: int = 0
    """Packets that are no RTP or no RTCP."""
    foreign: int = 0
    """Packets of other payload types or single packets of another source."""
    restarts: int = 0


class Assembler:
    """Turns the chunks of one RTSP session into access units."""

    def __init__(self, track: VideoTrack, *, synchronised: bool = False) -> None:
        """`synchronised`: the first chunk begins at a frame of the connection."""
        self.counts = Counts()
        self.splitter = Splitter((track.rtp_channel, track.rtcp_channel), synchronised=synchronised)
        self._track = track
        self._payloads = _payloads(track)
        self._order = DecodingOrder(track.interleaving_depth) if track.interleaving_depth else None
        self._ordered: list[bytes] = []
        self._prefix: list[bytes] = []
        self._done: list[AccessUnit] = []
        self._ssrc = -1
        self._expected = self._before = -1
        self._stranger = (-1, -1, b"")
        self._timestamp = -1
        self._pts = 0
        self._pending = 0
        self._marker = True
        self._damaged = False
        self._lost_before = 0
        self._restarted = False
        self._first = self._last = self._now = (Micros(0), Micros(0))
        self._reference: tuple[Micros, int] | None = None

    def feed(self, chunk: TimedChunk) -> list[AccessUnit]:
        """The access units that `chunk` completes (a unit is complete when the next begins)."""
        self._now = (chunk.arrived_from, chunk.arrived_to)
        self._before = self._expected
        buffer, places = self.splitter.feed(chunk.data)
        unpack = HEADER.unpack_from
        rtp = self._track.rtp_channel
        # Version 2, no padding, extension or CSRC; every packet of a picture but its last. This is
        # the whole cost of reading a camera back, hence one test in place of many.
        plain = self._track.payload_type
        push = self._payloads.push
        for channel, start, stop in places:
            if channel == rtp and stop - start > HEADER_SIZE:
                first, second, sequence, timestamp, ssrc = unpack(buffer, start)
                if (
                    timestamp == self._timestamp
                    and sequence == self._expected
                    and second == plain
                    and first == 0x80
                    and ssrc == self._ssrc
                    and self._order is None
                ):
                    self._expected = (sequence + 1) & 0xFFFF
                    self._marker = False
                    push(buffer, start + HEADER_SIZE, stop)
                    continue
                self._packet(buffer, start, stop)
            elif channel == rtp:
                self.counts.malformed += 1
            else:
                self._control(buffer[start:stop])
        self.counts.packets += len(places)
        if self._expected != self._before:
            self._last = self._now
        self._pending += len(chunk.data)
        if self._pending > MAX_UNIT:
            self._damaged = True
            self._payloads.take()
            self._prefix.clear()
            self._ordered.clear()
            self._pending = 0
        done, self._done = self._done, []
        return done

    def flush(self) -> list[AccessUnit]:
        """The stream has ended: the last access unit."""
        self.splitter.finish()
        self._before = self._expected
        if self._order is not None:
            self._regroup(self._order.flush())
        self._close(ended=self._marker)
        done, self._done = self._done, []
        return done

    def _packet(self, buffer: bytes, start: int, stop: int) -> None:
        """Any RTP packet, with all that can be the matter with it."""
        try:
            body, end = bounds(buffer, start, stop)
        except MalformedError:
            self.counts.malformed += 1
            return
        _, second, sequence, timestamp, ssrc = HEADER.unpack_from(buffer, start)
        if second & 0x7F != self._track.payload_type:
            self.counts.foreign += 1
            return
        if ssrc != self._ssrc and not self._adopt(ssrc, sequence, buffer[start:stop]):
            return
        if sequence != self._expected:
            difference = (sequence - self._expected) & 0xFFFF
            if difference >= 0x10000 - _MISORDER:
                self.counts.late += 1
                return
            if difference < 0x8000:
                self._missing(difference, timestamp)
            else:
                self._restart(ssrc, sequence)
        if self._order is None and timestamp != self._timestamp:
            self._begin(timestamp)
        self._expected = (sequence + 1) & 0xFFFF
        self._marker = second >= 0x80
        if body < end:
            self._payloads.push(buffer, body, end)
        if self._order is not None:
            for number, offset, unit in self._payloads.numbered:
                due = self._order.push(number, (timestamp + offset) & 0xFFFF_FFFF, unit)
                self._regroup(due)
            self._payloads.numbered.clear()

    def _adopt(self, ssrc: int, sequence: int, packet: bytes) -> bool:
        """Whether to go on with another source: at once if it is the first, else when a second
        packet confirms it (RFC 3550 appendix A.1), for bytes out of place look like one packet."""
        if self._ssrc < 0:
            self._ssrc = ssrc
            self._expected = sequence
            return True
        known, expected, held = self._stranger
        if known != ssrc or expected != sequence:
            self.counts.foreign += 1
            self._stranger = (ssrc, (sequence + 1) & 0xFFFF, packet)
            return False
        self.counts.foreign -= 1
        self._stranger = (-1, -1, b"")
        self._restart(ssrc, (sequence - 1) & 0xFFFF)
        self._packet(held, 0, len(held))
        return True

    def _restart(self, ssrc: int, sequence: int) -> None:
        self._close(ended=self._marker)
        self.counts.restarts += 1
        self._ssrc = ssrc
        self._expected = sequence
        self._timestamp = -1
        self._reference = None
        self._restarted = True

    def _missing(self, count: int, timestamp: int) -> None:
        self.counts.lost += count
        self._payloads.lost()
        if timestamp == self._timestamp or not self._marker:
            self._damaged = True
        if timestamp != self._timestamp:
            self._close(ended=self._marker)
        self._lost_before += count

    def _begin(self, timestamp: int) -> None:
        """The packet at hand belongs to another picture than the one before."""
        self._close(ended=True)
        self._pts = self._extended(timestamp)
        self._timestamp = timestamp
        self._first = self._now
        self._pending = 0

    def _extended(self, timestamp: int) -> int:
        if self._timestamp < 0:
            if not self._restarted:
                return timestamp
            # A new stream has a new origin: place it by arrival, so that time goes on.
            passed = max(self._now[1] - self._last[1], 1)
            return self._pts + max(1, passed * self._track.clock_rate // 1_000_000)
        difference = (timestamp - self._timestamp) & 0xFFFF_FFFF
        return self._pts + difference - (1 << 32 if difference >= 1 << 31 else 0)

    def _regroup(self, due: list[tuple[int, bytes]]) -> None:
        for timestamp, unit in due:
            if timestamp != self._timestamp:
                self._begin(timestamp)
            self._ordered.append(unit)

    def _close(self, *, ended: bool) -> None:
        """The picture at hand is over; `ended`: its last packet is here."""
        units, damaged = self._payloads.take()
        if self._order is not None:
            units, self._ordered = self._ordered, []
        damaged |= self._damaged
        self._damaged = False
        if not units and not damaged:
            return
        codec = self._track.codec
        key = begins = shown = bool(units)
        if codec != "jpeg":
            judge = h264 if codec == "h264" else h265
            found = next(filter(_is_known, map(judge.first_slice, units)), None)
            if found is None and not damaged:
                # Parameter sets and SEI messages under a time of their own belong to what follows.
                self._prefix += units
                return
            begins = bool(found)
            shown = found is not None
            units = self._prefix + units
            self._prefix = []
            key = judge.is_key(units)
        # Pictures are closed by what follows them, which may have come much later.
        last = self._last if self._expected == self._before else self._now
        camera = None
        if self._reference is not None:
            wall, pts = self._reference
            camera = Micros(wall + (self._pts - pts) * 1_000_000 // self._track.clock_rate)
        self._done.append(
            AccessUnit(
                pts=self._pts,
                arrived_from=self._first[0],
                arrived=last[1],
                camera=camera,
                key=key,
                units=tuple(units),
                shown=shown,
                complete=ended and begins and not damaged,
                lost_before=self._lost_before,
                restarted=self._restarted,
            )
        )
        self._lost_before = 0
        self._restarted = False

    def _control(self, packet: bytes) -> None:
        try:
            for report in sender_reports(packet):
                if report.ssrc == self._ssrc and self._timestamp >= 0:
                    self._reference = (report.wall, self._extended(report.timestamp))
        except MalformedError:
            self.counts.malformed += 1


def _is_known(value: bool | None) -> bool:
    return value is not None


def _payloads(track: VideoTrack) -> Payloads:
    if track.codec == "h264":
        return h264.H264Payloads()
    if track.codec == "h265":
        return h265.H265Payloads(numbered=track.numbered)
    return JpegPayloads(track.dimensions)

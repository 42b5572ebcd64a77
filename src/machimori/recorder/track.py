# SPDX-License-Identifier: AGPL-3.0-or-later
"""One camera's footage and gaps, in the order of its chain: where segments begin and end, and why.

Everything in here runs in the drain thread.
"""

import datetime as dt
from collections import deque
from collections.abc import Mapping
from typing import Literal

from machimori.footage.naming import SegmentName, part_name
from machimori.footage.records import GapCause
from machimori.footage.sealer import Sealer
from machimori.kernel.instants import Micros, day_start, local_day
from machimori.recorder.camera import CameraConfig
from machimori.recorder.chain import Chain
from machimori.recorder.parameters import Parameters
from machimori.recorder.part import Part
from machimori.recorder.peek import key_cut
from machimori.recorder.ports import PlayingSession
from machimori.recorder.site import SECOND, Site
from machimori.vault.sealing.layout import FLAG_KEY_FRAME, EndReason, Header

MIDNIGHT_GRACE = 10 * SECOND
QUIET = 5 * SECOND
"""Silence inside a session from which it is recorded as a gap."""
CAUSE_SETTLES = 60 * SECOND
"""A gap whose cause changes is split if the former cause lasted this long."""

Refusal = Literal["disk", "clock"]
_LET_GO: Mapping[Refusal, str] = {
    "disk": "the disk did not take the footage",
    "clock": "the clock stands before the time floor",
}


class Track:
    """What is recorded of one camera."""

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
        """The session whose stream is recorded."""
        self._parameters: Parameters | None = None
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
        self.segments = 0
        self.dropped = 0
        """Bytes let go because the disk did not take them."""
        self.recent: deque[tuple[Micros, int]] = deque(maxlen=8)

    def take(
        self,
        buffer: bytearray,
        view: memoryview,
        whole: int,
        small: list[int],
        now: Micros,
        *,
        refusing: Refusal | None,
    ) -> None:
        """Seal `buffer[:whole]`, frames of the session that arrived between the last drain and now.

        `small` are offsets of its short frames, `refusing` says why nothing may be sealed.
        """
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
            cut, reason, flags = self._boundary(buffer, whole, small, arrived_from, arrived_to)
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
        self,
        buffer: bytearray,
        whole: int,
        small: list[int],
        arrived_from: Micros,
        arrived_to: Micros,
    ) -> tuple[int, EndReason | None, int]:
        """Where the open segment ends in this drain, why, and the next chunk's flags."""
        sealer, parameters = self._sealer, self._parameters
        assert sealer is not None
        assert parameters is not None
        assert self.session is not None
        codec = self.session.video.codec
        channel = self.session.video.rtp_channel
        self._needs_predecessor = False
        changed = parameters.changed_at(buffer, small) if small else None
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

    def split_gap(self, midnight: Micros) -> None:
        """At a day's end an open gap is written down, so that the day's manifest explains it."""
        if self.gap_from is not None and self.gap_from < midnight:
            cause, detail = self.gap_cause, self.gap_detail
            self._end_gap(midnight)
            self.begin_gap(cause, detail, midnight)

    def _record_gap(self, cause: GapCause, first: Micros, last: Micros, detail: str) -> None:
        name, data = self.chain.record("gap", first=first, last=last, cause=cause, detail=detail)
        self._site.writers.put(name, data)

    def set_clock(self, now: Micros) -> None:
        """The recorder's time was set to another: what comes begins a segment by it."""
        self.end_segment("clock")
        self.begin_gap("clock", "an operator confirmed another time", self.arrived)
        self.gap_from = min(self.gap_from or now, now)
        self.arrived = min(self.arrived, now)
        self._last_start = 0

    def close(self, now: Micros, cause: Literal["shutdown", "withdrawn"] = "shutdown") -> None:
        """The orderly end: segment, gap, and a record that says that the chain ends here."""
        self.end_segment("shutdown")
        if self.gap_from is not None:
            self._end_gap(now)
        end = Micros(max(now, self.arrived))
        name, data = self.chain.record("closed", first=end, last=end, cause=cause)
        self._site.writers.put(name, data)

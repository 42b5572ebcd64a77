# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera that is playing to one client: which picture comes next, when, under which numbers."""

import time
from dataclasses import dataclass

from machimori.simcity import rtcp, sound
from machimori.simcity.camera import Camera
from machimori.simcity.clips import CLOCK
from machimori.simcity.runs import Reel, Run
from machimori.simcity.wire import Wire

_MASK = 0xFFFF_FFFF
_THROTTLE = 1_000_000
"""Bytes a client may owe before a camera leaves out pictures, as real ones do."""


@dataclass(frozen=True, kw_only=True)
class Channels:
    """Interleaved channels of a session; the sound's is None where it was not set up."""

    rtp: int
    rtcp: int
    sound: int | None = None


@dataclass
class Totals:
    """What a city has sent, for measurements."""

    pictures: int = 0
    packets: int = 0
    octets: int = 0
    throttled: int = 0
    """Pictures left out since a client did not keep up."""
    latest: float = 0.0
    """The longest that a picture was late, seconds: tells whether the city itself kept up."""


class Playback:
    """The media of one RTSP session, from PLAY to TEARDOWN."""

    def __init__(
        self, camera: Camera, wire: Wire, channels: Channels, reel: Reel, totals: Totals, now: float
    ) -> None:
        self.camera = camera
        self.wire = wire
        self.channels = channels
        self.totals = totals
        self.stopped = False
        self.ssrc = camera.rng.getrandbits(32)
        self.sequence = camera.rng.getrandbits(16)
        self.started = now
        self.last_request = now
        self.clock_offset = 0.0
        """Seconds by which the camera's clock is ahead, as its sender reports say."""
        self.packets = self.octets = 0
        self._spec = camera.spec
        self._take(reel)
        elapsed = max(0.0, now - camera.epoch)
        count = int(elapsed / self._interval) + 1
        # The camera's loop goes on whether anyone looks or not. A client gets the key picture that
        # is current, at the camera's next beat, or waits for the next one.
        wait = reel.until_key(count) if camera.patient else 0
        self._position = reel.key_before((count + wait) % len(self._runs))
        self.due = camera.epoch + (count + wait) * self._interval
        self.base = camera.rng.getrandbits(32)
        """RTP time stamp of the loop's start."""
        self._side_due = now
        self._report_due = now
        self._sounds = 0
        self._sound_base = camera.rng.getrandbits(32)
        self._first_numbers()

    def _take(self, reel: Reel) -> None:
        self._runs = reel.runs
        self._duration = reel.clip.duration
        self._interval = reel.clip.interval / CLOCK

    def _first_numbers(self) -> None:
        wrap = self.camera.argument("sequence_wrap")
        if wrap is not None:
            self.sequence = -int(wrap["packets"]) & 0xFFFF
        wrap = self.camera.argument("timestamp_wrap")
        if wrap is not None:
            first = self._runs[self._position].picture.pts
            self.base = -round(float(wrap["seconds"]) * CLOCK) - first & _MASK

    def emit(self, now: float) -> None:
        """Send the picture that is due and move on to the next."""
        late = now - self.due
        if late > self.totals.latest:
            self.totals.latest = late
        run = self._runs[self._position]
        if now >= self._side_due:
            self._side(now)
        if not self.throttled(run):
            self.patch(run, 0)
            self.wire.send(run.buffer)
        self.advance()

    def throttled(self, run: Run) -> bool:
        """Leave the picture out if the client owes too much already; its numbers are used up."""
        if len(self.wire.pending) <= _THROTTLE:
            return False
        self.totals.throttled += 1
        self.sequence = self.sequence + len(run.offsets) & 0xFFFF
        return True

    def patch(self, run: Run, drift: int) -> None:
        """Write this session's numbers into the picture, `drift` ticks beside its time."""
        stamp = self.base + run.picture.pts + drift & _MASK
        self.sequence = run.patch(self.sequence, stamp, self.ssrc)
        count = len(run.offsets)
        size = len(run.buffer) - 16 * count
        self.packets += count
        self.octets += size
        totals = self.totals
        totals.pictures += 1
        totals.packets += count
        totals.octets += size

    def current(self) -> Run:
        """The picture that is due."""
        return self._runs[self._position]

    def advance(self) -> None:
        """Go to the next picture; at a key picture to another clip if the camera has one now."""
        self._position += 1
        if self._position == len(self._runs):
            self._position = 0
            self.base = self.base + self._duration & _MASK
        self.due += self._interval
        picture = self._runs[self._position].picture
        if picture.key and self.camera.spec is not self._spec:
            self._spec = self.camera.spec
            reached = self.base + picture.dts
            self._take(self.camera.library.reel_now(self._spec, self.channels.rtp))
            self._position = 0
            self.base = reached & _MASK

    def _side(self, now: float) -> None:
        """Sound and sender reports, which come between pictures."""
        channel = self.channels.sound
        while channel is not None and self.started + self._sounds * sound.PERIOD <= now:
            number, base = self._sounds, self._sound_base
            self.wire.send(sound.packet(channel, number, self.ssrc ^ 1, base))
            self._sounds += 1
        if now >= self._report_due:
            self._report_due = now + self.camera.report_every
            self.wire.send(self.report(now))
        self._side_due = self._report_due if channel is None else now

    def drift_ticks(self, now: float) -> int:
        """How far the camera's time stamps have run ahead under the fault `drift`."""
        return round(self._drifted(now) * CLOCK)

    def _drifted(self, now: float) -> float:
        drift = self.camera.argument("drift")
        return 0.0 if drift is None else (now - self.started) * float(drift["ppm"]) * 1e-6

    def report(self, now: float) -> bytes:
        """A sender report for this moment."""
        ahead = self._drifted(now)
        stamp = self.base + self.current().picture.dts + round((now - self.due + ahead) * CLOCK)
        return rtcp.report(
            channel=self.channels.rtcp,
            ssrc=self.ssrc,
            seconds=time.time() + self.clock_offset + ahead,
            stamp=stamp,
            packets=self.packets,
            octets=self.octets,
            name=self.camera.name,
        )

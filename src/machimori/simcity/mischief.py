# SPDX-License-Identifier: AGPL-3.0-or-later
"""The stream of a camera that has a fault: pictures as `Playback` sends them, then spoilt."""

from dataclasses import dataclass, field

from machimori.simcity.camera import Camera
from machimori.simcity.clips import CLOCK
from machimori.simcity.faults import KINDS, Arguments
from machimori.simcity.playback import Channels, Playback, Totals
from machimori.simcity.runs import Reel
from machimori.simcity.wire import Wire

_REQUEST = (
    "{method} {url} RTSP/1.0\r\nCSeq: {number}\r\nSession: 1\r\n"
    "Content-Type: text/parameters\r\nContent-Length: 9\r\n\r\nbattery\r\n"
)
_RESPONSE = "RTSP/1.0 200 OK\r\nCSeq: {number}\r\nContent-Length: 4\r\n\r\n$$$$"


@dataclass
class Memory:
    """What a session remembers of the faults it has met."""

    met: dict[int, int] = field(default_factory=dict)
    """Fault serial to the picture number at which it acted last."""
    number: int = 0
    held: bytearray = field(default_factory=bytearray)
    hold_until: float = 0.0
    lost: int = 0


class FaultyPlayback(Playback):
    """Plays like its parent while its camera has no fault, at the same cost."""

    def __init__(
        self, camera: Camera, wire: Wire, channels: Channels, reel: Reel, totals: Totals, now: float
    ) -> None:
        super().__init__(camera, wire, channels, reel, totals, now)
        self._memory = Memory()

    def emit(self, now: float) -> None:
        """Send the picture that is due, as the camera's faults have it."""
        if not self.camera.faults and not self._memory.held:
            super().emit(now)
            return
        timeout = self.camera.argument("session_timeout")
        if timeout is not None and now - self.last_request > int(timeout["seconds"]):
            self.wire.close()
            return
        self._memory.number += 1
        if "stall" in self.camera.faults:
            self.advance()
            return
        if self._acts("clock_jump"):
            self._jump(now)
        drift = self.drift_ticks(now)
        run = self.current()
        if now >= self._side_due:
            self._side(now)
        if not self.throttled(run):
            flood = self.camera.argument("flood")
            for _ in range(1 if flood is None else int(flood["times"])):
                self.patch(run, drift)
                self._deliver(self._spoil(run.packets(), now), now)
        self.advance()

    def _acts(self, name: str) -> bool:
        """Whether a fault that acts once, or every so many pictures, acts at this picture."""
        fault = self.camera.faults.get(name)
        if fault is None:
            return False
        assert KINDS[name].once
        before = self._memory.met.get(fault.serial)
        every = int(fault.arguments["every"])
        if before is not None and (every == 0 or self._memory.number < before + every):
            return False
        self._memory.met[fault.serial] = self._memory.number
        return True

    def _arguments(self, name: str) -> Arguments:
        found = self.camera.argument(name)
        assert found is not None
        return found

    def _jump(self, now: float) -> None:
        given = self._arguments("clock_jump")
        seconds = float(given["seconds"])
        if given["ntp"]:
            self.clock_offset += seconds
        if given["rtp"]:
            self.base = self.base + round(seconds * CLOCK) & 0xFFFF_FFFF
        self.wire.send(self.report(now))

    def _spoil(self, packets: list[bytes], now: float) -> bytes:
        loss = self.camera.argument("loss")
        if loss is not None:
            kept = []
            for packet in packets:
                self._memory.lost += 1
                if self._memory.lost % int(loss["every"]):
                    kept.append(packet)
            packets = kept
        middle = len(packets) // 2
        if packets and self._acts("lost_sync"):
            cut = int(self._arguments("lost_sync")["bytes"])
            whole = packets[middle]
            packets[middle] = whole[:6] + whole[6 + cut :]
        between = b""
        rng = self.camera.rng
        if self._acts("garbage"):
            between += rng.randbytes(int(self._arguments("garbage")["bytes"]))
        if self._acts("absurd_length"):
            length = int(self._arguments("absurd_length")["length"])
            between += b"$\0" + length.to_bytes(2, "big") + bytes(min(length, 32))
        if self._acts("strange_channel"):
            channel = int(self._arguments("strange_channel")["channel"])
            between += bytes((0x24, channel, 0, 16, 0x80, 0x60)) + bytes(14)
        if self._acts("message"):
            between += self._message()
        if self._acts("rtcp_burst"):
            between += self.report(now) * int(self._arguments("rtcp_burst")["count"])
        return b"".join(packets[:middle]) + between + b"".join(packets[middle:])

    def _message(self) -> bytes:
        kind = self._arguments("message")["kind"]
        form = _RESPONSE if kind == "response" else _REQUEST
        url = f"rtsp://{self.wire.address}/{self.camera.name}"
        return form.format(method="SET_PARAMETER", url=url, number=self._memory.number).encode()

    def _deliver(self, data: bytes, now: float) -> None:
        burst = self.camera.argument("burst")
        memory = self._memory
        if burst is not None:
            memory.hold_until = memory.hold_until or now + float(burst["seconds"])
            memory.held += data
            if now < memory.hold_until:
                return
            data = bytes(memory.held)
            memory.held.clear()
            memory.hold_until = 0.0
        elif memory.held:
            data = bytes(memory.held) + data
            memory.held.clear()
            memory.hold_until = 0.0
        self.wire.send(data)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Doubles of the recorder's neighbours, supported for tests: a scripted session, keys, a rig.

`FakeSession` is one end of a TCP connection; the test is the camera at the other end and sends what
it likes. `Rig` is a lane with manual time and a store in memory.
"""

import datetime as dt
import select
import socket
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from machimori.footage.records import Record, decode
from machimori.footage.segment import SegmentReader
from machimori.footage.store import Store
from machimori.footage.testing import SAMPLE_START, MemoryStore, SampleRecorder
from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId, ClassId, KeyId, RecorderId, SchemeId
from machimori.kernel.instants import TOKYO, Micros
from machimori.kernel.signing import SigningKey
from machimori.recorder.blocks import BLOCK, Blocks
from machimori.recorder.camera import CameraConfig
from machimori.recorder.drain import READ
from machimori.recorder.framing import Codec
from machimori.recorder.lane import Lane, SessionOver
from machimori.recorder.ports import DayKey
from machimori.recorder.site import Site
from machimori.recorder.track import Refusal
from machimori.recorder.writers import Writers
from machimori.vault.sealing.bundle import BundledKey, KeyBundle, key_id

SPS = bytes.fromhex("6742c01fda0280f6840000030004000003007a3c60ca80")
PPS = bytes.fromhex("68ce3c80")
MEDIA = 0
CONTROL = 1


def frame(payload: bytes, *, channel: int = MEDIA) -> bytes:
    """An interleaved frame."""
    return struct.pack(">BBH", 0x24, channel, len(payload)) + payload


@dataclass
class Stream:
    """Makes the RTP of one camera: H.264 single units and FU-A fragments, or JPEG."""

    codec: Codec = "h264"
    sequence: int = 0
    stamp: int = 0
    sps: bytes = SPS

    def packet(self, payload: bytes, *, marker: bool = False, channel: int = MEDIA) -> bytes:
        """One RTP packet in its frame."""
        header = struct.pack(
            ">BBHII", 0x80, 96 | marker << 7, self.sequence & 0xFFFF, self.stamp, 0x1234
        )
        self.sequence += 1
        return frame(header + payload, channel=channel)

    def picture(self, *, key: bool = False, size: int = 3000) -> bytes:
        """A picture's packets; a key picture begins with its parameter sets."""
        self.stamp += 6000
        if self.codec == "jpeg":
            return self._jpeg(size)
        out = self.packet(self.sps) + self.packet(PPS) if key else b""
        kind = 5 if key else 1
        rest, first = size, True
        while rest > 0:
            part = min(rest, 1000)
            rest -= part
            header = (0x80 if first else 0) | (0x40 if rest == 0 else 0) | kind
            out += self.packet(bytes((0x7C, header)) + b"\x55" * part, marker=rest == 0)
            first = False
        return out

    def _jpeg(self, size: int) -> bytes:
        out = b""
        for offset in range(0, size, 1000):
            header = offset.to_bytes(4, "big") + bytes((1, 80, 40, 30))
            out += self.packet(header + b"\x55" * 1000, marker=offset + 1000 >= size)
        return out


@dataclass(frozen=True, kw_only=True)
class FakeTrack:
    """A video track."""

    codec: Codec = "h264"
    rtp_channel: int = MEDIA
    rtcp_channel: int = CONTROL
    clock_rate: int = 90_000


class FakeSession:
    """A playing session over TCP. `far` is the camera's end."""

    description = b'{"sdp":"v=0"}'
    keepalive_every = 30.0
    asked_at = 0.0

    def __init__(self, *, codec: Codec = "h264", pending: bytes = b"") -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.far = socket.create_connection(server.getsockname())
            self.socket, _ = server.accept()
        # Tests do not wait for delayed acknowledgements.
        self.far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.video = FakeTrack(codec=codec)
        self.pending = pending
        self.messages: list[bytes] = []
        self.to_answer = b""

    def keepalive(self) -> bytes:
        """A recognisable request."""
        return b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n"

    def teardown(self) -> bytes:
        """A recognisable request."""
        return b"TEARDOWN * RTSP/1.0\r\nCSeq: 10\r\n\r\n"

    def outbox(self) -> bytes:
        """What the test put in."""
        data, self.to_answer = self.to_answer, b""
        return data

    def on_message(self, data: bytes) -> None:
        """Remember it."""
        self.messages.append(data)


class SampleKeyRing:
    """A key for every camera and day up to `last`: the public half of `SampleRecorder`'s key."""

    def __init__(self, last: dt.date = dt.date.max) -> None:
        self.last = last
        self.sample = SampleRecorder()

    def find(self, camera: CameraId, day: dt.date) -> DayKey | None:
        """The same key pair for all, under the name of the camera's day."""
        if day > self.last:
            return None
        return DayKey(
            retention_class=ClassId("standard"),
            key=KeyId(f"{camera}/{day}/0"),
            sealing=self.sample.sealing_key,
        )


def write_bundle(
    directory: Path, vault: SigningKey, day: dt.date, cameras: tuple[str, ...], *, serial: int = 0
) -> None:
    """A signed bundle whose keys are all `SampleRecorder`'s."""
    public = SampleRecorder().sealing_key.raw
    bundle = KeyBundle(
        retention_class=ClassId("standard"),
        day=day.isoformat(),
        serial=serial,
        keys=tuple(
            BundledKey(
                camera=CameraId(name),
                key=key_id(CameraId(name), day.isoformat(), str(serial)),
                public=public,
            )
            for name in cameras
        ),
    )
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{day}-{serial}.json").write_bytes(bundle.signed(vault))


class Rig:
    """One lane, driven by hand: `send`, then `drain`. Time is `now`, and moves only here."""

    def __init__(
        self,
        directory: Path,
        *,
        start: Micros = SAMPLE_START,
        codec: Codec = "h264",
        store: Store | None = None,
        blocks: int = 8,
        keys: SampleKeyRing | None = None,
        tz: ZoneInfo = TOKYO,
    ) -> None:
        self.now = start
        self.mono = 100.0
        self.store = store or MemoryStore()
        self.blocks = Blocks(blocks * BLOCK)
        self.troubles: list[tuple[str, str]] = []
        self.keys = keys or SampleKeyRing()
        self.signer = self.keys.sample.signer
        self.writers = Writers(
            store=self.store,
            blocks=self.blocks,
            disk=Disk(),
            on_trouble=lambda event, detail: self.troubles.append((event, detail)),
        )
        self.writers.start()
        self.lane = Lane(
            0,
            CameraConfig(id=CameraId("cam-0001"), url="rtsp://127.0.0.1/cam-0001"),
            Site(
                scheme=SchemeId("streets"),
                recorder=RecorderId("rec-1"),
                session="7" * 32,
                signer=self.signer,
                keys=self.keys,
                writers=self.writers,
                blocks=self.blocks,
                parts=directory / "open",
                tz=tz,
            ),
            last=start,
        )
        self.codec: Codec = codec
        self.stream = Stream(codec=codec)
        self._buffer = bytearray(READ)
        self._view = memoryview(self._buffer)
        self._fars: list[socket.socket] = []
        self.session = self.play()

    def play(self, pending: bytes = b"") -> FakeSession:
        """The camera plays (again)."""
        self._hang_up()
        self.session = FakeSession(codec=self.codec, pending=pending)
        self._fars.append(self.session.far)
        self.lane.adopt(self.session, mono=self.mono, asked=self.now)
        return self.session

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.mono += seconds
        self.now = Micros(self.now + round(seconds * 1_000_000))

    def second(
        self, data: bytes | None = None, *, key: bool = False, refusing: Refusal | None = None
    ) -> None:
        """A second passes in which the camera sends a picture (or `data`), and is drained."""
        self.pass_time(1.0)
        self.session.far.sendall(self.stream.picture(key=key) if data is None else data)
        select.select([self.session.socket], [], [], 1.0)
        self.drain(refusing=refusing)

    def drain(self, *, refusing: Refusal | None = None) -> None:
        """Drain the lane now; a session that is over is taken from it."""
        try:
            self.lane.drain(self._buffer, self._view, self.mono, self.now, refusing=refusing)
        except SessionOver as over:
            self.lane.lose(over.cause, over.detail, self.now)
        self.writers.flush()
        # Time passes by the test's word only; the writers' real time is given to them here.
        deadline = time.monotonic() + 5.0
        while self.blocks.held and time.monotonic() < deadline:
            time.sleep(0.0005)

    def end(self) -> None:
        """The orderly end; afterwards the store holds everything."""
        self.lane.close(self.now)
        assert self.writers.stop(10.0)
        self._hang_up()

    def discard(self) -> None:
        """Let go of threads and sockets, whether or not there was an end."""
        self._hang_up()
        self.writers.stop(1.0)

    def _hang_up(self) -> None:
        self.lane.drop_session()
        for far in self._fars:
            far.close()
        self._fars.clear()

    def segments(self) -> list[SegmentReader]:
        """The closed segments by name."""
        names = [item.name for item in self.store.list() if item.name.endswith(".seg")]
        return [SegmentReader.of_bytes(self.store.get(name)) for name in names]

    def records(self, kind: str = "gap") -> list[Record]:
        """The records of a kind by name."""
        names = [item.name for item in self.store.list() if item.name.endswith(f".{kind}.rec")]
        return [decode(self.store.get(name))[0] for name in names]

    def plain(self, reader: SegmentReader) -> bytes:
        """What the camera sent, opened with the sample's private key."""
        sample = self.keys.sample
        sample.learn(reader.sealed.encode())
        keys = sample.keys[reader.segment_id.hex()]
        count = reader.end.trailer.chunks
        return b"".join(reader.chunk(index, keys.chunks[index]) for index in range(count))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The city's process: cameras, ports, schedule and control in one event loop.

One thread sends everything, which is what lets cameras share the buffers they send from; clips are
rendered beside it.
"""

import asyncio
import datetime
import random
import resource
import socket
import ssl
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from machimori.simcity import certificates
from machimori.simcity.auth import SCHEMES, Credentials, Gate
from machimori.simcity.camera import Camera
from machimori.simcity.clips import ClipSpec
from machimori.simcity.connection import Connection, Place
from machimori.simcity.doors import Door
from machimori.simcity.errors import UnknownError
from machimori.simcity.library import Library
from machimori.simcity.playback import Totals
from machimori.simcity.schedule import Schedule
from machimori.simcity.wire import Wire

CODECS = ("h264", "h265", "mjpeg")
_LOAD = ClipSpec(
    codec="h264", name="load", width=1920, height=1080, gop=30, bit_rate=2_000_000, noise=4
)
"""What the benchmarks stream: 1080p, 15 pictures a second, 2 Mbit/s."""


_PATTERN = ClipSpec(codec="h264", name="camera")


@dataclass(frozen=True, kw_only=True)
class CityConfig:
    """What to simulate. `clip` is the pattern of every camera's clip; codec and name are put in."""

    cameras: int
    clips_directory: Path
    """Rendered clips and, with `tls`, the certificates are kept here."""
    credentials: Credentials
    host: str = "127.0.0.1"
    port: int = 0
    own_ports: bool = False
    codecs: tuple[str, ...] = ("h264",)
    clip: ClipSpec = _PATTERN
    clips: int = 16
    """Cameras with a clip of their own; the further ones share these."""
    load: bool = False
    load_clips: int = 16
    """Different clips that the cameras of a load share."""
    scheme: str = "none"
    tls: bool = False
    sound: bool = False
    report_every: float = 5.0


def camera_name(number: int) -> str:
    """The name of camera `number`, counted from 1."""
    return f"cam-{number:04d}"


def _spec(config: CityConfig, index: int) -> ClipSpec:
    if config.load:
        number = index % config.load_clips
        return _LOAD.varied(name=f"load-{number + 1:02d}", seed=number + 1)
    codec = config.codecs[index % len(config.codecs)]
    number = index % config.clips + 1
    return config.clip.varied(codec=codec, name=camera_name(number), seed=number)


class Server:
    """A running city. Made and used inside one event loop."""

    def __init__(self, config: CityConfig) -> None:
        if config.scheme not in SCHEMES:
            raise UnknownError(f"no sign-in {config.scheme!r}", remedy=", ".join(SCHEMES))
        for codec in config.codecs:
            if codec not in CODECS:
                raise UnknownError(f"no codec {codec!r}", remedy=", ".join(CODECS))
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.config = config
        self.library = Library(config.clips_directory)
        self.totals = Totals()
        self.ca: Path | None = None
        self._tls: ssl.SSLContext | None = None
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self.cameras = {
            camera_name(index + 1): self._camera(index) for index in range(config.cameras)
        }
        self._place = Place(
            cameras=self.cameras,
            schedule=Schedule(self._loop),
            totals=self.totals,
            scheme="rtsps" if config.tls else "rtsp",
        )

    def _camera(self, index: int) -> Camera:
        name = camera_name(index + 1)
        # Loops are spread, or all cameras would send their key pictures at the same moment.
        epoch = self._loop.time() - index * 0.6180339887
        return Camera(
            name=name,
            base=_spec(self.config, index),
            gate=Gate(self.config.scheme, self.config.credentials, realm=name),
            library=self.library,
            epoch=epoch,
            sound=self.config.sound,
            report_every=self.config.report_every,
            patient=self.config.load,
            rng=random.Random(name),
        )

    async def start(self) -> None:
        """Render what a load needs and open the ports."""
        config = self.config
        if config.tls:
            now = datetime.datetime.now(datetime.UTC)
            self.ca, server = certificates.make(config.clips_directory, config.host, now)
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(server)
        if config.load:
            specs = {camera.base for camera in self.cameras.values()}
            await asyncio.gather(*(self.library.clip(spec) for spec in specs))
        self.door = Door(config.host, config.port, partial(self._accepted, None))
        if config.own_ports:
            for camera in self.cameras.values():
                camera.door = Door(config.host, 0, partial(self._accepted, camera))

    def _accepted(self, camera: Camera | None, sock: socket.socket) -> None:
        sock.setblocking(False)
        if self._tls is not None:
            try:
                sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            except OSError:
                return
        connection = Connection(self._place, Wire(sock, self._loop), camera)
        task = self._loop.create_task(connection.serve())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def port(self, name: str) -> int:
        """Where camera `name` listens. Raises UnknownError."""
        door = self.camera(name).door
        return self.door.port if door is None else door.port

    def camera(self, name: str) -> Camera:
        """Camera `name`. Raises UnknownError."""
        found = self.cameras.get(name)
        if found is None:
            raise UnknownError(f"no camera {name!r} in this city")
        return found

    def close(self) -> None:
        """End all connections and stop listening."""
        self.door.shut()
        for camera in self.cameras.values():
            if camera.door is not None:
                camera.door.shut()
            camera.restart()
        for task in self._tasks:
            task.cancel()
        self.library.close()

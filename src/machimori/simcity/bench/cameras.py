# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori bench simcity`: how many cameras of 2 Mbit/s one core of the simulated city feeds.

Every other figure of recording is taken against this city, so it must not be what is measured
there: one process feeds a thousand cameras on a core of its own. The city has one core; whoever
drains the cameras (this process, four times a second, looking at nothing) has the other. Over the
loopback device, without a wire: what the city itself costs is asked, not what an Ethernet adds.
"""

import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from machimori.kernel.errors import UnavailableError
from machimori.simcity.bench.figures import Figure
from machimori.simcity.bench.processor import charged
from machimori.simcity.bench.record import CITY_CPU, RECORDER_CPU, raise_limit
from machimori.simcity.city import SimCity
from machimori.simcity.probe import Probe

CAMERAS = 1000
ROUNDS = 5
WINDOW = 12.0
"""Seconds of a round."""
SETTLE = 2.0
"""Seconds after the last PLAY: what came in a burst by then is not counted."""
_PAUSE = 0.25
_READ = 4 << 20


@dataclass(frozen=True, kw_only=True)
class Window:
    """What one round saw."""

    cpu: float
    """CPU seconds of the city per second and camera."""
    rate: float
    """Mbit/s of a camera, on average."""
    evenness: float
    """What the slowest camera sent, as a share of the fastest."""
    throttled: int
    """Pictures that the city left out, because they were not taken in time."""


def run(*, quick: bool = False) -> list[Figure]:
    """Measure. Raises UnavailableError if the city and its reader cannot have a core each."""
    if len(os.sched_getaffinity(0)) < 2:
        raise UnavailableError("the cameras and who drains them need a core each")
    cameras, clips = (10, 1) if quick else (CAMERAS, 16)
    rounds, window = (1, 1.0) if quick else (ROUNDS, WINDOW)
    raise_limit(8 * cameras)
    with (
        tempfile.TemporaryDirectory(prefix="machimori-bench-") as name,
        SimCity(cameras, load=True, load_clips=clips, clips=Path(name), cpu=CITY_CPU) as city,
        _pinned(RECORDER_CPU),
        _playing(city) as sockets,
    ):
        _drained(sockets, SETTLE)
        windows = [_window(city, sockets, window) for _ in range(rounds)]
    return [
        Figure(
            name="cameras_fed_per_core",
            unit="cameras",
            better="more",
            samples=tuple(1 / found.cpu for found in windows),
            must=CAMERAS,
        ),
        Figure(
            name="city_cpu_per_camera",
            unit="% of a core",
            better="less",
            samples=tuple(100 * found.cpu for found in windows),
        ),
        Figure(
            name="camera_mbit_per_s",
            unit="Mbit/s",
            better="more",
            samples=tuple(found.rate for found in windows),
        ),
        Figure(
            name="evenness",
            unit="",
            better="more",
            samples=tuple(found.evenness for found in windows),
        ),
        Figure(
            name="throttled",
            unit="pictures",
            better="less",
            samples=tuple(float(found.throttled) for found in windows),
        ),
    ]


def _window(city: SimCity, sockets: list[socket.socket], seconds: float) -> Window:
    throttled = city.stats()["throttled"]
    before, begun = charged(city.pid), time.monotonic()
    counts = _drained(sockets, seconds)
    cost, took = charged(city.pid) - before, time.monotonic() - begun
    return Window(
        cpu=cost / took / len(sockets),
        rate=sum(counts) * 8e-6 / took / len(sockets),
        evenness=min(counts) / max(counts),
        throttled=city.stats()["throttled"] - throttled,
    )


def _drained(sockets: list[socket.socket], seconds: float) -> list[int]:
    """Take what comes for so many seconds; bytes of each camera."""
    counts = [0] * len(sockets)
    buffer = bytearray(_READ)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(_PAUSE)
        for number, connection in enumerate(sockets):
            try:
                counts[number] += connection.recv_into(buffer)
            except BlockingIOError:
                continue
    return counts


@contextmanager
def _playing(city: SimCity) -> Iterator[list[socket.socket]]:
    sockets: list[socket.socket] = []
    try:
        for camera in city.cameras:
            probe = Probe(city.url(camera))
            sockets.append(probe.socket)
            if probe.play().status != 200:
                raise UnavailableError("a simulated camera does not play", where=camera)
            probe.socket.setblocking(False)
        yield sockets
    finally:
        for connection in sockets:
            connection.close()


@contextmanager
def _pinned(core: int) -> Iterator[None]:
    """This process on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)

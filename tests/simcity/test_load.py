# SPDX-License-Identifier: AGPL-3.0-or-later
"""The load that benchmarks record: rate and what it costs the city."""

import resource
import socket
import time
from pathlib import Path

import psutil
import pytest

from machimori.simcity.city import SimCity
from machimori.simcity.probe import Probe


def measure(cameras: int, clips: int, cache: Path, seconds: float) -> tuple[float, float, float]:
    """(bit/s of a camera, share of a core that one camera costs the city, least/most camera)."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with SimCity(cameras, load=True, load_clips=clips, clips=cache) as city:
        sockets: list[socket.socket] = []
        for number in range(cameras):
            probe = Probe(city.url(number + 1))
            assert probe.play().status == 200
            probe.socket.setblocking(False)
            sockets.append(probe.socket)
        counts = [0] * cameras
        buffer = bytearray(4 << 20)

        def drain() -> None:
            for number, sock in enumerate(sockets):
                try:
                    counts[number] += sock.recv_into(buffer)
                except BlockingIOError:
                    continue

        end = time.monotonic() + 2.0
        while time.monotonic() < end:
            drain()
            time.sleep(0.1)
        counts[:] = [0] * cameras
        process = psutil.Process(city.pid)
        before, begun = process.cpu_times(), time.monotonic()
        while time.monotonic() < begun + seconds:
            time.sleep(0.25)
            drain()
        after, took = process.cpu_times(), time.monotonic() - begun
        assert city.stats()["throttled"] == 0
        for sock in sockets:
            sock.close()
    cost = after.user - before.user + after.system - before.system
    rate = sum(counts) * 8 / took / cameras
    return rate, cost / took / cameras, min(counts) / max(counts)


@pytest.mark.alone
@pytest.mark.soak
def test_a_core_feeds_a_thousand_cameras_by_its_cost_for_a_hundred(tmp_path: Path) -> None:
    rate, cost, evenness = measure(100, 2, tmp_path, 4.0)
    assert 1.8e6 < rate < 2.4e6
    assert evenness > 0.8
    assert cost < 1 / 1000


@pytest.mark.alone
@pytest.mark.soak
def test_one_process_feeds_a_thousand_cameras(tmp_path: Path) -> None:
    rate, cost, evenness = measure(1000, 16, tmp_path, 60.0)
    assert 1.8e6 < rate < 2.4e6
    assert evenness > 0.8
    assert cost < 1 / 1000


def test_load_cameras_differ_in_picture_and_numbers(tmp_path: Path) -> None:
    with SimCity(3, load=True, load_clips=2, clips=tmp_path) as city:
        firsts = []
        for camera in (1, 2, 3):
            with Probe(city.url(camera)) as probe:
                probe.play()
                packets = probe.packets(0.1)
                firsts.append((packets[0].ssrc, packets[1].payload))
        one, two, three = (city.truth(camera).clip for camera in (1, 2, 3))
    assert len({ssrc for ssrc, _ in firsts}) == 3
    assert one == three != two
    assert len(list(tmp_path.glob("*.clip"))) == 2
    assert (one.spec.width, one.spec.height, one.spec.rate) == (1920, 1080, 15)
    bits = sum(len(unit) for picture in one.pictures for unit in picture.units) * 8
    assert 1.9e6 < bits / (one.duration / 90_000) < 2.1e6

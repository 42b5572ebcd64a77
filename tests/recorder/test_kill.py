# SPDX-License-Identifier: AGPL-3.0-or-later
"""`kill -9` at random moments: at most a second of what had arrived is missing."""

import random
import signal
import time

import pytest

from machimori.footage.naming import SegmentName, parse
from machimori.recorder.arrivals import of_part
from machimori.recorder.testing_place import Place
from machimori.simcity.city import SimCity

ALLOWED = 1.0 + 0.5
"""Seconds: a drain's period, and what a loaded test machine may add."""


def last_saved(place: Place, camera: str) -> float:
    """Arrival of the last chunk on disk, whether its segment was closed or not (s)."""
    found = [0]
    for part in (place.directory / "rec" / "open" / camera).glob("*.part"):
        found.append(of_part(part) or 0)
    for item in place.store.list():
        name = parse(item.name)
        if isinstance(name, SegmentName) and name.camera == camera:
            found.append(name.last)
    return max(found) / 1e6


def killed(place: Place, kills: int, seed: int) -> None:
    dice = random.Random(seed)
    with SimCity(2, codecs=("h264", "mjpeg")) as city:
        cameras = {name: city.url(name) for name in city.cameras}
        place.write(cameras)
        for _ in range(kills):
            process = place.start()
            time.sleep(dice.uniform(0.7, 1.6))
            process.send_signal(signal.SIGKILL)
            died = time.time()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
            for camera in cameras:
                assert died - last_saved(place, camera) < ALLOWED
        process = place.start()
        time.sleep(2.5)
        process.terminate()
        assert process.wait(20) == 0
        assert process.stdout is not None
        process.stdout.close()
    assert place.problems() == []
    report = place.check()
    assert report.segments >= kills
    assert not list((place.directory / "rec" / "open").glob("*/*.part"))


@pytest.mark.alone
def test_twenty_kills(place: Place) -> None:
    killed(place, 20, seed=20)


@pytest.mark.alone
@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills(place: Place) -> None:
    killed(place, 200, seed=200)

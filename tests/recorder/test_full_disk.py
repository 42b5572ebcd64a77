# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file system that is really full: drains go on, the gap says so, and recording resumes."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from machimori.recorder.node import Node
from machimori.recorder.testing_place import Place, until
from machimori.simcity.city import SimCity


@pytest.fixture
def small_disk(place: Place) -> Iterator[Path]:
    """The recorder's directory on a file system of four megabytes (needs root)."""
    mount = place.directory / "rec"
    mount.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m,mode=0755", "machimori-test", str(mount)],
        check=True,
    )
    yield mount
    subprocess.run(["umount", "--lazy", str(mount)], check=True)


@pytest.mark.alone
def test_a_full_disk_costs_a_gap_and_recording_resumes_by_itself(
    place: Place, small_disk: Path
) -> None:
    with SimCity(1, codecs=("mjpeg",), size=(1280, 720)) as city:
        node = Node(place.write({"cam-0001": city.url(1)}, more=["buffer_mb = 8"]))
        node.start()
        (lane,) = node.lanes
        until(lambda: lane.bytes > 0)
        free = os.statvfs(small_disk)
        ballast = small_disk / "ballast"
        with contextlib.suppress(OSError):  # the recorder may have written since
            ballast.write_bytes(bytes(free.f_bavail * free.f_frsize - 65_536))
        until(lambda: node.writers.troubled)
        until(lambda: lane.dropped > 0)
        assert lane.session is not None, "drains go on"
        assert node.blocks.exhausted
        sessions = lane.sessions
        ballast.unlink()
        until(lambda: lane.gap_from is None and not node.writers.troubled)
        before = lane.bytes
        until(lambda: lane.bytes > before)
        assert lane.sessions == sessions
        node.stop()
    assert {"disk_trouble", "disk_recovered", "disk_full"} <= set(node.events.counts)
    assert "disk" in {cause for cause, _ in place.gaps()}
    assert place.problems() == []

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Open parts become durable in time, together or one by one, and errors are told."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from machimori.kernel.durable import Disk
from machimori.kernel.errors import DurabilityError, MachimoriError
from machimori.recorder.part import Part
from machimori.recorder.syncer import Syncer


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class ScriptedDisk(Disk):
    """Notes what is synced; fails as it is told to; says whether all can be synced at once."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__()
        self.whole = whole
        self.synced: list[str] = []
        self.failing = False
        self.takes = 0.0
        """Seconds of a sync of the whole."""

    def syncs_whole(self, path: Path) -> bool:
        assert path.is_dir()
        return self.whole

    def sync_file_system(self, descriptor: int, path: Path) -> None:
        assert os.fstat(descriptor).st_ino == path.stat().st_ino
        time.sleep(self.takes)
        self._note("whole")

    def sync_file(self, descriptor: int, path: Path) -> None:
        assert os.fstat(descriptor).st_ino == path.stat().st_ino
        self._note(path.name)

    def sync_directory(self, path: Path) -> None:
        self._note(path.name)

    def _note(self, what: str) -> None:
        if self.failing:
            raise DurabilityError("scripted")
        self.synced.append(what)


class Setup:
    """A syncer of `every` seconds and parts that are open and written to."""

    def __init__(self, directory: Path, disk: Disk, *, every: float = 0.1) -> None:
        self.directory = directory
        self.outcomes: list[str] = []
        self.syncer = Syncer(disk=disk, on_synced=self._synced, every=every)
        self.parts: list[Part] = []

    def _synced(self, error: OSError | MachimoriError | None) -> None:
        self.outcomes.append("" if error is None else type(error).__name__)

    def add(self, name: str) -> Part:
        part = Part(self.directory / "open" / "cam" / f"{name}.part", 0)
        part.path.parent.mkdir(parents=True, exist_ok=True)
        part.descriptor = os.open(part.path, os.O_WRONLY | os.O_CREAT)
        part.created = part.dirty = True
        self.parts.append(part)
        self.syncer.add(part)
        return part

    def __enter__(self) -> "Setup":
        self.syncer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.syncer.stop()
        self.syncer.thread.join()
        for part in self.parts:
            part.close()


def test_a_local_disk_is_synced_once_for_all_parts(tmp_path: Path) -> None:
    disk = ScriptedDisk(whole=True)
    with Setup(tmp_path, disk) as setup:
        parts = [setup.add("a"), setup.add("b")]
        until(lambda: all(part.durable_name for part in parts))
    assert set(disk.synced) == {"whole"}
    assert all(part.dirty for part in parts), "its publisher syncs what came afterwards"


def test_a_slow_disk_keeps_the_promise_as_long_as_a_sync_takes_less_than_half_of_it(
    tmp_path: Path,
) -> None:
    """Syncs of 0.8 s with 1 s between them would be 0.6 s late."""
    disk = ScriptedDisk(whole=True)
    disk.takes = 0.8
    lags = []
    with Setup(tmp_path, disk, every=2.0) as setup:
        setup.add("a")
        for count in (2, 3):
            until(lambda count=count: disk.synced.count("whole") == count)  # type: ignore[misc]
            until(lambda count=count: len(setup.outcomes) == count)  # type: ignore[misc]
            lags.append(setup.syncer.lag)
    assert min(lags) < 0.3


def test_elsewhere_each_part_is_synced_and_its_name_once(tmp_path: Path) -> None:
    disk = ScriptedDisk(whole=False)
    with Setup(tmp_path, disk) as setup:
        part, other = setup.add("a"), setup.add("b")
        until(lambda: {"a.part", "b.part"} <= set(disk.synced))
        part.dirty = other.dirty = True
        until(lambda: disk.synced.count("a.part") > 1 and disk.synced.count("b.part") > 1)
    assert disk.synced.count("cam") == 2


@pytest.mark.parametrize("whole", [True, False])
def test_parts_that_are_finished_or_lost_are_left_alone(tmp_path: Path, whole: bool) -> None:
    disk = ScriptedDisk(whole=whole)
    setup = Setup(tmp_path, disk)
    setup.add("a").finished = True
    setup.add("b").lost = True
    with setup:
        until(lambda: len(setup.outcomes) > 2)
    assert disk.synced == []


@pytest.mark.parametrize("whole", [True, False])
def test_an_error_is_told_until_a_sync_succeeds(tmp_path: Path, whole: bool) -> None:
    disk = ScriptedDisk(whole=whole)
    disk.failing = True
    setup = Setup(tmp_path, disk)
    part = setup.add("a")
    with setup:
        until(lambda: setup.outcomes.count("DurabilityError") > 1)
        assert not part.durable_name
        disk.failing = False
        until(lambda: setup.outcomes[-1] == "")
        until(lambda: part.durable_name)
    assert setup.outcomes[0] == "DurabilityError"


def test_a_disk_that_took_the_place_of_another_is_opened_anew(tmp_path: Path) -> None:
    """The descriptor of the disk that was there would sync that one for ever."""
    disk = ScriptedDisk(whole=True)
    with Setup(tmp_path, disk) as setup:
        setup.add("a")
        until(lambda: "whole" in disk.synced)
        place = tmp_path / "open"
        subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)
        try:
            part = setup.add("b")
            until(lambda: part.durable_name)
        finally:
            part.close()
            setup.syncer.stop()
            setup.syncer.thread.join()
            subprocess.run(["umount", place], check=True)

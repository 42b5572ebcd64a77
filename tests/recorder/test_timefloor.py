# SPDX-License-Identifier: AGPL-3.0-or-later
"""The clock is believed as far as the rules go, and no further."""

from pathlib import Path

from machimori.footage.testing import SAMPLE_START
from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.instants import TOKYO, Micros
from machimori.recorder.timefloor import TimeFloor

DAY = 86_400_000_000
MINUTE = 60_000_000


def floor(path: Path, clock: ManualClock) -> TimeFloor:
    return TimeFloor(path / "floor.json", clock=clock, disk=Disk(), tz=TOKYO)


def test_a_clock_behind_the_floors_day_seals_nothing_until_it_is_right(tmp_path: Path) -> None:
    clock = ManualClock(SAMPLE_START)
    floor(tmp_path, clock).save()
    clock.set(Micros(SAMPLE_START - 2 * DAY))
    after = floor(tmp_path, clock)
    assert (after.confirmed, "floor" in after.problem) == (False, True)
    after.save()
    clock.set(Micros(SAMPLE_START + MINUTE))
    after.watch(clock.monotonic())
    assert (after.confirmed, after.at(clock.monotonic())) == (True, SAMPLE_START + MINUTE)


def test_a_small_step_is_followed_and_a_large_one_is_not(tmp_path: Path) -> None:
    clock = ManualClock(SAMPLE_START)
    time = floor(tmp_path, clock)
    clock.set(Micros(SAMPLE_START + 4 * MINUTE))
    time.watch(clock.monotonic())
    assert time.at(clock.monotonic()) == SAMPLE_START + 4 * MINUTE
    clock.set(Micros(SAMPLE_START + 30 * DAY))
    time.watch(clock.monotonic())
    assert (time.jumped, time.confirmed) == (True, True)
    clock.advance(1.0)
    time.watch(clock.monotonic())
    assert time.at(clock.monotonic()) == SAMPLE_START + 4 * MINUTE + 1_000_000
    time.confirm()
    time.watch(clock.monotonic())
    assert (time.jumped, time.at(clock.monotonic())) == (False, clock.now())


def test_a_damaged_floor_is_replaced_by_the_files_age(tmp_path: Path) -> None:
    (tmp_path / "floor.json").write_bytes(b"nonsense")
    clock = ManualClock(Micros(1_000_000))
    assert not floor(tmp_path, clock).confirmed

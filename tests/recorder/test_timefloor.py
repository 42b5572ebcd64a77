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
    proposal = time.propose()
    assert (proposal.own, proposal.wall) == (SAMPLE_START + 4 * MINUTE + 1_000_000, clock.now())
    time.keep(proposal)
    assert (time.jumped, time.floor) == (True, 0)
    time.adopt(proposal)
    assert (time.jumped, time.at(clock.monotonic())) == (False, clock.now())
    assert (time.floor, time.steps) == (clock.now(), 2)


def test_a_floor_that_was_kept_for_a_confirmation_does_not_fall_again(tmp_path: Path) -> None:
    clock = ManualClock(SAMPLE_START)
    time = floor(tmp_path, clock)
    clock.set(Micros(SAMPLE_START + 30 * DAY))
    time.watch(clock.monotonic())
    time.keep(time.propose())
    time.save()
    assert floor(tmp_path, clock).floor == SAMPLE_START + 30 * DAY


def test_a_reading_that_was_interrupted_moves_nothing(tmp_path: Path) -> None:
    class Interrupted(ManualClock):
        """A second passes between the reading of the monotonic clock and that of the other."""

        late = 0.0

        def now(self) -> Micros:
            self.advance(self.late)
            return super().now()

    clock = Interrupted(SAMPLE_START)
    time = floor(tmp_path, clock)
    clock.late = 1.0
    time.watch(clock.monotonic())
    clock.late = 0.0
    assert (time.at(clock.monotonic()), time.steps) == (SAMPLE_START + 1_000_000, 0)


def test_a_damaged_floor_is_replaced_by_the_files_age(tmp_path: Path) -> None:
    (tmp_path / "floor.json").write_bytes(b"nonsense")
    clock = ManualClock(Micros(1_000_000))
    assert not floor(tmp_path, clock).confirmed

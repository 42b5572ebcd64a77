# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from machimori.footage.pace import Pace
from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import Micros


@pytest.mark.parametrize(("size", "seconds"), [(0, 10), (20_000, 20)])
def test_whichever_limit_is_reached_first_counts(size: int, seconds: int) -> None:
    clock = ManualClock(Micros(0))
    pace = Pace(clock, operations=10, size=100_000)
    for _ in range(110):
        pace.spend(size=size)
    assert seconds - 0.2 <= clock.monotonic() <= seconds + 2.2


def test_idle_time_is_saved_up_for_a_second_only() -> None:
    clock = ManualClock(Micros(0))
    pace = Pace(clock, operations=10, size=1e9)
    clock.advance(3600)
    for _ in range(30):
        pace.spend()
    assert clock.monotonic() - 3600 == pytest.approx(2)

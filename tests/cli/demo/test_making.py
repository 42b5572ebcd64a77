# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's nights, at whatever time of the day it is made."""

import datetime as dt

import pytest

from machimori.cli.demo.five.making import nights
from machimori.kernel.instants import Micros
from machimori.office.sample.diary import Days, tell

DAYS = Days(today=dt.date(2026, 12, 1))


@pytest.mark.parametrize(
    ("hour", "minute", "last"), [(0, 3, 1), (0, 29, 1), (0, 30, 0), (17, 0, 0)]
)
def test_no_night_is_lived_through_that_is_still_to_come(hour: int, minute: int, last: int) -> None:
    told: list[Micros] = []
    expired: list[Micros] = []
    story = nights(DAYS, 3, lambda: expired.append(told[-1]), until=DAYS.at(0, hour, minute))
    acts = tell([story], arrive=told.append)
    assert told == [DAYS.at(ago, 0, 30) for ago in range(2, last - 1, -1)]
    assert expired == told
    assert acts == len(told)

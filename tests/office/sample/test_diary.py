# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stories are told in the order of time, whoever tells them."""

import datetime as dt

from machimori.kernel.instants import Micros, rfc3339
from machimori.office.sample.diary import Days, Story, tell

DAYS = Days(today=dt.date(2026, 5, 14))


def test_acts_of_all_stories_happen_in_the_order_of_their_instants() -> None:
    clock: list[Micros] = []
    told: list[tuple[str, Micros]] = []

    def story(name: str, *agos: int) -> Story:
        for ago in agos:
            yield DAYS.at(ago, 9)
            told.append((name, clock[-1]))

    stories = [story("a", 5, 3, 1), story("b", 4, 2), story("nobody")]
    assert tell(stories, arrive=clock.append) == 5
    assert [name for name, _ in told] == ["a", "b", "a", "b", "a"]
    assert [at for _, at in told] == clock == sorted(clock)
    assert rfc3339(clock[0]).startswith("2026-05-09T00:00:00")


def test_a_story_that_asks_for_the_past_acts_now() -> None:
    clock: list[Micros] = []

    def late() -> Story:
        yield DAYS.at(2, 12)
        yield DAYS.at(3, 12)

    assert tell([late()], arrive=clock.append) == 2
    assert clock == [DAYS.at(2, 12)] * 2

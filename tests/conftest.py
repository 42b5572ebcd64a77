# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every test has: hypothesis without deadlines, because timed tests lie on shared machines;
and the order, because a long file begun last is waited for by an idle core, and because what was
committed stays."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "machimori",
    # The suite's time is limited; codecs and parsers are fuzzed besides, by the million in a soak.
    max_examples=35,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("machimori")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; then the office; those of its files that leave rows
    in the database come last, in turns with what needs no office: they wait, the others compute."""
    leaving = {item.path for item in items if item.get_closest_marker("commits")}
    long = {item.path for item in items if item.get_closest_marker("long")} - leaving
    office = Path(__file__).parent / "office"
    paths = dict.fromkeys(item.path for item in items)
    others = [path for path in paths if path not in long and not path.is_relative_to(office)]
    turn = {
        path: (number + 1) / len(part)
        for part in ([path for path in paths if path in leaving], others)
        for number, path in enumerate(part)
    }
    items.sort(key=lambda item: (item.path not in long, turn.get(item.path, 0.0)))

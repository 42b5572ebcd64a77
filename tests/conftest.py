# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every test has: hypothesis without deadlines, because timed tests lie on shared machines;
and the order, because a long file begun last is waited for by an idle core."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "machimori",
    # The suite's time is limited; codecs and parsers are fuzzed besides, by the million in a soak.
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("machimori")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)

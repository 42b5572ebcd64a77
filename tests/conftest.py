# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every test has: hypothesis without deadlines, because timed tests lie on shared machines;
and the order, because a long file begun last is waited for by an idle core, and because what was
committed stays."""

import fcntl
import gc
from collections.abc import Iterator

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
    """Begin with the files that take longest; end with those that leave rows in the database."""
    leaving = {item.path for item in items if item.get_closest_marker("commits")}
    items.sort(key=lambda item: (item.path in leaving, item.get_closest_marker("long") is None))


def pytest_collection_finish() -> None:
    """What was collected stays to the end: no search for garbage goes through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def mounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Held by what takes mounts away and by what makes namespaces, which would keep them: one file
    of either at a time, whichever process tests it."""
    with (tmp_path_factory.getbasetemp().parent / "mounts").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

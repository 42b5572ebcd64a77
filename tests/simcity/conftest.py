# SPDX-License-Identifier: AGPL-3.0-or-later
"""A city for the tests of this package: quick loops with a key picture three times a second."""

from collections.abc import Iterator

import pytest

from machimori.simcity.city import SimCity


@pytest.fixture(scope="package")
def city() -> Iterator[SimCity]:
    """Forty cameras of H.264 with a sound track, each with a port of its own.

    A test takes a camera of its own, so that what it does to it meets no other test.
    """
    with SimCity(40, seconds=2.0, rate=30, gop=10, sound=True, report_every=1.0) as city:
        yield city

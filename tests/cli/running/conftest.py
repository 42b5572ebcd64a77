# SPDX-License-Identifier: AGPL-3.0-or-later
"""An installation for a module's tests."""

from collections.abc import Iterator

import pytest

from machimori.cli.running.testing import Installation, installation
from machimori.simcity.city import SimCity


@pytest.fixture(scope="module", name="installation")
def made() -> Iterator[Installation]:
    """Made, with one simulated camera, and not running."""
    with (
        SimCity(1, codecs=("h264",), size=(640, 360)) as camera,
        installation(camera) as found,
    ):
        yield found

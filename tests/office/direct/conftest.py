# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of direct acquisition: 佐賀, whose first camera stands under the agreement."""

import pytest

from machimori.kernel.clock import ManualClock
from machimori.office.direct.testing import Fetching
from machimori.office.provision.testing import Desk


@pytest.fixture
def fetching(office: ManualClock) -> Fetching:
    return Fetching.of(Desk.of(office, profile="saga"), "cam-1")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of provision's tests."""

import pytest

from machimori.kernel.clock import ManualClock
from machimori.office.provision.testing import Desk


@pytest.fixture
def desk(office: ManualClock) -> Desk:
    """堺's rules, everything adopted."""
    return Desk.of(office)

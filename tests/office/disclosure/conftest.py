# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of disclosure's tests."""

import pytest

from machimori.kernel.clock import ManualClock
from machimori.office.disclosure.testing import Window
from machimori.office.provision.testing import Desk


@pytest.fixture
def window(office: ManualClock) -> Window:
    """堺's rules, everything adopted."""
    return Window(desk=Desk.of(office), clock=office)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of the police's tests: 旭川 on a Sunday at 2:14."""

import pytest

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import parse_rfc3339
from machimori.office.police.testing import Station
from machimori.office.provision.testing import Desk


@pytest.fixture
def clock() -> ManualClock:
    """Sunday, a quarter past two in the night."""
    return ManualClock(parse_rfc3339("2026-05-17T02:14:00+09:00"))


@pytest.fixture
def station(office: ManualClock) -> Station:
    return Station.of(Desk.of(office, profile="asahikawa"))

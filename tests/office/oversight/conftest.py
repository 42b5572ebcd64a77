# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of oversight's tests."""

import pytest

from machimori.kernel.clock import ManualClock
from machimori.office.people.models import Person
from machimori.office.provision.testing import Desk


@pytest.fixture
def desk(office: ManualClock) -> Desk:
    """堺's rules, everything adopted."""
    return Desk.of(office)


@pytest.fixture
def operator(desk: Desk) -> Person:
    """Who takes footage out."""
    return desk.cast.person("operator")

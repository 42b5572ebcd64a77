# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of provision's tests."""

from collections.abc import Iterator

import pytest

from machimori.kernel.clock import ManualClock
from machimori.ledger.testing import LedgerProcess
from machimori.office.provision.testing import Desk
from machimori.office.provision.testing_engine import EngineRoom, engine_room


@pytest.fixture
def desk(office: ManualClock) -> Desk:
    """堺's rules, everything adopted."""
    return Desk.of(office)


@pytest.fixture
def room(database: LedgerProcess, clock: ManualClock) -> Iterator[EngineRoom]:
    """A desk with a vault and footage. What happens is committed and stays in the database."""
    with engine_room(database, clock) as made:
        yield made

# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the counter to the first picture with every part real: what the pages approve, opens."""

import datetime as dt
from dataclasses import replace

import pytest

from machimori.evidence.errors import NotDeliverableError
from machimori.evidence.ordering import Order
from machimori.kernel.instants import Micros
from machimori.office.provision.orders import order_of, ordered
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.shared.errors import ActionRefusedError
from machimori.vault.errors import VaultRefusedError


def test_what_the_manager_approved_and_instructed_opens_and_nothing_else(real: EngineDesk) -> None:
    file = real.instructed(last_time="09:57")
    picture = real.look(file, order_of(file))
    assert (picture.frame.width, picture.frame.height) == (160, 96)

    drafted = real.drafted()
    with pytest.raises(ActionRefusedError, match="refuse"):
        order_of(drafted)
    statement = drafted.statement
    assert statement is not None
    with pytest.raises(VaultRefusedError) as refused:
        real.look(drafted, Order(authorisation=statement))
    assert refused.value.reason == "too_few_signers"

    whole = ordered(file)
    assert whole is not None
    later = replace(whole, end=whole.end + dt.timedelta(seconds=1))
    with pytest.raises(ActionRefusedError):
        order_of(file, later)
    with pytest.raises(NotDeliverableError, match="beyond the instruction"):
        real.look(file, replace(order_of(file), end=Micros(real.end + 1)))

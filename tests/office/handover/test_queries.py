# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a case's page asks of the database once there are copies."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.oversight.testing import completed, provided
from machimori.office.provision.testing import Desk

MOST = 20


@pytest.mark.parametrize("made", [provided, completed])
def test_a_case_with_copies_asks_twenty_times_at_most(made: Any, office: ManualClock) -> None:
    """Every paper and section asked for the copies anew, sixteen queries of twenty-nine."""
    desk = Desk.of(office)
    operator = desk.cast.person("operator")
    address = reverse("provision:case", args=[made(desk, operator).case.pk])
    for browser in (desk.browser(operator), desk.browser()):
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(address).status_code == 200
        assert len(asked) <= MOST, "\n".join(one["sql"] for one in asked.captured_queries)

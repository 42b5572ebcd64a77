# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the database itself refuses to the web process."""

import psycopg
import pytest
from psycopg import errors

from machimori.ledger.testing import LedgerProcess


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE office.provision_fact SET state = 'approved'",
        "UPDATE office.provision_fact SET data = '{}'",
        "DELETE FROM office.provision_fact",
        "UPDATE office.provision_case SET scheme_id = 'other'",
        "UPDATE office.provision_numbered SET number = 1",
        "DELETE FROM office.provision_series",
        "UPDATE office.cameras_description SET place = ''",
        "DELETE FROM office.cameras_camera",
    ],
)
def test_facts_cannot_be_rewritten(database: LedgerProcess, statement: str) -> None:
    with (
        psycopg.connect(database.home.conninfo("office")) as connected,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connected.execute(statement)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the database itself refuses to the web process."""

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from psycopg import errors

from machimori.ledger.testing import LedgerProcess
from machimori.office.provision.models import Head
from machimori.office.provision.testing import Desk


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE office.provision_head SET state = 'approved'",
        "INSERT INTO office.provision_head (case_id) VALUES ('c')",
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


def test_the_head_of_a_case_is_what_its_facts_come_to(desk: Desk) -> None:
    file = desk.drafted(place="北口広場")
    head = Head.objects.get(case=file.case)
    assert (head.serial, head.state, head.at) == (2, "under_decision", file.facts[-1].at)
    assert (head.began, head.start) == (file.facts[0].at, file.application.start)
    assert head.words == f"{file.number} 中央警察署 刑事課 山田 太郎 北口広場"


def test_a_page_of_many_cases_takes_no_more_queries_than_one_of_few(
    desk: Desk,
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            for route in ("provision:cases", "people:today"):
                assert desk.browser().get(reverse(route)).status_code == 200
        return len(queries)

    desk.drafted()
    few = asked()
    for _ in range(4):
        desk.drafted()
    assert asked() == few

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the database itself refuses: decisions are facts, a scheme starts once."""

import datetime as dt

import psycopg
import pytest
from django.db import IntegrityError, transaction
from psycopg import errors

from machimori.kernel.clock import ManualClock
from machimori.ledger.testing import LedgerProcess
from machimori.office.people.models import Scheme
from machimori.office.people.testing import Cast
from machimori.office.rules.models import Resolution

DAY = dt.date(2026, 5, 14)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE office.rules_adoption SET value = '1'",
        "UPDATE office.rules_adoption SET reason = ''",
        "DELETE FROM office.rules_adoption",
        "UPDATE office.rules_resolution SET effective_from = now()",
        "DELETE FROM office.rules_resolution",
        "UPDATE office.rules_start SET starts_on = now()",
        "DELETE FROM office.rules_start",
        "UPDATE office.people_scheme SET profile = 'inzai'",
    ],
)
def test_the_web_process_rewrites_no_decision(database: LedgerProcess, statement: str) -> None:
    with (
        psycopg.connect(database.home.conninfo("office")) as connected,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connected.execute(statement)


def test_a_start_is_not_moved(office: ManualClock) -> None:
    cast = Cast.of(office)
    schemes = Scheme.objects.filter(pk=cast.scheme.pk)
    schemes.update(started_on=DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        schemes.update(started_on=DAY + dt.timedelta(days=1))


def test_no_decision_has_effect_before_it_was_taken(office: ManualClock) -> None:
    cast = Cast.of(office)
    with pytest.raises(IntegrityError), transaction.atomic():
        Resolution.objects.create(
            scheme=cast.scheme,
            number_salt=b"",
            adopted_on=DAY,
            effective_from=DAY - dt.timedelta(days=1),
            adopted_by=cast.person(),
            created_at=cast.now,
        )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""A fact and its ledger entry: both, or neither."""

import pytest
from django.db import connection, transaction

from machimori.kernel.clock import ManualClock
from machimori.ledger.entry import Entry
from machimori.ledger.testing import LedgerProcess
from machimori.office.shared.errors import ActionError
from machimori.office.shared.recording import record


def pending(entry: Entry) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM ledger.pending WHERE id = %s::uuid", [entry.id])
        return cursor.fetchone() is not None


def test_an_entry_goes_with_its_transaction(office: ManualClock) -> None:
    kept, lost = (Entry(type="refusal", at=office.now()) for _ in range(2))
    record(kept)
    with transaction.atomic():
        record(lost)
        transaction.set_rollback(True)
    assert (pending(kept), pending(lost)) == (True, False)


def test_outside_a_transaction_nothing_is_recorded(
    database: LedgerProcess, clock: ManualClock
) -> None:
    entry = Entry(type="refusal", at=clock.now())
    with pytest.raises(ActionError):
        record(entry)
    assert not pending(entry)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recording: a ledger entry in the same transaction as the fact that it records."""

from django.db import connection, transaction
from psycopg import Connection

from machimori.ledger.entry import Entry
from machimori.ledger.postgres.pending import append
from machimori.office.shared.errors import ActionError


def record(*entries: Entry) -> None:
    """Append `entries` inside the current atomic block: all commit, or none.

    Raises ActionError outside an atomic block (the entry would be in the ledger although the fact
    may fail), LedgerUnavailableError, MalformedLedgerError.
    """
    if not transaction.get_connection().in_atomic_block:
        raise ActionError(
            "an entry is recorded inside the transaction of its fact",
            where=entries[0].type,
            remedy="wrap the action in transaction.atomic()",
        )
    connection.ensure_connection()
    raw = connection.connection
    assert isinstance(raw, Connection)
    append(raw, entries)

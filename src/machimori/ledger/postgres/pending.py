# SPDX-License-Identifier: AGPL-3.0-or-later
"""Appending: entries go into `ledger.pending` inside the caller's own transaction.

They are sequenced if and only if that transaction commits. Appending is idempotent by the entry's
id, so a caller who does not know whether a commit arrived repeats it. Another entry under a known
id is refused; one that comes while its namesake moves from `pending` to `entry` is not seen here,
and the sequencer keeps it apart (`ledger.rejected`).
"""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import errors

from machimori.ledger.entry import Entry
from machimori.ledger.errors import LedgerUnavailableError, MalformedLedgerError

_APPEND: LiteralString = """
    INSERT INTO ledger.pending (id, body)
    SELECT n.id, n.body FROM unnest(%b::uuid[], %b::bytea[]) WITH ORDINALITY AS n (id, body, place)
    WHERE NOT EXISTS (SELECT FROM ledger.entry AS e WHERE e.id = n.id)
    ORDER BY n.place
    ON CONFLICT (id) DO NOTHING
"""
# The same for one entry: arrays cost more to pack than the rest of the statement.
_APPEND_ONE: LiteralString = """
    INSERT INTO ledger.pending (id, body)
    SELECT %b, %b WHERE NOT EXISTS (SELECT FROM ledger.entry AS e WHERE e.id = %b)
    ON CONFLICT (id) DO NOTHING
"""
_DIFFERENT: LiteralString = """
    SELECT n.id FROM unnest(%b::uuid[], %b::bytea[]) AS n (id, body)
    WHERE EXISTS (SELECT FROM ledger.entry AS e WHERE e.id = n.id AND e.body <> n.body)
       OR EXISTS (SELECT FROM ledger.pending AS p WHERE p.id = n.id AND p.body <> n.body)
    LIMIT 1
"""


def append(connection: "psycopg.Connection[Any]", entries: Sequence[Entry]) -> int:
    """Append entries in the connection's current transaction; how many were not there yet.

    Raises MalformedLedgerError if an entry is too large or another entry has its id, and
    LedgerUnavailableError if the database does not answer; the transaction is then lost.
    """
    ids = [UUID(entry.id) for entry in entries]
    bodies = [entry.encode() for entry in entries]
    return append_encoded(connection, ids, bodies)


def append_encoded(
    connection: "psycopg.Connection[Any]", ids: Sequence[UUID], bodies: Sequence[bytes]
) -> int:
    """`append` for entries that are encoded already, without looking at them."""
    if not ids:
        return 0
    values = (list(ids), list(bodies))
    try:
        if len(ids) == 1:
            one = (ids[0], bodies[0], ids[0])
            added = connection.execute(_APPEND_ONE, one, prepare=True).rowcount
        else:
            added = connection.execute(_APPEND, values).rowcount
        if added < len(ids):
            different = connection.execute(_DIFFERENT, values).fetchone()
            if different:
                raise MalformedLedgerError("another entry has this id", where=different[0].hex)
    except errors.CheckViolation as error:
        raise MalformedLedgerError("the database refuses this entry's form") from error
    except psycopg.OperationalError as error:
        raise unavailable(error) from error
    return added


def unavailable(error: psycopg.Error) -> LedgerUnavailableError:
    """What callers see if the database is down. The driver's text may name hosts: not shown."""
    return LedgerUnavailableError(
        "the ledger's database does not answer; nothing was recorded",
        where=error.sqlstate or type(error).__name__,
        remedy="start it, then repeat this act; entries are not recorded twice",
    )

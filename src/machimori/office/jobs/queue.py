# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue: procrastinate's tables in schema `jobs`, in the database of the office's tables.

Its one task is `run`: which job is all that a row of the queue says, so that the queue holds no
fact and can be emptied. Its SQL files are applied in their order, each once.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from procrastinate import App, SyncPsycopgConnector
from procrastinate.schema import SchemaManager
from psycopg import Connection, sql

SCHEMA: Final = "jobs"
RUN: Final = "machimori.run"
PERIODIC: Final = "machimori.periodic"
QUEUE: Final = "office"

_deferring: Final = App(connector=SyncPsycopgConnector())
"""Never opened: it defers on the connection of the fact's own transaction."""


def put(connected: "Connection[tuple[object, ...]]", job: str, *, lock: str) -> None:
    """Queue a job inside the transaction of this connection."""
    _deferring.configure_task(RUN, queue=QUEUE, lock=lock, connection=connected).defer(job=job)


def upgrade(connected: "Connection[tuple[object, ...]]", *, role: str) -> None:
    """Bring the queue's tables up to date as their owner, and let `role` use them.

    The schema is there. Repeatable.
    """
    with connected.transaction():
        connected.execute("SET LOCAL search_path = jobs")
        connected.execute("CREATE TABLE IF NOT EXISTS applied (name text PRIMARY KEY)")
        known = {row[0] for row in connected.execute("SELECT name FROM applied").fetchall()}
        for name, text in _files().items():
            if name not in known:
                connected.execute(text.encode())
                connected.execute("INSERT INTO applied VALUES (%s)", (name,))
        connected.execute(
            sql.SQL(
                "GRANT USAGE ON SCHEMA jobs TO {role};"
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO {role};"
                "REVOKE INSERT, UPDATE, DELETE ON applied FROM {role};"
                "GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO {role}"
            ).format(role=sql.Identifier(role))
        )


def _files() -> Mapping[str, str]:
    """procrastinate's migrations by name, in order."""
    found = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    return {path.name: path.read_text("utf-8") for path in found}

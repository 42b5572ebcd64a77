# SPDX-License-Identifier: AGPL-3.0-or-later
"""A ledger's database and the roles in it: made at the set-up, and when a backup is restored."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from machimori.ledger.postgres.server import DATABASE


def make_database(superuser: str) -> None:
    """Make the embedded server's database unless it is there."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        exists = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)
        ).fetchone()
        if exists is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def make_roles(
    connection: "psycopg.Connection[Any]", *, owner: str, passwords: Mapping[str, str]
) -> None:
    """The tables' owner, who cannot log in, and the roles that can, with their passwords; what they
    may do with the database. Repeatable."""
    for name in (owner, *passwords):
        make_role(connection, name)
    for name, password in passwords.items():
        # Hashed here, so that the password is not in any statement or log of the server.
        verifier = connection.pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        )
        connection.execute(
            sql.SQL(
                "ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
                " NOBYPASSRLS PASSWORD {}"
            ).format(sql.Identifier(name), sql.Literal(verifier.decode()))
        )
    connection.execute(
        sql.SQL(
            "REVOKE ALL ON DATABASE {database} FROM PUBLIC;"
            "REVOKE ALL ON SCHEMA public FROM PUBLIC;"
            "GRANT CONNECT ON DATABASE {database} TO {roles};"
            "GRANT {owner} TO CURRENT_USER"
        ).format(
            database=sql.Identifier(connection.info.dbname),
            owner=sql.Identifier(owner),
            roles=sql.SQL(", ").join(map(sql.Identifier, passwords)),
        )
    )


def make_role(connection: "psycopg.Connection[Any]", name: str) -> None:
    """A role that cannot log in, unless there is one of this name."""
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))

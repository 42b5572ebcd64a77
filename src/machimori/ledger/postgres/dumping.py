# SPDX-License-Identifier: AGPL-3.0-or-later
"""The embedded database in one file, as of one moment, and back; by PostgreSQL's own programs.

The password goes through the environment, never a command line.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from machimori.ledger.errors import LedgerError
from machimori.ledger.postgres.home import Home
from machimori.ledger.postgres.roles import make_database, make_role, make_roles
from machimori.ledger.postgres.server import DATABASE, SUPERUSER, programs


@contextlib.contextmanager
def administered(home: Home) -> Iterator[str]:
    """The administrator's connection string while the embedded database runs: somebody else's
    server if one answers, or else one of our own."""
    server = home.server()
    admin = server.superuser(DATABASE)
    try:
        psycopg.connect(admin, connect_timeout=5).close()
    except psycopg.OperationalError:
        with server:
            yield admin
    else:
        yield admin


def dump(admin: str, target: Path) -> None:
    """All schemas as of one moment, in pg_dump's own compressed form. Raises LedgerError."""
    _run("pg_dump", admin, f"--file={target}", "--format=custom", "--no-password")


def contents(source: Path) -> list[str]:
    """The lines of a dump's table of contents. Raises LedgerError if it cannot be read."""
    listed = _run("pg_restore", "", "--list", str(source))
    return [line for line in listed.splitlines() if line and not line.startswith(";")]


def restore(home: Home, source: Path) -> None:
    """Fill the new, empty database of `home` from a dump, in one transaction.

    1. the server, made anew with the passwords of `home`; 2. database and roles; 3. the dump.
    Raises LedgerError.
    """
    owners = {line.split()[-1] for line in contents(source)} - {SUPERUSER}
    with home.server() as server:
        make_database(server.superuser())
        admin = server.superuser(DATABASE)
        with psycopg.connect(admin) as connection:
            make_roles(connection, owner=home.owner, passwords=home.passwords())
            for name in sorted(owners):
                make_role(connection, name)
        _run("pg_restore", admin, "--single-transaction", "--exit-on-error", str(source))


def _run(program: str, admin: str, *words: str) -> str:
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    target: list[str] = []
    if admin:
        parts = conninfo_to_dict(admin)
        environment["PGPASSWORD"] = str(parts["password"])
        target = [f"--host={parts['host']}", f"--username={parts['user']}"]
        target.append(f"--dbname={parts['dbname']}")
    done = subprocess.run(
        [os.fspath(programs() / program), *target, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise LedgerError(f"{program} failed: {last[0]}", where=DATABASE)
    return done.stdout

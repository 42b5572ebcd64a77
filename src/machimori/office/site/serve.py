# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori office init` and `serve`: make an office; run database, migrations and web server.

The process that serves starts the embedded database, unless it runs already, and brings the tables
up to date with the superuser's password; the workers are processes of their own that know the
office's role alone.
"""

import contextlib
import importlib
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import psycopg
from django.db import connections
from granian import Granian
from granian.constants import Interfaces

from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.instants import instant
from machimori.ledger.postgres.home import Home
from machimori.ledger.postgres.pending import unavailable
from machimori.ledger.postgres.server import DATABASE
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.errors import OfficeConfigError
from machimori.office.shared.first import First
from machimori.office.site import database as tables
from machimori.office.site.settings import configure
from machimori.office.site.wsgi import load

_LAST_SECONDS = 20
"""What a request may still take once the server is told to end."""
_THREADS = 8
"""Requests that a worker answers at a time; each holds a database connection."""


@contextlib.contextmanager
def database(home: Home, *, start: bool = True) -> Iterator[str | None]:
    """Run the embedded database, unless it runs; yields the administrator's connection string.

    None if the ledger's database is elsewhere: there an administrator upgrades beforehand. Without
    `start` somebody else is to run it. Raises LedgerUnavailableError if it does not answer.
    """
    if home.database is not None:
        yield None
        return
    server = home.server()
    admin = server.superuser(DATABASE)
    try:
        psycopg.connect(admin, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        if not start:
            raise unavailable(error) from error
    else:
        yield admin
        return
    with server:
        yield admin


def upgrade(config: OfficeConfig, home: Home, admin: str) -> None:
    """Bring the tables up to date, in a process of its own that ends with it: nothing else ever
    has the rights of the tables' owner. Raises what `database.upgrade` does."""
    # Not forked: the child must not share a connection with its parent.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        pool.submit(_upgrade, config, home, admin).result()


def _upgrade(config: OfficeConfig, home: Home, admin: str) -> None:
    configure(config, conninfo=tables.prepare(admin, home))
    tables.upgrade(home)


def bring_up_to_date(directory: Path, *, admin: str | None = None) -> None:
    """Bring the tables of the office in `directory` up to date, and nothing else.

    `admin` is the connection string of a role that may create roles and schemas; it is needed if
    the database is elsewhere, and only then. Raises OfficeConfigError, LedgerUnavailableError.
    """
    config = OfficeConfig.read(directory)
    home = Home.read(config.ledger)
    with _administered(home, admin) as administrator:
        upgrade(config, home, administrator)


@contextlib.contextmanager
def _administered(home: Home, admin: str | None) -> Iterator[str]:
    with database(home) as embedded:
        if embedded is None and admin is None:
            raise OfficeConfigError(
                "this database is elsewhere, and its administrator is not given",
                where=str(home.directory),
                remedy="name a file with the administrator's connection string: --admin-file",
            )
        if embedded is not None and admin is not None:
            raise OfficeConfigError(
                "this database is embedded and has no other administrator",
                where=str(home.directory),
                remedy="leave out --admin-file",
            )
        try:
            yield embedded or admin or ""
        except psycopg.OperationalError as error:
            raise unavailable(error) from error


def init(
    config: OfficeConfig, first: First, *, clock: Clock, disk: Disk, admin: str | None = None
) -> str:
    """Make an office; the registration code of its first 管理責任者, to be shown once.

    1. tables; 2. scheme, person, appointment and code in one transaction; 3. `office.json`, last.
    `admin` as in `bring_up_to_date`. Raises OfficeConfigError if there is an office already.
    """
    if (config.directory / "office.json").exists():
        raise OfficeConfigError("there is an office here already", where=str(config.directory))
    disk.make_directory(config.directory)
    config.make_secret(disk)
    for place in (config.store, config.cases):
        # Only here: later a directory that is missing is one that is not mounted.
        if place.suffix != ".toml":
            disk.make_directory(place)
    home = Home.read(config.ledger)
    with _administered(home, admin) as administrator:
        upgrade(config, home, administrator)
        configure(config, conninfo=home.conninfo("office"))
        # Models can be imported only once this process is configured.
        founding = importlib.import_module("machimori.office.people.founding")
        code: str = founding.found(first, at=instant(clock.now()))
        connections.close_all()
    config.save(disk)
    return code


def serve(directory: Path, *, workers: int = 1, start_database: bool = True) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises OfficeConfigError, LedgerUnavailableError."""
    config = OfficeConfig.read(directory)
    if config.certificate is not None and not config.certificate.exists():
        raise OfficeConfigError(
            "the certificate is not there yet",
            where=str(config.certificate),
            remedy="install what the CA gave back: machimori init DIRECTORY --certificate FILE",
        )
    home = Home.read(config.ledger)
    with database(home, start=start_database) as admin:
        # Most starts find what the last one left: a process less before the pages answer.
        if admin is not None and not tables.are_current(admin):
            upgrade(config, home, admin)
        # Not forked: workers must not inherit the superuser's password.
        multiprocessing.set_start_method("spawn", force=True)
        Granian(
            target=str(directory.resolve()),
            address=config.address,
            port=config.port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=_THREADS,
            ssl_cert=config.certificate,
            ssl_key=config.key,
            websockets=False,
            log_access=False,
            respawn_failed_workers=True,
            workers_kill_timeout=_LAST_SECONDS,
        ).serve(target_loader=load)

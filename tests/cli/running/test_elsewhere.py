# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori run` with a database on a server that is not the installation's own."""

import subprocess
import urllib.request
from pathlib import Path

import psycopg
import pytest

from machimori.cli.running.testing import MACHIMORI, WAIT, Installation, installation
from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.ledger.postgres.home import Home
from machimori.ledger.testing import LedgerProcess
from machimori.office.shared.errors import OfficeConfigError
from machimori.simcity.city import SimCity

pytestmark = pytest.mark.long


def test_everything_runs_on_a_database_elsewhere(tmp_path: Path) -> None:
    """The server of another ledger stands in for the city's: a second database in it."""
    with LedgerProcess(tmp_path / "ledger") as server, SimCity(1, codecs=("h264",)) as camera:
        with psycopg.connect(server.server.superuser(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE city")
        with installation(camera, elsewhere=server.server.superuser("city")) as made:
            assert Home.read(made.home.directory).database is not None
            its_administrator_alone_makes_tables(made, server.server.superuser("city"))
            with made.running():
                made.await_event("(everything ready)")
                with urllib.request.urlopen(f"http://localhost:{made.port}/sign-in/") as answer:
                    assert answer.status == 200
                entry = Entry(type="recorder.anchor", at=Micros(1))
                with made.home.ledger() as ledger:
                    ledger.append(entry)
                    ledger.wait(entry.id, timeout=20).verify(entry.encode(), made.home.key)
        # What it did not start, it does not end.
        psycopg.connect(server.url).close()


def its_administrator_alone_makes_tables(made: Installation, superuser: str) -> None:
    """The tables are a version's that knew no sessions yet, and are brought up to date."""
    with psycopg.connect(superuser) as connection:
        connection.execute("DROP TABLE office.django_session")
        connection.execute("DELETE FROM office.django_migrations WHERE app = 'sessions'")
    administrator = ("--admin-file", str(made.directory / "admin"))
    where = ("--directory", str(made.directory / "office"))
    assert office("upgrade", *where).returncode == OfficeConfigError.exit_code
    assert office("upgrade", *where, *administrator).returncode == 0
    refused = office(
        *("init", "--directory", str(made.directory / "another")),
        *("--ledger", str(made.home.directory), "--vault", str(made.vault.socket)),
        *("--store", str(made.directory / "store"), "--cases", str(made.directory / "cases")),
        *("--origin", f"http://localhost:{made.port}", "--port", str(made.port)),
        *("--scheme", "street", "--scheme-name", "街頭防犯カメラ", "--profile", "matsudo"),
        *("--login", "1001", "--name", "松戸 一郎"),
    )
    assert refused.returncode == OfficeConfigError.exit_code
    assert "--admin-file" in refused.stderr


def office(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [*MACHIMORI, "office", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=WAIT, check=False)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori office` beside the ledger's own database, which runs already. Beside one elsewhere:
`running/test_elsewhere.py`."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from machimori.cli.running.testing import free_port
from machimori.ledger.errors import LedgerUnavailableError
from machimori.ledger.postgres.server import DATABASE
from machimori.ledger.testing import LedgerProcess
from machimori.office.shared.errors import OfficeConfigError
from machimori.office.site import database

pytestmark = pytest.mark.long

MACHIMORI = (sys.executable, "-m", "machimori.cli.main")
WAIT = 90.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerProcess]:
    with LedgerProcess(tmp_path_factory.mktemp("office") / "l") as process:
        yield process


def machimori(*words: str) -> "subprocess.CompletedProcess[str]":
    # Django is set up once per process: each of these is one.
    command = [*MACHIMORI, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=WAIT, check=False)


def init(
    directory: Path, ledger: Path, *more: str, port: int
) -> "subprocess.CompletedProcess[str]":
    return machimori(
        *("office", "init", "--directory", str(directory), "--ledger", str(ledger)),
        *("--vault", str(directory / "vault.sock"), "--store", str(directory / "store")),
        *("--cases", str(directory / "cases"), "--port", str(port)),
        *("--origin", f"http://localhost:{port}"),
        *("--scheme", "street", "--scheme-name", "街頭防犯カメラ", "--profile", "matsudo"),
        *("--login", "1001", "--name", "松戸 一郎", *more),
    )


def answers(directory: Path, port: int, *more: str) -> int:
    """Serve the office until its sign-in page answers; the page's status."""
    (directory / "store").mkdir(exist_ok=True)
    (directory / "cases").mkdir(exist_ok=True)
    serving = subprocess.Popen(
        [*MACHIMORI, "office", "serve", "--directory", str(directory), *more]
    )
    deadline = time.monotonic() + WAIT
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://localhost:{port}/sign-in/") as answer:
                    return int(answer.status)
            except urllib.error.URLError:
                assert serving.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
    finally:
        serving.terminate()
        serving.wait(WAIT)


@pytest.fixture(scope="module")
def beside(running: LedgerProcess, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """An office in the ledger's own database: its directory and port."""
    directory, port = tmp_path_factory.mktemp("beside") / "office", free_port()
    assert init(directory, running.directory, port=port).returncode == 0
    return directory, port


def drop_sessions(superuser: str) -> None:
    """The tables as a version had them that knew no sessions yet."""
    with psycopg.connect(superuser) as connection:
        connection.execute("COMMENT ON SCHEMA office IS 'an older edition'")
        connection.execute("DROP TABLE office.django_session")
        connection.execute("DELETE FROM office.django_migrations WHERE app = 'sessions'")


def test_beside_the_ledgers_own_database(running: LedgerProcess, beside: tuple[Path, int]) -> None:
    office, port = beside
    superuser = running.server.superuser(DATABASE)
    assert database.are_current(superuser)
    drop_sessions(superuser)
    assert not database.are_current(superuser)
    # It brings the tables up to date by itself.
    assert answers(office, port, "--without-database") == 200
    assert database.are_current(superuser)
    # What it did not start, it does not end.
    assert running.server.pid is not None
    psycopg.connect(running.url).close()
    admin = office.parent / "admin"
    admin.write_text(superuser)
    where = ("--directory", str(office))
    refused = machimori("office", "upgrade", *where, "--admin-file", str(admin))
    assert refused.returncode == OfficeConfigError.exit_code
    assert "leave out --admin-file" in refused.stderr


def test_a_database_that_is_away_is_said_without_its_address(
    running: LedgerProcess, beside: tuple[Path, int]
) -> None:
    """The last test: the database does not come back."""
    running.server.stop()
    away = machimori("office", "serve", "--directory", str(beside[0]), "--without-database")
    assert away.returncode == LedgerUnavailableError.exit_code
    assert "does not answer" in away.stderr
    assert str(running.server.socket_directory) not in away.stderr

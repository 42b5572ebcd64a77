# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori ledger` from init to proof, with its exit codes."""

import hashlib
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from machimori.cli.main import main
from machimori.kernel.instants import Micros
from machimori.kernel.signing import PublicKey
from machimori.ledger.checkpoint import LogKey, open_checkpoint
from machimori.ledger.entry import Entry
from machimori.ledger.errors import LedgerUnavailableError
from machimori.ledger.postgres.home import Home
from machimori.ledger.postgres.server import DATABASE
from machimori.ledger.proof import Consistency, Inclusion
from machimori.ledger.testing import LedgerProcess
from machimori.policy.retention import RetentionRule
from machimori.vault.client.testing import VaultProcess

MACHIMORI = [sys.executable, "-m", "machimori.cli.main"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerProcess]:
    with LedgerProcess(tmp_path_factory.mktemp("cli") / "l") as process:
        yield process


def anchor(number: int) -> Entry:
    return Entry(type="recorder.anchor", at=Micros(number))


def append_when_up(home: Home, entry: Entry) -> None:
    """Append and prove an entry as soon as the ledger answers."""
    ledger = home.ledger()
    deadline = time.monotonic() + 30
    while True:
        try:
            ledger.append(entry)
            break
        except LedgerUnavailableError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    ledger.wait(entry.id, timeout=20).verify(entry.encode(), home.key)
    ledger.close()


def test_a_database_elsewhere(
    running: LedgerProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server of another ledger stands in for the city's: a second database in it."""
    with psycopg.connect(running.server.superuser(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE city")
    admin = tmp_path / "admin"
    admin.write_text(running.server.superuser("city"))
    where = ["--directory", str(tmp_path / "second")]
    address = f"host={running.server.socket_directory} dbname=city"
    named = ["--name", "second", "--database", address]
    assert main(["ledger", "init", *where, *named]) == 1
    assert main(["ledger", "init", *where, *named, "--admin-file", str(tmp_path / "none")]) == 2
    assert main(["ledger", "init", *where, *named, "--admin-file", str(admin)]) == 0
    sequencer = subprocess.Popen([*MACHIMORI, "ledger", "sequence", *where])
    try:
        append_when_up(Home.read(tmp_path / "second"), anchor(1))
        # Roles are the server's: the second ledger left the first one's as they were.
        append_when_up(running.home, anchor(2))
        for mine, other in ((running.home, "city"), (Home.read(tmp_path / "second"), DATABASE)):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(mine.conninfo("office"), dbname=other)
    finally:
        sequencer.send_signal(signal.SIGINT)
        assert sequencer.wait(30) == 130
    third = ["--directory", str(tmp_path / "third")]
    capsys.readouterr()
    assert main(["ledger", "init", *third, *named, "--admin-file", str(admin)]) == 1
    assert "holds the ledger of another key" in capsys.readouterr().err
    assert not (tmp_path / "third" / "ledger.json").exists()


def test_a_connection_string_that_is_none_is_not_quoted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    admin = tmp_path / "admin"
    admin.write_text("host=localhost hunter2 user=postgres")
    words = ["ledger", "init", "--directory", str(tmp_path / "l"), "--name", "log"]
    words += ["--database", "host=localhost", "--admin-file", str(admin)]
    assert main(words) == 1
    shown = capsys.readouterr().err
    assert "administrator's connection string" in shown
    assert "hunter2" not in shown


@pytest.fixture
def cluster() -> Iterator[Path]:
    """A place of its own: pytest closes its directories to the account that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="machimori-pg-") as directory:
        yield Path(directory) / "pg"


def test_init_and_serve(tmp_path: Path, cluster: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "ledger"
    where = ["--directory", str(directory)]
    named = ["--name", "ledger.city.example.jp"]
    assert main(["ledger", "checkpoint", *where]) == 4
    assert main(["ledger", "init", *where, *named, "--cluster", str(cluster)]) == 0
    key = LogKey.parse(capsys.readouterr().out, PublicKey)
    assert key.name == "ledger.city.example.jp"
    assert main(["ledger", "init", *where, *named]) == 1
    server = subprocess.Popen([*MACHIMORI, "ledger", "serve", *where])
    try:
        append_when_up(Home.read(directory), anchor(1))
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 130


def test_the_vaults_journal_is_carried(
    running: LedgerProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--directory", str(running.directory)]
    socket = str(tmp_path / "v/run/vault.sock")
    assert main(["ledger", "courier", *where, "--vault", socket]) == 4
    with VaultProcess(tmp_path / "v", ledger_key=running.key.vkey()) as vault:
        vault.adopt(
            scheme="scheme",
            retention={"street": RetentionRule(days=14, count_from="next_day")},
            cameras={"cam-0001": "street"},
            recorders={},
        )
        vault.client.close()
        capsys.readouterr()
        assert main(["ledger", "courier", *where, "--vault", socket]) == 0
        assert "entries carried" in capsys.readouterr().out
        assert main(["ledger", "courier", *where, "--vault", socket]) == 0
        assert not capsys.readouterr().out
        records = vault.client.status().records
        vault.client.close()
    assert (running.directory / "vault-carried").read_text() == f"{records}\n"
    types = {Entry.decode(body).type for body in running.ledger.entries()}
    assert {"rules.adopted", "camera.classed"} <= types


def test_status_counts_what_was_rejected_and_shows_none_of_it(
    running: LedgerProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--directory", str(running.directory)]
    assert main(["ledger", "status", *where]) == 0
    assert ", 0 rejected" in capsys.readouterr().out
    entry, after = anchor(7), anchor(8)
    running.ledger.append(entry)
    running.ledger.wait(entry.id)
    forged = b'{"id":"%s","name":"Taro"}' % entry.id.encode()
    with psycopg.connect(running.url) as connection:  # around our own checks
        connection.execute(
            "INSERT INTO ledger.pending (id, body) VALUES (%s, %s)", (UUID(entry.id), forged)
        )
    running.ledger.append(after)
    running.ledger.wait(after.id)
    assert main(["ledger", "status", *where]) == 0
    shown = capsys.readouterr().out
    assert ", 0 waiting, 1 rejected" in shown
    assert f"{entry.id}: another entry has this id" in shown
    assert "ALARM" in shown
    assert main(["ledger", "status", "--json", *where]) == 0
    answer = json.loads(capsys.readouterr().out)
    (row,) = answer["newest_rejected"]
    assert (answer["rejected"], answer["pending"], row["id"]) == (1, 0, entry.id)
    assert row["sha256"] == hashlib.sha256(forged).hexdigest()
    assert "Taro" not in shown + json.dumps(answer)


def test_the_whole_story(
    running: LedgerProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--directory", str(running.directory)]
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    first, second = anchor(1), anchor(2)

    (outbox / "1.json").write_bytes(first.encode())
    assert main(["ledger", "courier", *where, "--outbox", str(outbox)]) == 0
    assert "1 entries carried" in capsys.readouterr().out
    assert not list(outbox.iterdir())

    assert main(["ledger", "checkpoint", *where]) == 0
    kept = tmp_path / "kept"
    kept.write_text(capsys.readouterr().out)
    size = open_checkpoint(kept.read_bytes(), running.key).size

    running.ledger.append(second)
    running.ledger.wait(second.id)
    assert main(["ledger", "prove", *where, "--entry", second.id]) == 0
    proof = Inclusion.decode(capsys.readouterr().out.strip().encode())
    assert proof.verify(second.encode(), running.key).size == size + 1
    assert main(["ledger", "prove", *where, "--since", str(kept)]) == 0
    grown = Consistency.decode(capsys.readouterr().out.strip().encode())
    assert [head.size for head in grown.verify(running.key)] == [size, size + 1]
    assert main(["ledger", "prove", *where, "--entry", "0" * 32]) == 82

    assert main(["ledger", "verify", *where, "--checkpoint", str(kept), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["sound"] is True
    assert report["size"] == report["signed"] == size + 1

    with psycopg.connect(running.server.superuser(DATABASE)) as connection:
        connection.execute(
            "UPDATE ledger.entry SET body = %s WHERE index = %s",
            (Entry(type="refusal", at=Micros(1), id=first.id).encode(), size - 1),
        )
    assert main(["ledger", "verify", *where, "--checkpoint", str(kept)]) == 80
    out = capsys.readouterr().out
    assert out.rstrip().endswith("ALTERED")
    assert f"the kept checkpoint of size {size}: the entries give another root" in out

    running.server.stop()
    assert main(["ledger", "verify", *where]) == 4
    assert main(["ledger", "checkpoint", *where]) == 4
    assert main(["ledger", "courier", *where]) == 2

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sequencer recovers from every crash, and refuses every rollback."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk, Moment
from machimori.kernel.errors import DurabilityError
from machimori.ledger.checkpoint import open_checkpoint
from machimori.ledger.entry import Entry
from machimori.ledger.errors import NotIncludedError, RollbackError
from machimori.ledger.postgres.sequencer import Sequencer
from machimori.ledger.postgres.server import DATABASE
from machimori.ledger.testing import LedgerProcess
from machimori.ledger.verify import verify

MakeEntry = Callable[..., Entry]


@contextmanager
def sequencer_of(process: LedgerProcess, disk: Disk) -> Iterator[Sequencer]:
    """A sequencer in this process, on a disk that may fail."""
    with (
        process.home.signer(disk) as signer,
        psycopg.connect(process.home.conninfo("sequencer"), autocommit=True) as connection,
    ):
        yield Sequencer(connection, signer, SystemClock())


def assert_sound(process: LedgerProcess, *kept: bytes) -> int:
    with process.home.snapshot() as snapshot:
        report = verify(snapshot, kept=kept)
    assert report.sound, report.problems
    assert report.signed == report.size
    return report.size


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerProcess]:
    """A ledger whose sequencer is started by the test, in the test's own process."""
    with LedgerProcess(tmp_path_factory.mktemp("idle") / "l") as process:
        process.stop_sequencer()
        yield process


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["write", "fsync-file", "rename", "fsync-directory"])
def test_a_crash_while_signing(
    idle: LedgerProcess, make_entry: MakeEntry, step: str, moment: Moment
) -> None:
    armed = False

    def fail(taken: str, _path: Path, when: Moment) -> None:
        if armed and (taken, when) == (step, moment):
            raise DurabilityError("power cut")

    entries = [make_entry(number) for number in range(100)]
    with sequencer_of(idle, Disk(fail)) as sequencer:
        size = sequencer.size
        idle.ledger.append(*entries)
        armed = True
        with pytest.raises(DurabilityError):
            sequencer.batch()
    with pytest.raises(NotIncludedError):
        idle.ledger.inclusion(entries[0].id)  # placed, but no checkpoint left the signer
    with sequencer_of(idle, Disk()) as sequencer:
        assert sequencer.size == size + 100
        assert sequencer.batch() == 0
    proof = idle.ledger.inclusion(entries[-1].id)
    assert proof.verify(entries[-1].encode(), idle.key).size == size + 100
    assert_sound(idle, proof.checkpoint)


def test_a_checkpoint_that_only_the_signer_knows(
    idle: LedgerProcess, make_entry: MakeEntry
) -> None:
    entry = make_entry()
    idle.ledger.append(entry)
    with sequencer_of(idle, Disk()) as sequencer:
        sequencer.batch()
    signed = idle.ledger.checkpoint()
    size = open_checkpoint(signed, idle.key).size
    with psycopg.connect(idle.server.superuser(DATABASE)) as connection:
        connection.execute("DELETE FROM ledger.checkpoint WHERE size = %s", (size,))
    with pytest.raises(NotIncludedError):
        idle.ledger.inclusion(entry.id)
    with sequencer_of(idle, Disk()):
        pass
    assert idle.ledger.checkpoint() == signed
    idle.ledger.inclusion(entry.id).verify(entry.encode(), idle.key)


def test_small_batches_over_many_tiles(idle: LedgerProcess, make_entry: MakeEntry) -> None:
    entries = [make_entry(number) for number in range(900)]
    idle.ledger.append(*entries)
    with sequencer_of(idle, Disk()) as sequencer:
        taken = []
        while count := sequencer.batch(limit=130):
            taken.append(count)
    assert taken == [130] * 6 + [120]
    for entry in entries[::90]:
        idle.ledger.inclusion(entry.id).verify(entry.encode(), idle.key)
    assert_sound(idle)


def test_there_is_one_sequencer(running: LedgerProcess, make_entry: MakeEntry) -> None:
    entry = make_entry()
    running.ledger.append(entry)
    running.ledger.wait(entry.id)
    second = subprocess.run(
        [sys.executable, "-m", "machimori.ledger.postgres.process", str(running.directory)],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 4
    assert b"another sequencer runs" in second.stderr
    assert running.sequencer.poll() is None


def rolled_back(process: LedgerProcess, make_entry: MakeEntry, tmp_path: Path) -> bytes:
    """Restore yesterday's database; the newest checkpoint from before that."""
    first = make_entry()
    process.ledger.append(*[make_entry(number) for number in range(300)], first)
    process.ledger.wait(first.id)
    process.stop_sequencer()
    process.server.stop()
    data = process.server.directory / "data"
    shutil.copytree(data, tmp_path / "backup", symlinks=True)
    process.server.start()
    process.start_sequencer()
    second = make_entry()
    process.ledger.append(second)
    newest = process.ledger.wait(second.id).checkpoint
    process.stop_sequencer()
    process.server.stop()
    owner = data.stat()
    shutil.rmtree(data)
    shutil.copytree(tmp_path / "backup", data, symlinks=True)
    for path in [data, *data.rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)
    process.server.start()
    return newest


def test_a_restored_backup_is_refused(
    own: LedgerProcess, make_entry: MakeEntry, tmp_path: Path
) -> None:
    newest = rolled_back(own, make_entry, tmp_path)
    own.start_sequencer()
    assert own.sequencer.wait(20) == RollbackError.exit_code
    assert "shrank from 302 to 301" in own.log()
    # New entries do not help: the tree is as large again, but another one.
    more = [make_entry(number) for number in range(10)]
    own.ledger.append(*more)
    own.start_sequencer()
    assert own.sequencer.wait(20) == RollbackError.exit_code
    with pytest.raises(NotIncludedError):
        own.ledger.wait(more[0].id, timeout=0.2)
    with own.home.snapshot() as snapshot:
        report = verify(snapshot, kept=[newest])
    assert report.problems == ("the kept checkpoint of size 302: the ledger has only 301 entries",)


def test_a_rewritten_past_is_refused(own: LedgerProcess, make_entry: MakeEntry) -> None:
    entries = [make_entry(number) for number in range(20)]
    own.ledger.append(*entries)
    own.ledger.wait(entries[-1].id)
    own.stop_sequencer()
    # Whoever owns the database replaces an entry; the hash column follows by itself.
    forged = Entry(type="rules.adopted", at=entries[4].at, id=entries[4].id)
    with psycopg.connect(own.server.superuser(DATABASE)) as connection:
        connection.execute("UPDATE ledger.entry SET body = %s WHERE index = 4", (forged.encode(),))
    own.start_sequencer()
    assert own.sequencer.wait(20) == RollbackError.exit_code
    assert "not those that were signed" in own.log()

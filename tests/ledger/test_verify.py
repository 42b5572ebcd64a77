# SPDX-License-Identifier: AGPL-3.0-or-later
"""The walk finds whatever somebody who owns the database changes, and says where."""

from collections.abc import Iterator

import psycopg
import pytest

from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.ledger import tree
from machimori.ledger.checkpoint import Checkpoint
from machimori.ledger.entry import Entry
from machimori.ledger.postgres.server import DATABASE
from machimori.ledger.postgres.snapshot import Snapshot
from machimori.ledger.testing import LedgerProcess
from machimori.ledger.verify import Report, verify

COUNT = 700


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerProcess]:
    """A ledger of 700 entries, whose sequencer has stopped."""
    with LedgerProcess(tmp_path_factory.mktemp("verify") / "l") as process:
        for start in range(0, COUNT, 100):
            entries = [Entry(type="refusal", at=Micros(start + n)) for n in range(100)]
            process.ledger.append(*entries)
            process.ledger.wait(entries[-1].id)
        process.stop_sequencer()
        yield process


def walk(process: LedgerProcess, kept: tuple[bytes, ...] = ()) -> Report:
    with process.home.snapshot() as snapshot:
        return verify(snapshot, kept=kept)


def test_a_sound_ledger(filled: LedgerProcess) -> None:
    report = walk(filled, (filled.ledger.checkpoint(),))
    assert report.sound, report.problems
    assert report.size == report.signed == COUNT
    assert report.checkpoints >= 9
    assert filled.ledger.checkpoint().decode().split("\n")[1] == str(COUNT)


FORGERIES = {
    "an entry's body": (
        "UPDATE ledger.entry SET body = convert_to(replace(convert_from(body, 'UTF8'), "
        "'refusal', 'rules.adopted'), 'UTF8') WHERE index = 300",
        "the stored checkpoint of size",
    ),
    "an entry's id": (
        "UPDATE ledger.entry SET id = gen_random_uuid() WHERE index = 5",
        "entry 5: stored under the id of another entry",
    ),
    "no entry at all": (
        "UPDATE ledger.entry SET body = 'no JSON' WHERE index = 5",
        "entry 5: not JSON",
    ),
    "the newest entries are gone": (
        "DELETE FROM ledger.entry WHERE index >= 650",
        "has only 650 entries",
    ),
    "an entry in the middle is gone": (
        "DELETE FROM ledger.entry WHERE index = 400",
        "entry 400: the database numbers it 401",
    ),
    "two entries change places": (
        "UPDATE ledger.entry SET index = -index WHERE index IN (10, 11);"
        "UPDATE ledger.entry SET index = 21 + index WHERE index < 0",
        "gives another root|give another root",
    ),
    "a tile": (
        "UPDATE ledger.tile SET hashes = overlay(hashes placing '\\x00'::bytea from 9)"
        " WHERE number = 1",
        "tile 0/1: its hashes are not the entries'",
    ),
    "a tile's root": (
        "UPDATE ledger.tile SET root = sha256(root) WHERE number = 0",
        "tile 0/0: its hashes are not the entries'",
    ),
    "a tile is gone": (
        "DELETE FROM ledger.tile WHERE number = 0",
        "tile 0/0: the database has 0/1 in its place",
    ),
    "a tile too many": (
        "INSERT INTO ledger.tile SELECT level, 9, hashes, root FROM ledger.tile LIMIT 1",
        "tile 0/9: covers entries that are not there",
    ),
    "a checkpoint's text": (
        "UPDATE ledger.checkpoint SET note = set_byte(note, 39, get_byte(note, 39) # 1)"
        " WHERE size = 300",
        "the stored checkpoint",
    ),
    "a checkpoint under another size": (
        "UPDATE ledger.checkpoint SET size = 100000 WHERE size = 300",
        "stored under another size",
    ),
    "a leaf hash": (
        "ALTER TABLE ledger.entry ALTER COLUMN leaf DROP EXPRESSION;"
        "UPDATE ledger.entry SET leaf = sha256(leaf) WHERE index = 8",
        "entry 8: the stored leaf hash is not the entry's",
    ),
}


@pytest.mark.parametrize("forgery", sorted(FORGERIES))
def test_a_forgery_is_found(filled: LedgerProcess, forgery: str) -> None:
    change, finding = FORGERIES[forgery]
    with psycopg.connect(filled.server.superuser(DATABASE)) as connection:
        connection.execute("ALTER TABLE ledger.entry DROP CONSTRAINT entry_index_check")
        for statement in change.split(";"):
            assert connection.execute(statement).rowcount != 0
        report = verify(Snapshot.within(connection, filled.key))
        connection.rollback()
    assert any(part in problem for problem in report.problems for part in finding.split("|")), (
        report.problems
    )
    assert walk(filled).sound


def test_a_rewritten_ledger_contradicts_a_kept_checkpoint(filled: LedgerProcess) -> None:
    # Somebody who owns database and signer at once can only be caught by what others kept.
    stolen = SigningKey((filled.directory / "signer/key").read_bytes())
    forged = Checkpoint(origin=filled.key.name, size=300, root=bytes(32))
    note = forged.signed(filled.key, stolen)
    report = walk(filled, (note,))
    assert report.problems == ("the kept checkpoint of size 300: the entries give another root",)
    longer = Checkpoint(origin=filled.key.name, size=10**6, root=tree.EMPTY_ROOT)
    assert "has only 700 entries" in walk(filled, (longer.signed(filled.key, stolen),)).problems[0]
    assert not walk(filled, (b"garbage",)).sound

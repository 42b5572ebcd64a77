# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger in a real PostgreSQL: appending, proving, roles, and what happens when it is down."""

import hashlib
from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.ledger.errors import (
    LedgerUnavailableError,
    MalformedLedgerError,
    NotIncludedError,
)
from machimori.ledger.interface import LedgerInterface
from machimori.ledger.postgres import append
from machimori.ledger.testing import LedgerProcess

MakeEntry = Callable[..., Entry]


def test_an_entry_is_proved_within_a_second(running: LedgerProcess, make_entry: MakeEntry) -> None:
    ledger: LedgerInterface = running.ledger
    entry = make_entry()
    ledger.append(entry)
    assert ledger.entry(entry.id) == entry.encode()
    proof = ledger.wait(entry.id, timeout=5)
    head = proof.verify(entry.encode(), running.key)
    assert proof.index < head.size
    assert ledger.entry(entry.id) == entry.encode()
    assert list(ledger.entries(proof.index, proof.index + 1)) == [entry.encode()]


def test_a_batch_keeps_its_order(running: LedgerProcess, make_entry: MakeEntry) -> None:
    entries = [make_entry(number) for number in range(700)]
    running.ledger.append(*entries)
    last = running.ledger.wait(entries[-1].id)
    found = list(running.ledger.entries(last.index - 699, last.index + 1))
    assert found == [entry.encode() for entry in entries]
    for entry in entries[::50]:
        running.ledger.inclusion(entry.id).verify(entry.encode(), running.key)


def test_old_checkpoints_stay_provable(running: LedgerProcess, make_entry: MakeEntry) -> None:
    entry = make_entry()
    running.ledger.append(entry)
    kept = running.ledger.wait(entry.id).checkpoint
    more = [make_entry(number) for number in range(300)]
    running.ledger.append(*more)
    running.ledger.wait(more[-1].id)
    old, new = running.ledger.proof_from(kept).verify(running.key)
    assert new.size >= old.size + 300
    assert running.ledger.consistency(old.size).verify(running.key)[0] == old
    with pytest.raises(NotIncludedError):
        running.ledger.consistency(new.size + 10**6)


def test_appending_again_changes_nothing(running: LedgerProcess, make_entry: MakeEntry) -> None:
    entry = make_entry()
    running.ledger.append(entry)
    running.ledger.append(entry)
    index = running.ledger.wait(entry.id).index
    running.ledger.append(entry)
    after = make_entry()
    running.ledger.append(after)
    assert running.ledger.wait(after.id).index == index + 1
    other = Entry(type="refusal", at=Micros(5), id=entry.id)
    with pytest.raises(MalformedLedgerError, match="another entry has this id"):
        running.ledger.append(make_entry(), other)


def test_one_wrong_entry_refuses_all(running: LedgerProcess, make_entry: MakeEntry) -> None:
    known, fresh = make_entry(), make_entry()
    running.ledger.append(known)
    # One that is sequenced at this very moment is taken, and kept apart by the sequencer.
    running.ledger.wait(known.id)
    with pytest.raises(MalformedLedgerError):
        running.ledger.append(fresh, Entry(type="refusal", at=Micros(5), id=known.id))
    with pytest.raises(NotIncludedError):
        running.ledger.entry(fresh.id)


def test_entries_share_the_callers_fate(running: LedgerProcess, make_entry: MakeEntry) -> None:
    kept, lost = make_entry(), make_entry()
    with psycopg.connect(running.url) as connection:
        append(connection, [lost])
        connection.rollback()
        append(connection, [kept])
    running.ledger.wait(kept.id)
    with pytest.raises(NotIncludedError):
        running.ledger.entry(lost.id)


def test_a_transaction_that_commits_late_is_not_lost(
    running: LedgerProcess, make_entry: MakeEntry
) -> None:
    late, early = make_entry(), make_entry()
    with psycopg.connect(running.url) as connection:
        append(connection, [late])  # takes its place in `pending` first …
        running.ledger.append(early)
        first = running.ledger.wait(early.id).index  # … and is overtaken
        with pytest.raises(NotIncludedError):
            running.ledger.inclusion(late.id)
    proof = running.ledger.wait(late.id)
    assert proof.index > first
    proof.verify(late.encode(), running.key)


def test_the_largest_entry(running: LedgerProcess) -> None:
    overhead = len(Entry(type="refusal", at=Micros(1), data={"x": ""}).encode())
    largest = Entry(type="refusal", at=Micros(1), data={"x": "a" * (65_535 - overhead)})
    running.ledger.append(largest)
    running.ledger.wait(largest.id).verify(largest.encode(), running.key)


DENIED = {
    f"{table}: {name}": statement
    for table in ("pending", "entry", "tile", "checkpoint", "rejected", "turn")
    for name, statement in {
        "delete": f"DELETE FROM ledger.{table}",
        "truncate": f"TRUNCATE ledger.{table}",
        "drop": f"DROP TABLE ledger.{table}",
        "alter": f"ALTER TABLE ledger.{table} ADD COLUMN more int",
        "lock": f"LOCK TABLE ledger.{table} IN EXCLUSIVE MODE",
        "trigger": f"CREATE TRIGGER t BEFORE INSERT ON ledger.{table} EXECUTE FUNCTION now()",
    }.items()
} | {
    "pending: update": "UPDATE ledger.pending SET body = 'x'",
    "pending: update id": "UPDATE ledger.pending SET id = gen_random_uuid()",
    "pending: choose the order": "INSERT INTO ledger.pending (seq, id, body) "
    "OVERRIDING SYSTEM VALUE VALUES (1, gen_random_uuid(), '{}')",
    "entry: update": "UPDATE ledger.entry SET index = 0",
    "entry: insert": "INSERT INTO ledger.entry (index, id, body) "
    "VALUES (0, gen_random_uuid(), '{}')",
    "tile: update": "UPDATE ledger.tile SET root = ''",
    "tile: insert": "INSERT INTO ledger.tile VALUES (0, 0, '', '')",
    "checkpoint: update": "UPDATE ledger.checkpoint SET note = ''",
    "checkpoint: insert": "INSERT INTO ledger.checkpoint VALUES (0, '')",
    "rejected: insert": "INSERT INTO ledger.rejected (id, body) VALUES (gen_random_uuid(), '')",
    "become another": "SET ROLE machimori_sequencer",
    "become the owner": "SET ROLE machimori_ledger",
    "make a role": "CREATE ROLE more",
    "make a table": "CREATE TABLE ledger.more ()",
    "make a table elsewhere": "CREATE TABLE public.more ()",
    "make a temporary table": "CREATE TEMPORARY TABLE more ()",
    "make a schema": "CREATE SCHEMA more",
    "read the server's files": "SELECT pg_read_file('postgresql.conf')",
    "read passwords": "SELECT rolpassword FROM pg_authid",
    "start programs": "COPY ledger.entry TO PROGRAM 'cat'",
    "change the server": "ALTER SYSTEM SET fsync = off",
    "end other sessions": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE usename = 'machimori_sequencer'",
}


@pytest.mark.parametrize("act", sorted(DENIED))
def test_the_office_may_only_append_and_read(running: LedgerProcess, act: str) -> None:
    with (
        psycopg.connect(running.url, autocommit=act == "change the server") as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(DENIED[act])


def test_the_office_may_read(running: LedgerProcess) -> None:
    with psycopg.connect(running.url) as connection:
        for table in ("pending", "entry", "tile", "checkpoint", "rejected"):
            connection.execute(f"SELECT * FROM ledger.{table} LIMIT 1")


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE ledger.entry SET body = ''",
        "DELETE FROM ledger.entry",
        "TRUNCATE ledger.entry",
        "UPDATE ledger.tile SET root = root",
        "DELETE FROM ledger.tile",
        "DELETE FROM ledger.checkpoint",
        "UPDATE ledger.checkpoint SET note = note",
        "UPDATE ledger.pending SET body = ''",
        "INSERT INTO ledger.pending (id, body) VALUES (gen_random_uuid(), '{}')",
        "DELETE FROM ledger.rejected",
        "SET ROLE machimori_ledger",
    ],
)
def test_the_sequencer_may_not_rewrite(running: LedgerProcess, act: str) -> None:
    with (
        psycopg.connect(running.home.conninfo("sequencer")) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(act)


def test_passwords_are_asked_for(running: LedgerProcess) -> None:
    for user in ("postgres", "machimori_office", "machimori_sequencer", "machimori_ledger"):
        for password in ("", "wrong"):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(running.server.conninfo(user, password), connect_timeout=5)
    with psycopg.connect(running.server.superuser()) as connection:
        stored = connection.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL"
        ).fetchall()
        assert len(stored) == 3
        assert all(row[0].startswith("SCRAM-SHA-256$") for row in stored)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    for secret in (running.directory / "secrets").iterdir():
        assert secret.stat().st_mode & 0o777 == 0o600
        assert secret.read_text() not in (running.server.directory / "postgres.log").read_text()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"\xff\xfe",
        b"{}",
        b'{"id":"00000000000000000000000000000000"}',
        b'["id"]',
        b'{"id":"ID"}' + b" " * 65_525,
    ],
)
def test_the_database_refuses_what_is_no_entry(running: LedgerProcess, body: bytes) -> None:
    number = uuid4()
    whole = body.replace(b'"ID"', b'"%s"' % number.hex.encode())
    with psycopg.connect(running.url) as connection, pytest.raises(psycopg.DatabaseError):
        connection.execute("INSERT INTO ledger.pending (id, body) VALUES (%s, %s)", (number, whole))


def test_a_second_entry_under_a_sequenced_id_is_kept_apart(
    running: LedgerProcess, make_entry: MakeEntry
) -> None:
    entry = make_entry()
    running.ledger.append(entry)
    running.ledger.wait(entry.id)
    forged = Entry(type="refusal", at=Micros(9), id=entry.id)
    with psycopg.connect(running.url) as connection:  # around our own checks
        connection.execute(
            "INSERT INTO ledger.pending (id, body) VALUES (%s, %s)",
            (UUID(entry.id), forged.encode()),
        )
    after = make_entry()
    running.ledger.append(after)
    running.ledger.wait(after.id)
    assert running.ledger.entry(entry.id) == entry.encode()
    with psycopg.connect(running.url) as connection:
        rows = connection.execute(
            "SELECT body FROM ledger.rejected WHERE id = %s", (UUID(entry.id),)
        ).fetchall()
    assert rows == [(forged.encode(),)]
    state = running.ledger.state(newest=1)
    assert (state.rejected, state.pending) == (1, 0)
    assert state.signed > 1
    (shown,) = state.newest_rejected
    assert (shown.id, shown.digest) == (entry.id, hashlib.sha256(forged.encode()).hexdigest())


def test_unknown_entries_have_no_proof(running: LedgerProcess) -> None:
    with pytest.raises(NotIncludedError):
        running.ledger.wait("0" * 32, timeout=0.05)
    with pytest.raises(NotIncludedError):
        running.ledger.entry("0" * 32)
    with pytest.raises(MalformedLedgerError):
        running.ledger.inclusion("x")


def test_database_down_fails_closed_and_says_so(own: LedgerProcess, make_entry: MakeEntry) -> None:
    before, after = make_entry(), make_entry()
    own.ledger.append(before)
    own.ledger.wait(before.id)
    own.server.stop()
    for act in (
        lambda: own.ledger.append(after),
        lambda: own.ledger.inclusion(before.id),
        lambda: own.ledger.entry(before.id),
        lambda: own.ledger.checkpoint(),
        lambda: list(own.ledger.entries()),
    ):
        with pytest.raises(LedgerUnavailableError, match="nothing was recorded") as caught:
            act()
        assert caught.value.exit_code == 4
        assert own.home.secret("office") not in str(caught.value)
    own.server.start()
    own.ledger.append(after)
    own.ledger.wait(after.id).verify(after.encode(), own.key)
    own.ledger.inclusion(before.id).verify(before.encode(), own.key)


def test_sequencer_down_means_no_proof_and_nothing_lost(
    own: LedgerProcess, make_entry: MakeEntry
) -> None:
    own.stop_sequencer()
    entry = make_entry()
    own.ledger.append(entry)
    with pytest.raises(NotIncludedError):
        own.ledger.wait(entry.id, timeout=0.3)
    assert own.ledger.pending() == 1
    own.start_sequencer()
    own.ledger.wait(entry.id).verify(entry.encode(), own.key)

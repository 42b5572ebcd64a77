# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the ledger bears: single appends of eight clients, bulk, and a proof out of ten million.

Everything runs against the real thing: embedded PostgreSQL with fsync on, the sequencer as a
process of its own, signer's checkpoint synced for each batch. Nothing is pinned, so clients,
server and sequencer share the machine's cores.

- `append_per_s`: eight client processes, each one entry a transaction and one transaction at a
  time (no pipelining), through `Ledger.append`, building and encoding of the entry included.
- `append_lag_s`: meanwhile a ninth client appends an entry and asks for its proof until a signed
  checkpoint covers it; the greatest delay of a run.
- `bulk_per_s`: two clients append encoded entries, 5,000 a transaction, as the courier does;
  from the first append until a signed checkpoint covers the last.
- `proof_ms_10m`: `Ledger.inclusion` of entries chosen at random, from the call to the proof.

The ten million entries are not appended one by one: the database's owner generates the smallest
entries that there are inside PostgreSQL, with the uniqueness of ids indexed afterwards, and the
tiles are computed from the leaf hashes as the sequencer would; then an ordinary sequencer starts,
recomputes the right edge and signs the tree.
"""

import multiprocessing
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.ledger.postgres.home import Home
from machimori.ledger.postgres.pending import append_encoded
from machimori.ledger.postgres.server import DATABASE
from machimori.ledger.testing import LedgerProcess
from machimori.ledger.tiles import TileTree
from machimori.simcity.bench.figures import Figure

CLIENTS = 8
BULK_CLIENTS = 2
TRANSACTION = 5_000
MILLIONS = 10_000_000

_spawn = multiprocessing.get_context("spawn")


def run(*, quick: bool = False) -> list[Figure]:
    """Measure. `quick` takes seconds: two single clients, and a proof out of 20,000."""
    runs, seconds, clients = (1, 0.5, 2) if quick else (5, 4.0, CLIENTS)
    with tempfile.TemporaryDirectory(prefix="machimori-bench-") as directory:
        with LedgerProcess(Path(directory) / "a") as process:
            singles = [_singles(process, seconds, clients) for _ in range(runs)]
            bulk = [_bulk(process, 10_000 if quick else 200_000) for _ in range(runs)]
        with LedgerProcess(Path(directory) / "b") as process:
            proofs = _proofs(process, 20_000 if quick else MILLIONS, runs)
    return [
        Figure(
            name="append_per_s",
            unit="entries/s",
            better="more",
            samples=tuple(rate for rate, _ in singles),
            must=2_000,
            aim=5_000,
        ),
        Figure(
            name="append_lag_s",
            unit="s",
            better="less",
            samples=tuple(lag for _, lag in singles),
            must=1.0,
        ),
        Figure(
            name="bulk_per_s",
            unit="entries/s",
            better="more",
            samples=tuple(bulk),
            must=20_000,
            aim=50_000,
        ),
        Figure(
            name="proof_ms_10m", unit="ms", better="less", samples=tuple(proofs), must=5.0, aim=1.0
        ),
    ]


def _singles(process: LedgerProcess, seconds: float, count: int) -> tuple[float, float]:
    """Entries a second of `count` clients together, and the greatest delay until a proof."""
    ready = _spawn.Barrier(count + 1, timeout=60)
    counts: Any = _spawn.Queue()
    clients = [
        _spawn.Process(target=_client, args=(process.directory, seconds, ready, counts))
        for _ in range(count)
    ]
    for client in clients:
        client.start()
    ready.wait()
    started = time.monotonic()
    lags = []
    while time.monotonic() - started < seconds:
        probe = Entry(type="refusal", at=Micros(0))
        process.ledger.append(probe)
        asked = time.monotonic()
        process.ledger.wait(probe.id, timeout=60)
        lags.append(time.monotonic() - asked)
    total = sum(counts.get() for _ in clients)
    for client in clients:
        client.join()
    return (total + len(lags)) / seconds, max(lags)


def _client(directory: Path, seconds: float, ready: Any, counts: Any) -> None:
    with Home.read(directory).ledger() as ledger:
        ledger.checkpoint()  # connected
        ready.wait()
        end = time.monotonic() + seconds
        count = 0
        while time.monotonic() < end:
            entry = Entry(
                type="release.requested",
                at=Micros(count),
                subject={"case": "c-104", "officer": "o-17"},
                data={"authorisation": "ab" * 32, "challenge": "cd" * 32},
            )
            ledger.append(entry)
            count += 1
        counts.put(count)


def _bulk(process: LedgerProcess, count: int) -> float:
    """Entries a second, from the first append until the last is covered by a checkpoint."""
    ready = _spawn.Barrier(BULK_CLIENTS + 1, timeout=60)
    last: Any = _spawn.Queue()
    share = count // BULK_CLIENTS
    clients = [
        _spawn.Process(target=_bulk_client, args=(process.directory, share, ready, last))
        for _ in range(BULK_CLIENTS)
    ]
    for client in clients:
        client.start()
    ready.wait()
    started = time.monotonic()
    for _ in clients:
        process.ledger.wait(last.get(), timeout=120)
    ended = time.monotonic()
    for client in clients:
        client.join()
    return share * BULK_CLIENTS / (ended - started)


def _bulk_client(directory: Path, count: int, ready: Any, last: Any) -> None:
    entries = [
        Entry(type="recorder.anchor", at=Micros(number), data={"root": "ab" * 32})
        for number in range(count)
    ]
    encoded = [(UUID(entry.id), entry.encode()) for entry in entries]
    with psycopg.connect(Home.read(directory).conninfo("office")) as connection:
        ready.wait()
        for start in range(0, count, TRANSACTION):
            part = encoded[start : start + TRANSACTION]
            append_encoded(connection, [item[0] for item in part], [item[1] for item in part])
            connection.commit()
    last.put(entries[-1].id)


def _proofs(process: LedgerProcess, size: int, runs: int) -> list[float]:
    """The median milliseconds of a proof, in each run, out of a tree of `size`."""
    process.stop_sequencer()
    build(process, size)
    process.start_sequencer()
    newest = Entry(type="refusal", at=Micros(0))
    process.ledger.append(newest)
    assert process.ledger.wait(newest.id, timeout=120).index == size
    chance = random.Random(10)
    medians = []
    for _ in range(runs):
        times = []
        for _ in range(400):
            entry_id = generated_id(chance.randrange(size))
            asked = time.perf_counter()
            proof = process.ledger.inclusion(entry_id)
            times.append((time.perf_counter() - asked) * 1_000)
            proof.verify(process.ledger.entry(entry_id), process.key)
        medians.append(statistics.median(times))
    return medians


def generated_id(index: int) -> str:
    """The id of the generated entry number `index`."""
    return f"{index:032x}"


def build(process: LedgerProcess, size: int) -> None:
    """Fill the log with `size` generated entries and their tiles, as the database's owner can."""
    with psycopg.connect(process.server.superuser(DATABASE), autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'; SET synchronous_commit = off")
        connection.execute("TRUNCATE ledger.checkpoint")
        connection.execute("ALTER TABLE ledger.entry DROP CONSTRAINT entry_id_key")
        connection.execute(
            """
            INSERT INTO ledger.entry (index, id, body)
            SELECT n, lpad(to_hex(n), 32, '0')::uuid,
                   convert_to('{"id":"' || lpad(to_hex(n), 32, '0') || '"}', 'UTF8')
              FROM generate_series(0::int8, %b - 1) AS n
            """,
            (size,),
        )
        connection.execute("ALTER TABLE ledger.entry ADD CONSTRAINT entry_id_key UNIQUE (id)")
        connection.execute("VACUUM ANALYZE ledger.entry")
        _build_tiles(connection)
        connection.execute("VACUUM ANALYZE ledger.tile")


def _build_tiles(connection: "psycopg.Connection[Any]") -> None:
    grown = TileTree()
    with (
        connection.transaction(),
        connection.cursor("leaves", binary=True) as leaves,
        connection.cursor() as writer,
    ):
        leaves.itersize = 256
        leaves.execute(
            "SELECT string_agg(leaf, ''::bytea ORDER BY index) FROM ledger.entry"
            " GROUP BY index / 256 ORDER BY index / 256"
        )
        made = [tile for (hashes,) in leaves for tile in grown.extend(hashes)]
        with writer.copy(
            "COPY ledger.tile (level, number, hashes, root) FROM STDIN (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["int2", "int8", "bytea", "bytea"])
            for tile in made:
                copy.write_row((tile.row.level, tile.row.number, tile.hashes, tile.root))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sequencer: gives committed entries their indices, extends the tree, has it signed.

A batch, step by step; what a crash after each step leaves is what `recover` starts from, and
`recover` is how every sequencer starts:

1. lock `ledger.turn`, so that no second sequencer works on this database;
2. in one statement take rows out of `pending` and place them in `entry`: a row of a transaction
   that commits late is simply not there yet and comes with a later batch, so none is lost and
   none is placed twice;
3. store the tiles that they complete; 4. commit (synced by PostgreSQL);
5. the signer compares with its own last checkpoint, signs and stores it (synced);
6. store the checkpoint; 7. commit.

After a crash between 4 and 5 there are entries without a checkpoint: signed at the next start.
Between 5 and 7 the signer knows a checkpoint that the database lacks: it hands out the same one.
If the database lost entries that were signed, the signer refuses for ever (RollbackError).
"""

from typing import Any, LiteralString

import psycopg

from machimori.kernel.clock import Clock
from machimori.ledger import tree
from machimori.ledger.postgres.rows import read_edges, read_proof
from machimori.ledger.signer import Signer
from machimori.ledger.tiles import TileTree

BATCH = 20_000
"""Entries placed in one transaction at most."""

INTERVAL = 0.05
"""Seconds between batches: the wait for a proof against the cost of a signature."""

IDLE = 0.1
"""Seconds between looks at an empty table."""

_WAITING: LiteralString = "SELECT EXISTS (SELECT FROM ledger.pending)"
"""Ten times a second in an idle city: half of what a batch of nothing costs, and no lock."""

# Plans are pinned: `entry` may have ten million rows when `pending` has one or twenty thousand,
# and statistics of a table that is always being emptied mean nothing.
_SESSION: LiteralString = """
    SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off;
    SET jit = off; SET lock_timeout = '10s'; SET synchronous_commit = on
"""
_TURN: LiteralString = "LOCK TABLE ledger.turn IN EXCLUSIVE MODE"
_PLACE: LiteralString = """
    WITH claimed AS (
        DELETE FROM ledger.pending
         WHERE seq = ANY (ARRAY(SELECT seq FROM ledger.pending ORDER BY seq LIMIT %(limit)b))
        RETURNING seq, id, body
    ), fresh AS (
        SELECT c.seq, c.id, c.body FROM claimed AS c
         WHERE NOT EXISTS (SELECT FROM ledger.entry AS e WHERE e.id = c.id)
    ), clashing AS (
        INSERT INTO ledger.rejected (id, body)
        SELECT c.id, c.body FROM claimed AS c JOIN ledger.entry AS e ON e.id = c.id
         WHERE e.body <> c.body
    ), placed AS (
        INSERT INTO ledger.entry (index, id, body)
        SELECT %(size)b::int8 - 1 + row_number() OVER (ORDER BY seq), id, body FROM fresh
        RETURNING index, leaf
    )
    SELECT (SELECT count(*) FROM claimed),
           coalesce((SELECT string_agg(leaf, '' ORDER BY index) FROM placed), '')
"""


class Sequencer:
    """Sequences one ledger through one connection. `run` until it raises; then make another."""

    def __init__(self, connection: "psycopg.Connection[Any]", signer: Signer, clock: Clock) -> None:
        self._connection = connection
        self._signer = signer
        self._clock = clock
        with connection.transaction():
            connection.execute(_SESSION)
        self._tree = TileTree()
        self._recover()

    @property
    def size(self) -> int:
        """Entries in the tree."""
        return self._tree.size

    def batch(self, limit: int = BATCH) -> int:
        """Sequence up to `limit` pending entries and sign; how many rows were taken.

        Raises psycopg.Error, RollbackError, DurabilityError; the sequencer is then spent.
        """
        size = self._tree.size
        with self._connection.transaction():
            self._connection.execute(_TURN)
            row = self._connection.execute(
                _PLACE, {"limit": limit, "size": size}, prepare=True, binary=True
            ).fetchone()
            assert row is not None
            taken, leaves = row
            if leaves:
                self._store_tiles(leaves)
        if leaves:
            self._sign()
        return int(taken)

    def run(self, interval: float = INTERVAL) -> None:
        """Sequence for ever. A batch that was full is followed by the next at once."""
        while True:
            started = self._clock.monotonic()
            taken = self.batch() if self._waiting() else 0
            if taken < BATCH:
                pause = interval if taken else max(interval, IDLE)
                self._clock.sleep(max(0.0, started + pause - self._clock.monotonic()))

    def _waiting(self) -> bool:
        row = self._connection.execute(_WAITING, prepare=True).fetchone()
        assert row is not None
        return bool(row[0])

    def _recover(self) -> None:
        with self._connection.transaction():
            self._connection.execute(_TURN)
            row = self._connection.execute(
                "SELECT coalesce(max(index) + 1, 0) FROM ledger.entry"
            ).fetchone()
            assert row is not None
            self._tree = TileTree(row[0], read_edges(self._connection, row[0]))
        self._sign()

    def _store_tiles(self, leaves: bytes) -> None:
        tiles = self._tree.extend(leaves)
        if tiles:
            self._connection.execute(
                "INSERT INTO ledger.tile (level, number, hashes, root) SELECT * FROM"
                " unnest(%b::int2[], %b::int8[], %b::bytea[], %b::bytea[])",
                (
                    [tile.row.level for tile in tiles],
                    [tile.row.number for tile in tiles],
                    [tile.hashes for tile in tiles],
                    [tile.root for tile in tiles],
                ),
            )

    def _sign(self) -> None:
        size, last = self._tree.size, self._signer.last()[0].size
        # A tree that shrank has no proof; the signer says so.
        plan = tree.consistency_plan(last, size) if last <= size else []
        with self._connection.transaction():
            note = self._signer.sign(
                size=size,
                root=self._tree.root(),
                path=read_proof(self._connection, plan, size),
            )
            self._connection.execute(
                "INSERT INTO ledger.checkpoint (size, note) VALUES (%s, %s)"
                " ON CONFLICT (size) DO NOTHING",
                (size, note),
            )

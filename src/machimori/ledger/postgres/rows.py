# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading the stored tree: rows of hashes for proofs, one query for each proof."""

from collections.abc import Iterable
from typing import Any, LiteralString

import psycopg

from machimori.ledger import tiles, tree
from machimori.ledger.errors import AlteredLedgerError
from machimori.ledger.tiles import ROW_BYTES, WIDTH, Row

_MAX_ROWS = 1_000  # 8 MB
_MAX_NODES = 50_000  # 8 MB

# Full rows are tiles; of the unfinished ones, level 0 is made of leaves, the others of roots.
_ROWS: LiteralString = """
    SELECT t.level, t.number, t.hashes
      FROM unnest(%(levels)b::int2[], %(numbers)b::int8[]) AS r (level, number)
      JOIN ledger.tile AS t ON t.level = r.level AND t.number = r.number
    UNION ALL
    SELECT 0, r.first / 256, h.hashes
      FROM unnest(%(leaf_first)b::int8[], %(leaf_end)b::int8[]) AS r (first, last),
           LATERAL (SELECT string_agg(e.leaf, '' ORDER BY e.index) AS hashes
                      FROM ledger.entry AS e WHERE e.index >= r.first AND e.index < r.last) AS h
    UNION ALL
    SELECT r.level + 1, r.first / 256, h.hashes
      FROM unnest(%(root_level)b::int2[], %(root_first)b::int8[], %(root_end)b::int8[])
           AS r (level, first, last),
           LATERAL (SELECT string_agg(t.root, '' ORDER BY t.number) AS hashes
                      FROM ledger.tile AS t
                     WHERE t.level = r.level AND t.number >= r.first AND t.number < r.last) AS h
"""


def read_rows(
    connection: "psycopg.Connection[Any]", rows: Iterable[Row], size: int
) -> dict[Row, bytes]:
    """The hashes of rows as they stand in a tree of `size` leaves, 32 bytes each.

    Raises AlteredLedgerError if the database lacks some of them.
    """
    wanted = {row: tiles.width(row, size) for row in rows}
    full = [row for row, count in wanted.items() if count == WIDTH]
    partial = [(row, row.number * WIDTH) for row, count in wanted.items() if 0 < count < WIDTH]
    leaves = [(first, first + wanted[row]) for row, first in partial if row.level == 0]
    roots = [(row.level - 1, first, first + wanted[row]) for row, first in partial if row.level > 0]
    parameters = {
        "levels": [row.level for row in full],
        "numbers": [row.number for row in full],
        "leaf_first": [first for first, _ in leaves],
        "leaf_end": [end for _, end in leaves],
        "root_level": [level for level, _, _ in roots],
        "root_first": [first for _, first, _ in roots],
        "root_end": [end for _, _, end in roots],
    }
    found = {
        Row(level, number): hashes or b""
        for level, number, hashes in connection.execute(
            _ROWS, parameters, prepare=True, binary=True
        )
    }
    for row, count in wanted.items():
        if len(found.setdefault(row, b"")) != count * (ROW_BYTES // WIDTH):
            raise AlteredLedgerError(
                "the stored tree has a hole", where=f"level {row.level}, row {row.number}"
            )
    return found


class HashCache:
    """Hashes of complete nodes: they never change, so what was read once need not be read again.

    Rows above level 0 are kept whole (10 million entries have 154 of them), nodes above them and
    at the tree's right edge as they were computed. Both are dropped when they become many. A wrong
    hash in here can only make a proof fail: every proof is checked against a signed root.
    """

    def __init__(self) -> None:
        self.rows: dict[Row, bytes] = {}
        self.nodes: dict[tree.Node, bytes] = {}

    def keep(self, rows: dict[Row, bytes], nodes: dict[tree.Node, bytes]) -> None:
        """Remember what is worth it."""
        if len(self.rows) > _MAX_ROWS:
            self.rows.clear()
        if len(self.nodes) > _MAX_NODES:
            self.nodes.clear()
        self.rows.update(
            (row, hashes) for row, hashes in rows.items() if row.level and len(hashes) == ROW_BYTES
        )
        self.nodes.update(
            (node, value)
            for node, value in nodes.items()
            if node.level >= 8 or len(rows[tiles.row_of(node)]) < ROW_BYTES
        )


def read_proof(
    connection: "psycopg.Connection[Any]",
    plan: tree.Plan,
    size: int,
    cache: HashCache | None = None,
) -> tuple[bytes, ...]:
    """The proof that a plan describes, in a tree of at least `size` leaves that covers it."""
    cache = cache or HashCache()
    missing = [node for part in plan for node in part if node not in cache.nodes]
    wanted = tiles.rows_of([missing])
    rows = {row: cache.rows[row] for row in wanted if row in cache.rows}
    if len(rows) < len(wanted):
        rows |= read_rows(connection, wanted - rows.keys(), size)
    nodes = {node: tiles.node_hash_from(rows, node) for node in missing}
    proof = tuple(
        tree.fold([nodes[node] if node in nodes else cache.nodes[node] for node in part])
        for part in plan
    )
    cache.keep(rows, nodes)
    return proof


def read_edges(connection: "psycopg.Connection[Any]", size: int) -> list[bytes]:
    """Every level's unfinished row in a tree of `size` leaves, from level 0 upwards."""
    edge_rows = []
    level = 0
    while size >> (8 * level):
        edge_rows.append(Row(level, (size >> (8 * level)) // WIDTH))
        level += 1
    found = read_rows(connection, edge_rows, size)
    return [found[row] for row in edge_rows]

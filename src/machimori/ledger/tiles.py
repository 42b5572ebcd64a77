# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tree as tiles of 256 hashes (C2SP tlog-tiles, height 8): how it is stored and extended.

Row (level, index) holds the hashes of the nodes 256·index … 256·index + 255 at tree level
8·level. A full row never changes again and is stored as a tile together with its root, which is
one hash of the row above. The one unfinished row of each level needs no storage of its own: at
level 0 it is the leaf hashes of the newest entries, above it the roots of the newest tiles. So
nothing is ever overwritten, and a proof out of millions of entries reads a row per level.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from machimori.ledger import tree
from machimori.ledger.tree import HASH_SIZE, Node, Plan

WIDTH: Final = 256
ROW_BYTES: Final = WIDTH * HASH_SIZE


class Row(NamedTuple):
    """The place of a row of up to 256 hashes."""

    level: int
    number: int

    def completed_at(self) -> tuple[int, int]:
        """Sorts rows by the size of tree that fills them, then by level."""
        return (self.number + 1) << (8 * (self.level + 1)), self.level


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A full row: 8,192 bytes of hashes, and the root over them."""

    row: Row
    hashes: bytes
    root: bytes


def row_of(node: Node) -> Row:
    """The row from which a node's hash is read or computed."""
    level, rest = divmod(node.level, 8)
    return Row(level, (node.place << rest) // WIDTH)


def rows_of(plan: Plan) -> set[Row]:
    """Every row that a proof's plan needs."""
    return {row_of(node) for part in plan for node in part}


def width(row: Row, size: int) -> int:
    """How many hashes a row has in a tree of `size` leaves: 0 to 256."""
    return max(0, min(WIDTH, (size >> (8 * row.level)) - row.number * WIDTH))


def node_hash_from(rows: Mapping[Row, bytes], node: Node) -> bytes:
    """A node's hash out of its row. Raises KeyError if the row lacks it."""
    rest = node.level % 8
    start = ((node.place << rest) % WIDTH) * HASH_SIZE
    run = rows[row_of(node)][start : start + (HASH_SIZE << rest)]
    if len(run) != HASH_SIZE << rest:
        raise KeyError(node)
    return tree.complete_root(run)


class TileTree:
    """The right edge of a stored tree: each level's unfinished row. Memory is O(log size)."""

    def __init__(self, size: int = 0, edges: Iterable[bytes] = ()) -> None:
        """Resume at `size` with the unfinished rows from level 0 upwards; raises ValueError."""
        self._edges = [bytearray(edge) for edge in edges]
        self.size = size
        for level, edge in enumerate(self._edges):
            row = Row(level, (size >> (8 * level)) // WIDTH)
            if len(edge) != width(row, size) * HASH_SIZE:
                raise ValueError(f"the edge of level {level} does not fit the size {size}")
        if size >> (8 * len(self._edges)):
            raise ValueError("edges are missing")

    def extend(self, leaves: bytes) -> list[Tile]:
        """Add concatenated leaf hashes; the tiles that they completed, in that order."""
        tiles: list[Tile] = []
        self.size += len(leaves) // HASH_SIZE
        level, added = 0, bytes(leaves)
        while added:
            if level == len(self._edges):
                self._edges.append(bytearray())
            edge = self._edges[level]
            edge += added
            full = len(edge) // ROW_BYTES
            first = (self.size >> (8 * level)) // WIDTH - full
            roots = bytearray()
            for number in range(full):
                hashes = bytes(edge[number * ROW_BYTES : (number + 1) * ROW_BYTES])
                root = tree.complete_root(hashes)
                tiles.append(Tile(row=Row(level, first + number), hashes=hashes, root=root))
                roots += root
            del edge[: full * ROW_BYTES]
            level, added = level + 1, bytes(roots)
        return sorted(tiles, key=lambda tile: tile.row.completed_at())

    def root(self) -> bytes:
        """The tree head over everything so far."""
        peaks: list[bytes] = []
        for edge in reversed(self._edges):
            start, end = 0, len(edge) // HASH_SIZE
            while start < end:
                run = 1 << ((end - start).bit_length() - 1)
                peaks.append(
                    tree.complete_root(bytes(edge[start * HASH_SIZE : (start + run) * HASH_SIZE]))
                )
                start += run
        return tree.fold(peaks)

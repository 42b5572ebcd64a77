# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tiles give the same roots and proofs as the tree that they store, however it grew."""

import hashlib
from functools import lru_cache, partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.ledger import tiles, tree
from machimori.ledger.tiles import ROW_BYTES, WIDTH, Row, TileTree

SIZE = 3 * WIDTH * WIDTH // 2 + 77


def leaf(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


@lru_cache
def leaves() -> bytes:
    return b"".join(leaf(number) for number in range(SIZE))


@lru_cache
def nodes() -> dict[tree.Node, bytes]:
    found: dict[tree.Node, bytes] = {}
    frontier = tree.Frontier(found.__setitem__)
    for number in range(SIZE):
        frontier.push(leaf(number))
    return found


def stored_rows(size: int) -> dict[Row, bytes]:
    """The rows of a tree of `size`, as a store would give them."""
    rows: dict[Row, bytes] = {}
    level = 0
    while size >> (8 * level):
        count = size >> (8 * level)
        for number in range(-(-count // WIDTH)):
            row = Row(level, number)
            rows[row] = b"".join(
                nodes()[tree.Node(8 * level, place)]
                for place in range(number * WIDTH, number * WIDTH + tiles.width(row, size))
            )
        level += 1
    return rows


def edges(size: int) -> list[bytes]:
    rows = stored_rows(size)
    found = []
    level = 0
    while size >> (8 * level):
        found.append(rows.get(Row(level, (size >> (8 * level)) // WIDTH), b""))
        level += 1
    return found


@given(st.lists(st.integers(1, 700), min_size=1, max_size=12))
def test_growth_in_any_steps_gives_the_same_tree(steps: list[int]) -> None:
    grown = TileTree()
    made: list[tiles.Tile] = []
    for step in steps:
        start = grown.size * 32
        made += grown.extend(leaves()[start : start + step * 32])
        plan = tree.root_plan(grown.size)
        assert grown.root() == tree.fold([nodes()[node] for node in plan])
    order = [tile.row.completed_at() for tile in made]
    assert order == sorted(order)
    for tile in made:
        assert len(tile.hashes) == ROW_BYTES
        place = tile.row.number
        assert tile.root == nodes()[tree.Node(8 * (tile.row.level + 1), place)]


@given(st.integers(0, SIZE), st.integers(0, 700))
def test_resuming_continues_the_tree(size: int, step: int) -> None:
    resumed = TileTree(size, edges(size))
    resumed.extend(leaves()[size * 32 : (size + step) * 32])
    plan = tree.root_plan(resumed.size)
    assert resumed.root() == tree.fold([nodes()[node] for node in plan])


@given(st.data())
def test_proofs_from_rows_are_those_of_the_tree(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, SIZE))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    for plan in (tree.inclusion_plan(index, size), tree.consistency_plan(old, size)):
        every = stored_rows(size)
        rows = {row: every[row] for row in tiles.rows_of(plan)}
        proof = tree.fill(plan, partial(tiles.node_hash_from, rows))
        assert proof == tree.fill(plan, nodes().__getitem__)


def test_every_level_is_crossed() -> None:
    grown = TileTree()
    made = grown.extend(leaves())
    assert max(tile.row.level for tile in made) == 1
    assert len(made) == SIZE // WIDTH + SIZE // WIDTH // WIDTH
    assert grown.root() == TileTree(SIZE, edges(SIZE)).root()


def test_edges_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        TileTree(3, [bytes(64)])
    with pytest.raises(ValueError, match="missing"):
        TileTree(3, [])
    with pytest.raises(KeyError):
        tiles.node_hash_from({Row(0, 0): bytes(32)}, tree.Node(1, 0))

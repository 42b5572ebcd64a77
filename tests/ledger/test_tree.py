# SPDX-License-Identifier: AGPL-3.0-or-later
"""RFC 6962 against published vectors, exhaustively for small trees, at random for large ones."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.ledger import tree

VECTORS = Path(__file__).parents[2] / "docs/ref/vectors/ledger"
SMALL = 40


class Grown:
    """A tree of `size` numbered leaves with every complete node."""

    def __init__(self, size: int) -> None:
        self.nodes: dict[tree.Node, bytes] = {}
        self.roots = [tree.EMPTY_ROOT]
        self.leaves: list[bytes] = []
        frontier = tree.Frontier(self.nodes.__setitem__)
        for number in range(size):
            leaf = tree.leaf_hash(b"%d" % number)
            self.leaves.append(leaf)
            frontier.push(leaf)
            self.roots.append(frontier.root())

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return tree.fill(tree.inclusion_plan(index, size), self.nodes.__getitem__)

    def consistency(self, old: int, new: int) -> list[bytes]:
        return tree.fill(tree.consistency_plan(old, new), self.nodes.__getitem__)


GROWN = Grown(600)


def defined_root(entries: list[bytes]) -> bytes:
    """MTH exactly as RFC 6962, 2.1 defines it, slowly."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(
        b"\1" + defined_root(entries[:split]) + defined_root(entries[split:])
    ).digest()


def defined_path(index: int, entries: list[bytes]) -> list[bytes]:
    """PATH exactly as RFC 6962, 2.1.1 defines it."""
    if len(entries) <= 1:
        return []
    split = 1
    while split * 2 < len(entries):
        split *= 2
    if index < split:
        return [*defined_path(index, entries[:split]), defined_root(entries[split:])]
    return [*defined_path(index - split, entries[split:]), defined_root(entries[:split])]


def defined_proof(old: int, entries: list[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF exactly as RFC 6962, 2.1.2 defines it."""
    if old == len(entries):
        return [] if whole else [defined_root(entries)]
    split = 1
    while split * 2 < len(entries):
        split *= 2
    if old <= split:
        return [
            *defined_proof(old, entries[:split], whole=whole),
            defined_root(entries[split:]),
        ]
    return [
        *defined_proof(old - split, entries[split:], whole=False),
        defined_root(entries[:split]),
    ]


def test_published_vectors() -> None:
    vectors = json.loads((VECTORS / "rfc6962.json").read_text())
    entries = [bytes.fromhex(item) for item in vectors["entries"]]
    leaves = [tree.leaf_hash(entry) for entry in entries]
    assert tree.root_of([]).hex() == vectors["empty_root"]
    for size, root in enumerate(vectors["roots"], start=1):
        assert tree.root_of(leaves[:size]).hex() == root
        assert tree.complete_root(leaves[0]) == leaves[0]
    for case in vectors["inclusion"]:
        path = [bytes.fromhex(item) for item in case["path"]]
        root = bytes.fromhex(vectors["roots"][case["size"] - 1])
        assert tree.included(
            leaf=leaves[case["index"]],
            index=case["index"],
            size=case["size"],
            path=path,
            root=root,
        )
    for case in vectors["consistency"]:
        path = [bytes.fromhex(item) for item in case["path"]]
        assert tree.consistent(
            old=case["old"],
            old_root=bytes.fromhex(vectors["roots"][case["old"] - 1]),
            new=case["new"],
            new_root=bytes.fromhex(vectors["roots"][case["new"] - 1]),
            path=path,
        )


def test_every_small_tree_follows_the_definitions() -> None:
    entries = [b"%d" % number for number in range(SMALL)]
    for size in range(SMALL + 1):
        assert GROWN.roots[size] == defined_root(entries[:size])
    for size in (1, 2, 3, 7, 8, 9, 21, SMALL):
        for index in range(size):
            assert GROWN.inclusion(index, size) == defined_path(index, entries[:size])
        for old in range(1, size):
            assert GROWN.consistency(old, size) == defined_proof(old, entries[:size])


def test_every_inclusion_of_small_trees_verifies_at_its_place_only() -> None:
    for size in range(1, SMALL):
        for index in range(size):
            path = GROWN.inclusion(index, size)
            for claimed in range(size):
                assert tree.included(
                    leaf=GROWN.leaves[index],
                    index=claimed,
                    size=size,
                    path=path,
                    root=GROWN.roots[size],
                ) == (claimed == index)


def test_every_consistency_of_small_trees_verifies_for_its_sizes_only() -> None:
    for new in range(SMALL):
        for old in range(new + 1):
            path = GROWN.consistency(old, new)
            assert tree.consistent(
                old=old,
                old_root=GROWN.roots[old],
                new=new,
                new_root=GROWN.roots[new],
                path=path,
            )
            if 0 < old < new:
                wrong = GROWN.roots[old - 1]
                assert not tree.consistent(
                    old=old, old_root=wrong, new=new, new_root=GROWN.roots[new], path=path
                )
                assert not tree.consistent(
                    old=old, old_root=GROWN.roots[old], new=new, new_root=wrong, path=path
                )


@given(st.data())
def test_changed_proofs_fail(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 600))
    index = data.draw(st.integers(0, size - 1))
    path = GROWN.inclusion(index, size)
    change = data.draw(st.sampled_from(["drop", "add", "flip", "short", "swap-leaf"]))
    leaf = GROWN.leaves[index]
    if change == "drop":
        path.pop(data.draw(st.integers(0, len(path) - 1)))
    elif change == "add":
        path.insert(data.draw(st.integers(0, len(path))), bytes(32))
    elif change == "flip":
        at = data.draw(st.integers(0, len(path) - 1))
        path[at] = bytes([path[at][0] ^ 1]) + path[at][1:]
    elif change == "short":
        path[0] = path[0][:-1]
    else:
        leaf = tree.leaf_hash(b"another")
    assert not tree.included(leaf=leaf, index=index, size=size, path=path, root=GROWN.roots[size])


@given(st.data())
def test_consistency_at_random_sizes(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 600))
    old = data.draw(st.integers(0, new))
    path = GROWN.consistency(old, new)
    arguments = {"old": old, "old_root": GROWN.roots[old], "new": new}
    assert tree.consistent(**arguments, new_root=GROWN.roots[new], path=path)  # type: ignore[arg-type]
    assert not tree.consistent(
        **arguments,  # type: ignore[arg-type]
        new_root=GROWN.roots[new],
        path=[*path, bytes(32)],
    )
    if path:
        assert not tree.consistent(**arguments, new_root=GROWN.roots[new], path=path[:-1])  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [1, 2, 4, 256])
def test_complete_root_is_the_root(count: int) -> None:
    assert tree.complete_root(b"".join(GROWN.leaves[:count])) == GROWN.roots[count]


def test_plans_refuse_what_no_tree_has() -> None:
    with pytest.raises(ValueError, match="outside"):
        tree.inclusion_plan(3, 3)
    with pytest.raises(ValueError, match="at least as large"):
        tree.consistency_plan(4, 3)


def test_nothing_is_consistent_with_a_forged_empty_tree() -> None:
    assert tree.consistent(old=0, old_root=tree.EMPTY_ROOT, new=5, new_root=GROWN.roots[5], path=[])
    assert not tree.consistent(
        old=0, old_root=GROWN.roots[1], new=5, new_root=GROWN.roots[5], path=[]
    )
    assert not tree.consistent(
        old=5, old_root=GROWN.roots[5], new=4, new_root=GROWN.roots[4], path=[]
    )

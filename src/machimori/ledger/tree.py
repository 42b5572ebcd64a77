# SPDX-License-Identifier: AGPL-3.0-or-later
"""The hash tree of RFC 6962, section 2.1: hashes, inclusion and consistency.

Proofs are made in two steps so that memory, database and tiles can all serve them: a plan says
which *complete* subtrees are needed, whoever stores them fetches their hashes, and folding joins
them. A node is (level, place): the hash over the leaves place·2^level to (place+1)·2^level - 1.
Verification follows the iterative algorithms of RFC 9162, 2.1.3.2 and 2.1.4.2.

Standard library only: the offline verifier is built from this module.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
MAX_SIZE: Final = 2**62
"""Entries a tree can have here; keeps every index inside PostgreSQL's bigint."""

_sha256 = hashlib.sha256


class Node(NamedTuple):
    """A complete subtree: the leaves [place << level, (place + 1) << level)."""

    level: int
    place: int


Plan = Sequence[Sequence[Node]]
"""For each hash of a proof, the complete subtrees (left to right) that it is folded from."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry)."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return _sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash over complete subtrees of falling size, left to right; EMPTY_ROOT for none."""
    if not hashes:
        return EMPTY_ROOT
    result = hashes[-1]
    for left in reversed(hashes[:-1]):
        result = node_hash(left, result)
    return result


def complete_root(hashes: bytes) -> bytes:
    """The root over 2^k concatenated hashes of one level."""
    while len(hashes) > HASH_SIZE:
        hashes = b"".join(
            [
                _sha256(b"\x01" + hashes[at : at + 2 * HASH_SIZE]).digest()
                for at in range(0, len(hashes), 2 * HASH_SIZE)
            ]
        )
    return hashes


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The tree head over leaf hashes: MTH of RFC 6962, computed in one pass."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.push(leaf)
    return frontier.root()


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first.

    Memory is O(log size). `push` adds a leaf and calls `on_node` for each subtree it completes.
    """

    def __init__(self, on_node: Callable[[Node, bytes], None] | None = None) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        self._on_node = on_node

    def push(self, leaf: bytes) -> None:
        """Add a leaf hash."""
        index, level, carry = self.size, 0, leaf
        if self._on_node:
            self._on_node(Node(0, index), carry)
        while index & 1:
            carry = _sha256(b"\x01" + self._peaks.pop() + carry).digest()
            index >>= 1
            level += 1
            if self._on_node:
                self._on_node(Node(level, index), carry)
        self._peaks.append(carry)
        self.size += 1

    def root(self) -> bytes:
        """The tree head of all leaves so far."""
        return fold(self._peaks)


def peaks(start: int, end: int) -> list[Node]:
    """The complete subtrees that [start, end) falls into, largest first.

    `start` is a multiple of the largest power of two not above `end - start`, as every range that
    RFC 6962 splits off is.
    """
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def root_plan(size: int) -> list[Node]:
    """The complete subtrees whose fold is the root of the first `size` leaves."""
    return peaks(0, size)


def inclusion_plan(index: int, size: int) -> list[list[Node]]:
    """What the audit path of leaf `index` in a tree of `size` consists of, leaf upwards.

    PATH(m, D[n]) of RFC 6962, 2.1.1. Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError("index outside the tree")
    plan: list[list[Node]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            plan.append(peaks(middle, end))
            end = middle
        else:
            plan.append(peaks(start, middle))
            start = middle
    plan.reverse()
    return plan


def consistency_plan(old: int, new: int) -> list[list[Node]]:
    """What the proof that `new` extends `old` consists of: PROOF(m, D[n]) of RFC 6962, 2.1.2.

    Raises ValueError unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise ValueError("a consistency proof leads from a size to one at least as large")
    if old in (0, new):
        return []
    plan: list[list[Node]] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            plan.append(peaks(middle, end))
            end = middle
        else:
            plan.append(peaks(start, middle))
            start, whole = middle, False
    if not whole:
        plan.append(peaks(start, end))
    plan.reverse()
    return plan


def fill(plan: Plan, hashes: Callable[[Node], bytes]) -> list[bytes]:
    """The proof that `plan` describes, with node hashes from `hashes`."""
    return [fold([hashes(node) for node in part]) for part in plan]


def included(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` proves that `leaf` is number `index` of the tree (size, root)."""
    if not 0 <= index < size or any(len(item) != HASH_SIZE for item in path):
        return False
    position, last, result = index, size - 1, leaf
    for item in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            result = node_hash(item, result)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            result = node_hash(result, item)
        position >>= 1
        last >>= 1
    return last == 0 and result == root


def consistent(
    *, old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether `path` proves that the tree (new, new_root) extends the tree (old, old_root)."""
    if not 0 <= old <= new or any(len(item) != HASH_SIZE for item in path):
        return False
    if old == 0:
        return not path and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    if old == new:
        return not path and old_root == new_root
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    first = second = hashes[0]
    for item in hashes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(item, first), node_hash(item, second)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            second = node_hash(second, item)
        position >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root


def _split(count: int) -> int:
    """The largest power of two smaller than `count` (count > 1)."""
    return 1 << ((count - 1).bit_length() - 1)

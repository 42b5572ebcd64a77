# SPDX-License-Identifier: AGPL-3.0-or-later
"""The walk through a whole ledger: every entry, every stored hash, every signature.

Whoever runs this trusts the log's public key and the checkpoints that they kept themselves, and
nothing in the database. It reads once, in the order of the log, in bounded memory.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from machimori.ledger import tree
from machimori.ledger.checkpoint import Checkpoint, LogKey, open_checkpoint
from machimori.ledger.entry import Entry
from machimori.ledger.errors import MalformedLedgerError, ProofError
from machimori.ledger.tiles import Row, Tile, TileTree

MAX_PROBLEMS: Final = 50
"""Problems after which the walk stops: what is altered everywhere needs no longer list."""

_PAGE: Final = 1_000


@dataclass(frozen=True, kw_only=True)
class StoredEntry:
    """An entry as the database holds it, with what it claims about it."""

    index: int
    id: str
    leaf: bytes
    body: bytes


class StoredLedger(Protocol):
    """What can be walked (`ledger.postgres.snapshot.Snapshot`)."""

    @property
    def key(self) -> LogKey: ...

    def stored_entries(self) -> Iterator[StoredEntry]:
        """Every entry, by index."""
        ...

    def stored_tiles(self) -> Iterator[Tile]:
        """Every tile, by the number of entries that completed it, lower levels first."""
        ...

    def checkpoints(self) -> Iterator[bytes]:
        """Every signed checkpoint, by size."""
        ...


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the walk found. The ledger is sound if `problems` is empty."""

    size: int
    root: bytes
    checkpoints: int
    signed: int
    """Entries covered by the largest sound checkpoint; the newest second may be missing."""
    problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


class _Problems:
    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, text: str) -> None:
        if len(self.found) < MAX_PROBLEMS:
            self.found.append(text)

    @property
    def full(self) -> bool:
        return len(self.found) >= MAX_PROBLEMS


def verify(
    ledger: StoredLedger,
    *,
    kept: Iterable[bytes] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Recompute the tree from the entries and compare everything stored with it.

    `kept` are checkpoints that the caller has from elsewhere: each must be signed and must be the
    head of this tree at its size. `progress` is told the entries walked so far.
    """
    problems = _Problems()
    heads = _merge(ledger, kept, problems)
    tiles = ledger.stored_tiles()
    grown = TileTree()
    head = next(heads, None)
    checkpoints = signed = 0
    waiting = bytearray()

    def flush() -> None:
        for expected in grown.extend(bytes(waiting)):
            _compare_tile(next(tiles, None), expected, problems)
        waiting.clear()

    def settle() -> None:
        nonlocal head, checkpoints, signed
        while head is not None and head[0].size == grown.size:
            checkpoint, origin = head
            checkpoints += 1
            if checkpoint.root == grown.root():
                signed = grown.size
            else:
                problems.add(f"{origin} of size {checkpoint.size}: the entries give another root")
            head = next(heads, None)

    settle()
    count = 0
    for stored in ledger.stored_entries():
        waiting += _check_entry(stored, count, problems)
        count += 1
        if len(waiting) >= _PAGE * tree.HASH_SIZE or (head and head[0].size == count):
            flush()
            settle()
            progress(count)
        if problems.full:
            break
    flush()
    if not problems.full:
        for extra in tiles:
            problems.add(f"tile {_name(extra.row)}: covers entries that are not there")
        while head is not None:
            problems.add(f"{head[1]} of size {head[0].size}: the ledger has only {count} entries")
            head = next(heads, None)
    return Report(
        size=count,
        root=grown.root(),
        checkpoints=checkpoints,
        signed=signed,
        problems=tuple(problems.found),
    )


def _merge(
    ledger: StoredLedger, kept: Iterable[bytes], problems: _Problems
) -> Iterator[tuple[Checkpoint, str]]:
    """Stored and kept checkpoints by size, those that are signed."""

    def opened(notes: Iterable[bytes], origin: str) -> Iterator[tuple[Checkpoint, str]]:
        for note in notes:
            try:
                yield open_checkpoint(note, ledger.key), origin
            except (ProofError, MalformedLedgerError) as error:
                problems.add(f"{origin}: {error}")

    outside = sorted(opened(kept, "the kept checkpoint"), key=lambda item: item[0].size)
    waiting = 0
    last = -1
    for item in opened(ledger.checkpoints(), "the stored checkpoint"):
        if item[0].size <= last:
            problems.add(f"the stored checkpoint of size {item[0].size}: stored under another size")
            continue
        last = item[0].size
        while waiting < len(outside) and outside[waiting][0].size <= last:
            yield outside[waiting]
            waiting += 1
        yield item
    yield from outside[waiting:]


def _check_entry(stored: StoredEntry, index: int, problems: _Problems) -> bytes:
    leaf = tree.leaf_hash(stored.body)
    if stored.index != index:
        problems.add(f"entry {index}: the database numbers it {stored.index}")
    if stored.leaf != leaf:
        problems.add(f"entry {index}: the stored leaf hash is not the entry's")
    try:
        if Entry.decode(stored.body).id != stored.id:
            problems.add(f"entry {index}: stored under the id of another entry")
    except MalformedLedgerError as error:
        problems.add(f"entry {index}: {error}")
    return leaf


def _compare_tile(stored: Tile | None, expected: Tile, problems: _Problems) -> None:
    if stored is None or stored.row != expected.row:
        found = "none" if stored is None else _name(stored.row)
        problems.add(f"tile {_name(expected.row)}: the database has {found} in its place")
    elif stored != expected:
        problems.add(f"tile {_name(expected.row)}: its hashes are not the entries'")


def _name(row: Row) -> str:
    return f"{row.level}/{row.number}"

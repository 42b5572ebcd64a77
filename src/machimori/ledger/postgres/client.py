# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger as the rest of Machimori uses it: append, wait, prove."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, LiteralString, TypeVar
from uuid import UUID

import psycopg

from machimori.ledger import tree
from machimori.ledger.checkpoint import LogKey, open_checkpoint
from machimori.ledger.entry import Entry
from machimori.ledger.errors import (
    LedgerUnavailableError,
    MalformedLedgerError,
    NotIncludedError,
)
from machimori.ledger.postgres.pending import append, unavailable
from machimori.ledger.postgres.rows import HashCache, read_proof
from machimori.ledger.proof import Consistency, Inclusion

_Result = TypeVar("_Result")
_PAGE = 5_000
_POLL = 0.01

_NEWEST: LiteralString = "SELECT size, note FROM ledger.checkpoint ORDER BY size DESC LIMIT 1"
_PLACE: LiteralString = """
    SELECT (SELECT index FROM ledger.entry WHERE id = %b), size, note
      FROM ledger.checkpoint ORDER BY size DESC LIMIT 1
"""
_STATE: LiteralString = """
    SELECT (SELECT count(*) FROM ledger.pending),
           (SELECT count(*) FROM ledger.rejected),
           coalesce((SELECT max(size) FROM ledger.checkpoint), 0)
"""
_REJECTED: LiteralString = """
    SELECT id, rejected_at, sha256(body) FROM ledger.rejected ORDER BY number DESC LIMIT %b
"""


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A row that was never sequenced, because another entry has its id: a double or a forgery."""

    id: str
    at: dt.datetime
    digest: str
    """SHA-256 of its body, hex. The body came around Machimori's own checks: it is not shown."""


@dataclass(frozen=True, kw_only=True)
class LedgerState:
    """How a ledger stands, safe to show."""

    pending: int
    """Entries that wait for the sequencer."""
    signed: int
    """Entries that the newest checkpoint covers."""
    rejected: int
    newest_rejected: tuple[Rejected, ...]


class Ledger:
    """A ledger in PostgreSQL. One connection, shared by threads, renewed after it was lost.

    Raises LedgerUnavailableError from every method if the database does not answer.
    """

    def __init__(self, url: str, key: LogKey, *, timeout: float = 5.0) -> None:
        """`url` is a libpq connection string or URL; `timeout` bounds a statement, in seconds."""
        self._url = url
        self._key = key
        self._timeout = timeout
        self._lock = threading.RLock()
        self._cache = HashCache()
        self._connection: psycopg.Connection[Any] | None = None

    @property
    def key(self) -> LogKey:
        return self._key

    def append(self, *entries: Entry) -> None:
        """Record entries in a transaction of their own. Repeats itself once if the line broke."""

        def insert(connection: "psycopg.Connection[Any]") -> None:
            if len(entries) == 1:  # a statement is a transaction: one round trip instead of three
                append(connection, entries)
                return
            with connection.transaction():
                append(connection, entries)

        self._do(insert)

    def wait(self, entry_id: str, timeout: float = 5.0) -> Inclusion:
        deadline = time.monotonic() + timeout
        while True:
            try:
                return self.inclusion(entry_id)
            except NotIncludedError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(_POLL)

    def inclusion(self, entry_id: str) -> Inclusion:
        return self._do(lambda connection: self._inclusion(connection, entry_id))

    def entry(self, entry_id: str) -> bytes:
        number = _uuid(entry_id)
        row = self._do(
            lambda connection: connection.execute(
                "SELECT body FROM ledger.entry WHERE id = %b"
                " UNION ALL SELECT body FROM ledger.pending WHERE id = %b LIMIT 1",
                (number, number),
            ).fetchone()
        )
        if row is None:
            raise NotIncludedError("no such entry", where=entry_id)
        return bytes(row[0])

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        while end is None or start < end:
            stop = start + _PAGE if end is None else min(end, start + _PAGE)
            page = self._do(lambda c, a=start, b=stop: _page(c, a, b))  # type: ignore[misc]
            yield from page
            start += len(page)
            if start < stop:
                return

    def state(self, newest: int = 20) -> LedgerState:
        """How many entries wait, are signed, were rejected; the `newest` rejected ones."""

        def read(connection: "psycopg.Connection[Any]") -> LedgerState:
            row = connection.execute(_STATE).fetchone()
            assert row is not None
            rows = connection.execute(_REJECTED, (newest,)).fetchall()
            return LedgerState(
                pending=row[0],
                rejected=row[1],
                signed=row[2],
                newest_rejected=tuple(
                    Rejected(id=number.hex, at=at, digest=digest.hex())
                    for number, at, digest in rows
                ),
            )

        return self._do(read)

    def checkpoint(self) -> bytes:
        row = self._do(lambda connection: connection.execute(_NEWEST).fetchone())
        if row is None:
            raise NotIncludedError("no checkpoint was signed yet")
        return bytes(row[1])

    def consistency(self, old: int, new: int | None = None) -> Consistency:
        return self._do(lambda connection: self._consistency(connection, old, new))

    def proof_from(self, old: bytes) -> Consistency:
        """The proof that this ledger extends a checkpoint that somebody kept.

        Raises ProofError if `old` is not the log's, NotIncludedError if the ledger is smaller.
        """
        head = open_checkpoint(old, self._key)
        note = self.checkpoint()
        size = open_checkpoint(note, self._key).size
        if size < head.size:
            raise NotIncludedError(f"the ledger has {size} entries, the checkpoint {head.size}")
        plan = tree.consistency_plan(head.size, size)
        hashes = self._do(lambda connection: read_proof(connection, plan, size))
        return Consistency(old=old, new=note, hashes=hashes)

    def pending(self) -> int:
        """How many entries wait for the sequencer."""
        row = self._do(lambda c: c.execute("SELECT count(*) FROM ledger.pending").fetchone())
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Close the connection; the next act opens another."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _inclusion(self, connection: "psycopg.Connection[Any]", entry_id: str) -> Inclusion:
        row = connection.execute(_PLACE, (_uuid(entry_id),), prepare=True, binary=True).fetchone()
        if row is None or row[0] is None or row[0] >= row[1]:
            raise NotIncludedError("no signed checkpoint covers this entry", where=entry_id)
        index, size, note = row
        plan = tree.inclusion_plan(index, size)
        hashes = read_proof(connection, plan, size, self._cache)
        return Inclusion(index=index, hashes=hashes, checkpoint=note)

    def _consistency(
        self, connection: "psycopg.Connection[Any]", old: int, new: int | None
    ) -> Consistency:
        rows = connection.execute(
            "SELECT size, note FROM ledger.checkpoint WHERE size = %b OR size = "
            "coalesce(%b, (SELECT max(size) FROM ledger.checkpoint))",
            (old, new),
        )
        notes: dict[int, bytes] = dict(rows.fetchall())
        size = max(notes, default=-1) if new is None else new
        if old not in notes or size not in notes or old > size:
            raise NotIncludedError("no checkpoint of this size was signed", where=f"{old}..{size}")
        plan = tree.consistency_plan(old, size)
        return Consistency(
            old=notes[old], new=notes[size], hashes=read_proof(connection, plan, size)
        )

    def _do(self, act: Callable[["psycopg.Connection[Any]"], _Result]) -> _Result:
        with self._lock:
            fresh = self._connection is None or self._connection.closed
            try:
                return self._try(act)
            except LedgerUnavailableError:
                if fresh:
                    raise
            # The connection was an old one that had broken meanwhile. Everything here may be
            # repeated, because an entry is not recorded twice.
            return self._try(act)

    def _try(self, act: Callable[["psycopg.Connection[Any]"], _Result]) -> _Result:
        try:
            return act(self._connected())
        except LedgerUnavailableError:
            self.close()
            raise
        except psycopg.OperationalError as error:
            self.close()
            raise unavailable(error) from error

    def _connected(self) -> "psycopg.Connection[Any]":
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=max(2, int(self._timeout)),
                options=f"-c statement_timeout={int(self._timeout * 1000)} -c jit=off",
            )
        return self._connection


def _page(connection: "psycopg.Connection[Any]", start: int, end: int) -> list[bytes]:
    rows = connection.execute(
        "SELECT body FROM ledger.entry WHERE index >= %b AND index < %b ORDER BY index",
        (start, end),
        binary=True,
    ).fetchall()
    return [row[0] for row in rows]


def _uuid(entry_id: str) -> UUID:
    try:
        return UUID(hex=entry_id)
    except ValueError as error:
        raise MalformedLedgerError("an entry's id is 32 hexadecimal digits", where="id") from error

# SPDX-License-Identifier: AGPL-3.0-or-later
"""One unchanging view of a ledger that goes on growing: what `ledger.verify` walks through."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, LiteralString

import psycopg

from machimori.ledger.checkpoint import LogKey
from machimori.ledger.postgres.pending import unavailable
from machimori.ledger.tiles import Row, Tile
from machimori.ledger.verify import StoredEntry

_FETCH = 2_000


class Snapshot:
    """A ledger as of the moment of entering, read in one transaction, streamed."""

    def __init__(self, url: str, key: LogKey) -> None:
        self._url = url
        self._key = key
        self._connection: psycopg.Connection[Any]

    @property
    def key(self) -> LogKey:
        return self._key

    @classmethod
    def within(cls, connection: "psycopg.Connection[Any]", key: LogKey) -> "Snapshot":
        """The ledger as a connection's open transaction sees it; not to be entered."""
        snapshot = cls("", key)
        snapshot._connection = connection
        return snapshot

    def __enter__(self) -> "Snapshot":
        try:
            self._connection = psycopg.connect(self._url, connect_timeout=5)
        except psycopg.OperationalError as error:
            raise unavailable(error) from error
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._connection.read_only = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def stored_entries(self) -> Iterator[StoredEntry]:
        for index, number, leaf, body in self._stream(
            "entries", "SELECT index, id, leaf, body FROM ledger.entry ORDER BY index"
        ):
            yield StoredEntry(index=index, id=number.hex, leaf=leaf, body=body)

    def stored_tiles(self) -> Iterator[Tile]:
        # Level l, number n was completed by entry (n + 1)·256^(l + 1).
        for level, number, hashes, root in self._stream(
            "tiles",
            "SELECT level, number, hashes, root FROM ledger.tile"
            " ORDER BY (number + 1) << (8 * (level + 1)), level",
        ):
            yield Tile(row=Row(level, number), hashes=hashes, root=root)

    def checkpoints(self) -> Iterator[bytes]:
        for (note,) in self._stream(
            "checkpoints", "SELECT note FROM ledger.checkpoint ORDER BY size"
        ):
            yield note

    def _stream(self, name: str, query: LiteralString) -> Iterator[tuple[Any, ...]]:
        try:
            with self._connection.cursor(name, binary=True) as cursor:
                cursor.itersize = _FETCH
                yield from cursor.execute(query)
        except psycopg.OperationalError as error:
            raise unavailable(error) from error

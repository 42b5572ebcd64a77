# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a ledger offers to the packages above it, wherever it is kept.

`ledger.postgres.Ledger` is the real one, `ledger.testing.MemoryLedger` the supported double.
"""

from collections.abc import Iterator
from typing import Protocol

from machimori.ledger.checkpoint import LogKey
from machimori.ledger.entry import Entry
from machimori.ledger.proof import Consistency, Inclusion


class LedgerInterface(Protocol):
    """Append, wait, prove. Every method raises LedgerUnavailableError if the ledger is down."""

    @property
    def key(self) -> LogKey:
        """The log's public key, as this reader pinned it."""
        ...

    def append(self, *entries: Entry) -> None:
        """Record entries, all or none. Recording the same entry again changes nothing."""
        ...

    def wait(self, entry_id: str, timeout: float = 5.0) -> Inclusion:
        """The proof of an entry, once a signed checkpoint covers it.

        Raises NotIncludedError after `timeout` seconds.
        """
        ...

    def inclusion(self, entry_id: str) -> Inclusion:
        """The proof of an entry under the newest checkpoint. Raises NotIncludedError."""
        ...

    def entry(self, entry_id: str) -> bytes:
        """The encoded entry, sequenced or pending. Raises NotIncludedError if unknown."""
        ...

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The sequenced entries [start, end) in the order of the log."""
        ...

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint. Raises NotIncludedError if none was signed yet."""
        ...

    def consistency(self, old: int, new: int | None = None) -> Consistency:
        """The proof between the checkpoints of two sizes; `new` defaults to the newest.

        Raises NotIncludedError if no checkpoint of such a size was signed.
        """
        ...

    def close(self) -> None:
        """Let go of what is open. The ledger may be used again afterwards."""
        ...

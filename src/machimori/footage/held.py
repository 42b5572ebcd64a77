# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be read for a case: its copies, and the store where nothing was copied yet."""

import heapq
from collections.abc import Iterator
from pathlib import Path

from machimori.footage.errors import NoSuchObjectError
from machimori.footage.store import Abilities, Store, StoredObject
from machimori.kernel.errors import UsageError
from machimori.kernel.ids import CaseId


class CaseFootage:
    """A store to read from, in which a held segment stands under its own name before and after
    expiry, copied or not. Whoever makes evidence for a case is given this in the store's place."""

    def __init__(self, store: Store, cases: Store, case: CaseId) -> None:
        self._store = store
        self._cases = cases
        self._prefix = f"cases/{case}/"

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Objects of either place by name, each once."""
        copies = (
            StoredObject(name=stored.name.removeprefix(self._prefix), size=stored.size)
            for stored in self._cases.list(self._prefix + prefix)
        )
        last = ""
        for stored in heapq.merge(copies, self._store.list(prefix)):
            if stored.name != last:
                last = stored.name
                yield stored

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Parts of the names in either place up to the next slash."""
        copies = self._cases.folders(self._prefix + prefix)
        yield from sorted({*copies, *self._store.folders(prefix)})

    def get(self, name: str) -> bytes:
        """The whole object. Raises NoSuchObjectError."""
        try:
            return self._store.get(name)
        except NoSuchObjectError:
            return self._cases.get(self._prefix + name)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Bytes of an object. Raises NoSuchObjectError.

        Expiry may move an object from one place to the other between two reads.
        """
        try:
            return self._store.read(name, offset, length)
        except NoSuchObjectError:
            return self._cases.read(self._prefix + name, offset, length)

    def put(self, name: str, source: Path | bytes) -> None:
        """Raises UsageError: this is for reading."""
        del source
        raise UsageError("a case's footage is read only", where=name)

    def delete(self, name: str) -> None:
        """Raises UsageError: this is for reading."""
        raise UsageError("a case's footage is read only", where=name)

    def probe(self) -> Abilities:
        """The cases' store's."""
        return self._cases.probe()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""SHA-256 of a package's files, taken in another thread from the blocks that are read anyway.

Each byte is read from the disk once: whoever walks through a file hands its blocks on. hashlib
lets other threads run while it works, so hashing costs no time beside the de-packetising.
"""

import hashlib
import queue
import threading
from types import TracebackType

_QUEUE = 8
"""Blocks under way: with blocks of 4 MiB at most, this bounds the memory."""


class Hasher:
    """Feed it blocks of named files in order; `digests` is complete once the context ends."""

    def __init__(self) -> None:
        self._hashes: dict[str, hashlib._Hash] = {}
        self._work: queue.Queue[tuple[str, bytes] | None] = queue.Queue(_QUEUE)
        self._thread = threading.Thread(target=self._run, name="hasher", daemon=True)
        self.digests: dict[str, str] = {}
        self.sizes: dict[str, int] = {}

    def __enter__(self) -> "Hasher":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._work.put(None)
        self._thread.join()
        self.digests = {name: found.hexdigest() for name, found in self._hashes.items()}

    def feed(self, name: str, block: bytes) -> None:
        """The next bytes of a file."""
        self.sizes[name] = self.sizes.get(name, 0) + len(block)
        self._work.put((name, block))

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            name, block = item
            found = self._hashes.get(name)
            if found is None:
                found = self._hashes[name] = hashlib.sha256()
            found.update(block)

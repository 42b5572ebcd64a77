# SPDX-License-Identifier: AGPL-3.0-or-later
"""SHA-256 of a package's files, taken in another thread from the blocks that are read anyway.

Each byte is read from the disk once: whoever walks through a file hands its blocks on. hashlib
lets other threads run while it works, so hashing costs no time beside the de-packetising.
"""

import hashlib
import queue
import threading
from collections.abc import Callable
from types import TracebackType

from machimori.evidence.verifier.ahead import THREADS
from machimori.kernel.slices import sliced_digest

MAX_WAITING = 16 * 1024 * 1024
"""Bytes under way: what bounds the memory."""

_Work = tuple[str, bytes, bytes, Callable[[], None] | None]


class Hasher:
    """Feed it blocks of named files in order; `digests` is complete once the context ends."""

    def __init__(self) -> None:
        self._hashes: dict[str, hashlib._Hash] = {}
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._waiting = 0
        self._turn = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="hasher", daemon=True)
        self.digests: dict[str, str] = {}
        self.sizes: dict[str, int] = {}

    def __enter__(self) -> "Hasher":
        if THREADS:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if THREADS:
            self._work.put(None)
            self._thread.join()
        self.digests = {name: found.hexdigest() for name, found in self._hashes.items()}

    def feed(
        self,
        name: str,
        block: bytes,
        *,
        digest: bytes = b"",
        differs: Callable[[], None] | None = None,
    ) -> None:
        """The next bytes of a file; `differs` is called if their sliced digest is not `digest`."""
        self.sizes[name] = self.sizes.get(name, 0) + len(block)
        if not THREADS:
            self._hash(name, block, digest, differs)
            return
        with self._turn:
            self._turn.wait_for(lambda: self._waiting < MAX_WAITING)
            self._waiting += len(block)
        self._work.put((name, block, digest, differs))

    def settle(self) -> None:
        """Wait until everything that was fed is hashed."""
        with self._turn:
            self._turn.wait_for(lambda: self._waiting == 0)

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            self._hash(*item)
            with self._turn:
                self._waiting -= len(item[1])
                self._turn.notify_all()

    def _hash(
        self, name: str, block: bytes, digest: bytes, differs: Callable[[], None] | None
    ) -> None:
        found = self._hashes.get(name)
        if found is None:
            found = self._hashes[name] = hashlib.sha256()
        found.update(block)
        if differs is not None and sliced_digest(block) != digest:
            differs()

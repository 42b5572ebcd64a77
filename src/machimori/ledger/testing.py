# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ledgers for tests and rehearsals, kept as supported code.

`MemoryLedger` needs nothing; `LedgerProcess` is the real thing, an embedded PostgreSQL and a
sequencer as processes that can be killed.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from machimori.kernel.durable import Disk
from machimori.kernel.signing import SigningKey
from machimori.ledger import tree
from machimori.ledger.checkpoint import Checkpoint, LogKey
from machimori.ledger.entry import Entry
from machimori.ledger.errors import LedgerUnavailableError, MalformedLedgerError, NotIncludedError
from machimori.ledger.postgres.client import Ledger
from machimori.ledger.postgres.home import Home, create
from machimori.ledger.postgres.server import EmbeddedServer, end_with_parent
from machimori.ledger.proof import Consistency, Inclusion


class MemoryLedger:
    """A ledger in memory, with real hashes, signatures and proofs.

    It sequences at once; with `automatic=False` entries stay pending until `sequence()`. Setting
    `down` makes every act fail as if the database did not answer.
    """

    def __init__(
        self,
        *,
        name: str = "ledger.test/machimori",
        signing_key: SigningKey | None = None,
        automatic: bool = True,
    ) -> None:
        self._signing_key = signing_key or SigningKey.generate()
        self._key = LogKey(name=name, public=self._signing_key.public)
        self._automatic = automatic
        self._nodes: dict[tree.Node, bytes] = {}
        self._frontier = tree.Frontier(self._nodes.__setitem__)
        self._bodies: list[bytes] = []
        self._index: dict[str, int] = {}
        self._pending: dict[str, bytes] = {}
        self._checkpoints: dict[int, bytes] = {}
        self.down = False

    @property
    def key(self) -> LogKey:
        return self._key

    def append(self, *entries: Entry) -> None:
        self._check_up()
        encoded = {entry.id: entry.encode() for entry in entries}
        for entry_id, body in encoded.items():
            if self._known(entry_id) not in (None, body):
                raise MalformedLedgerError("another entry has this id", where=entry_id)
        for entry_id, body in encoded.items():
            if self._known(entry_id) is None:
                self._pending[entry_id] = body
        if self._automatic:
            self.sequence()

    def sequence(self) -> None:
        """Give every pending entry its index and sign a checkpoint."""
        if not self._pending and self._checkpoints:
            return
        for entry_id, body in self._pending.items():
            self._index[entry_id] = len(self._bodies)
            self._bodies.append(body)
            self._frontier.push(tree.leaf_hash(body))
        self._pending.clear()
        head = Checkpoint(
            origin=self._key.name, size=self._frontier.size, root=self._frontier.root()
        )
        self._checkpoints[head.size] = head.signed(self._key, self._signing_key)

    def wait(self, entry_id: str, timeout: float = 5.0) -> Inclusion:
        del timeout  # nothing here happens later
        return self.inclusion(entry_id)

    def inclusion(self, entry_id: str) -> Inclusion:
        self._check_up()
        index = self._index.get(entry_id)
        if index is None:
            raise NotIncludedError("no signed checkpoint covers this entry", where=entry_id)
        plan = tree.inclusion_plan(index, self._frontier.size)
        return Inclusion(
            index=index,
            hashes=tuple(tree.fill(plan, self._nodes.__getitem__)),
            checkpoint=self.checkpoint(),
        )

    def entry(self, entry_id: str) -> bytes:
        self._check_up()
        body = self._known(entry_id)
        if body is None:
            raise NotIncludedError("no such entry", where=entry_id)
        return body

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        self._check_up()
        return iter(self._bodies[start:end])

    def checkpoint(self) -> bytes:
        self._check_up()
        if not self._checkpoints:
            raise NotIncludedError("no checkpoint was signed yet")
        return self._checkpoints[self._frontier.size]

    def consistency(self, old: int, new: int | None = None) -> Consistency:
        self._check_up()
        size = self._frontier.size if new is None else new
        if old not in self._checkpoints or size not in self._checkpoints or old > size:
            raise NotIncludedError("no checkpoint of this size was signed", where=f"{old}..{size}")
        plan = tree.consistency_plan(old, size)
        return Consistency(
            old=self._checkpoints[old],
            new=self._checkpoints[size],
            hashes=tuple(tree.fill(plan, self._nodes.__getitem__)),
        )

    def close(self) -> None:
        """Nothing is open."""

    def _known(self, entry_id: str) -> bytes | None:
        if entry_id in self._index:
            return self._bodies[self._index[entry_id]]
        return self._pending.get(entry_id)

    def _check_up(self) -> None:
        if self.down:
            raise LedgerUnavailableError(
                "the ledger's database does not answer; nothing was recorded",
                remedy="start it, then repeat this act",
            )


class LedgerProcess:
    """A real ledger in `directory`: embedded PostgreSQL and sequencer, each its own process.

    Starts in about a second. The cluster lies in a short directory of its own under /tmp, because
    pytest's are closed to the account that PostgreSQL runs as, and it is removed at the end;
    signer and passwords lie in `directory`. The thread that enters must be the one that leaves.
    """

    def __init__(self, directory: Path, *, name: str = "ledger.test/machimori") -> None:
        self.directory = directory
        self._name = name
        self._cluster = Path(tempfile.mkdtemp(prefix="machimori-pg-"))
        self._sequencer: subprocess.Popen[bytes] | None = None
        self.home: Home
        self.server: EmbeddedServer
        self.ledger: Ledger

    def __enter__(self) -> "LedgerProcess":
        self.home = create(self.directory, Disk(), name=self._name, cluster=self._cluster)
        self.server = self.home.server()
        self.ledger = self.home.ledger()
        self.server.start()
        self.start_sequencer()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ledger.close()
        self.stop_sequencer()
        # Nothing of it is wanted any more; kill -9 would leave its shared memory behind.
        self.server.stop(immediate=True)
        shutil.rmtree(self._cluster, ignore_errors=True)

    @property
    def key(self) -> LogKey:
        """The log's public key."""
        return self.home.key

    @property
    def url(self) -> str:
        """The connection string of the office's role."""
        return self.home.conninfo("office")

    @property
    def sequencer(self) -> "subprocess.Popen[bytes]":
        """The sequencer's process."""
        assert self._sequencer is not None
        return self._sequencer

    def start_sequencer(self) -> None:
        """Start the sequencer; returns before it has connected."""
        with (self.directory / "sequencer.log").open("ab") as log:
            self._sequencer = subprocess.Popen(
                [sys.executable, "-m", "machimori.ledger.postgres.process", str(self.directory)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: end_with_parent(signal.SIGKILL),
            )

    def stop_sequencer(self) -> None:
        """Stop the sequencer as a supervisor would."""
        if self._sequencer is not None:
            self._sequencer.terminate()
            self._sequencer.wait(20)
            self._sequencer = None

    def kill_sequencer(self) -> None:
        """kill -9 of the sequencer."""
        if self._sequencer is not None:
            self._sequencer.kill()
            self._sequencer.wait()
            self._sequencer = None

    def log(self) -> str:
        """What the sequencer wrote."""
        return (self.directory / "sequencer.log").read_text(errors="replace")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The log's signer: signs tree heads that extend what it signed before, and no others.

Its directory lies outside the database and belongs to the sequencer's account. Whoever owns the
database can therefore lose entries, but cannot get a shorter or rewritten tree signed.

    key          the Ed25519 seed, 32 bytes, mode 0600
    name         the log's name, one line
    checkpoint   the newest signed checkpoint; made at `create`, never absent afterwards
    lock         held by the one signer that runs
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from machimori.kernel.durable import Disk
from machimori.kernel.signing import SigningKey
from machimori.ledger import tree
from machimori.ledger.checkpoint import Checkpoint, LogKey, open_checkpoint
from machimori.ledger.errors import (
    LedgerUnavailableError,
    MalformedLedgerError,
    ProofError,
    RollbackError,
)


class Signer:
    """The signer of one log. Raises LedgerUnavailableError if another process has it open."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        self._directory = directory
        self._disk = disk
        try:
            self._key = SigningKey((directory / "key").read_bytes())
            name = (directory / "name").read_text().rstrip("\n")
        except OSError as error:
            raise LedgerUnavailableError(
                "the signer's directory cannot be read",
                where=str(directory),
                remedy="make it with `machimori ledger init`",
            ) from error
        self.key = LogKey(name=name, public=self._key.public)
        self._lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise LedgerUnavailableError(
                "another sequencer runs with this signer", where=str(directory)
            ) from error

    @classmethod
    def create(cls, directory: Path, disk: Disk, *, name: str) -> LogKey:
        """Make a key and sign the empty tree. Raises FileExistsError if there is a signer.

        1. create the directory; 2. name; 3. checkpoint of size 0; 4. key, last, so that a signer
        whose key exists always has its checkpoint.
        """
        key = SigningKey.generate()
        log = LogKey(name=name, public=key.public)
        head = Checkpoint(origin=name, size=0, root=tree.EMPTY_ROOT)
        if (directory / "key").exists():
            raise FileExistsError(directory / "key")
        disk.make_directory(directory, mode=0o700)
        disk.replace(directory / "name", name.encode() + b"\n")
        disk.replace(directory / "checkpoint", head.signed(log, key))
        disk.create(directory / "key", key.seed(), mode=0o600)
        return log

    def last(self) -> tuple[Checkpoint, bytes]:
        """What was signed last, and its note. Raises RollbackError if it was removed or changed."""
        try:
            note = (self._directory / "checkpoint").read_bytes()
            return open_checkpoint(note, self.key), note
        except (OSError, ProofError, MalformedLedgerError) as error:
            raise RollbackError(
                "the signer's last checkpoint is gone or not its own",
                where=str(self._directory),
                remedy="restore it; without it a rollback could not be noticed",
            ) from error

    def sign(self, *, size: int, root: bytes, path: Sequence[bytes]) -> bytes:
        """The signed checkpoint of a tree that, by `path`, extends the last one signed.

        1. compare with the stored checkpoint; 2. sign; 3. replace the stored checkpoint (synced);
        4. only then hand the signature out. Signing the same head again gives the same bytes,
        which is how a crash after step 3 is recovered from. Raises RollbackError.
        """
        last, note = self.last()
        if (size, root) == (last.size, last.root):
            return note
        if size < last.size:
            raise RollbackError(
                f"the ledger shrank from {last.size} to {size} entries",
                where=self.key.name,
                remedy="the database was set back: restore the newest backup, see docs/design",
            )
        if not tree.consistent(
            old=last.size, old_root=last.root, new=size, new_root=root, path=path
        ):
            raise RollbackError(
                f"the ledger's first {last.size} entries are not those that were signed",
                where=self.key.name,
                remedy="the database was rewritten: restore the newest backup, see docs/design",
            )
        signed = Checkpoint(origin=self.key.name, size=size, root=root).signed(self.key, self._key)
        self._disk.replace(self._directory / "checkpoint", signed)
        return signed

    def close(self) -> None:
        """Let another process sign."""
        os.close(self._lock)

    def __enter__(self) -> "Signer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

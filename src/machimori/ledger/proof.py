# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proofs that travel: an entry is in the log; one checkpoint extends another.

Each carries the signed checkpoints it speaks about, so that a stranger needs only the log's public
key. Canonical JSON; the hashes are those of RFC 6962, 2.1.1 and 2.1.2.

Standard library only: the offline verifier is built from this module.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.errors import MalformedError
from machimori.ledger import tree
from machimori.ledger.checkpoint import Checkpoint, LogKey, open_checkpoint
from machimori.ledger.errors import MalformedLedgerError, ProofError

INCLUSION: Final = "machimori.inclusion/1"
CONSISTENCY: Final = "machimori.consistency/1"
_MAX_HASHES: Final = 128


@dataclass(frozen=True, kw_only=True)
class Inclusion:
    """Entry number `index` is in the tree of `checkpoint` (a signed note)."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes

    def verify(self, entry: bytes, key: LogKey) -> Checkpoint:
        """The checkpoint, if it is `key`'s and its tree holds `entry` at `index`.

        Raises ProofError, or MalformedLedgerError if the checkpoint is none.
        """
        head = open_checkpoint(self.checkpoint, key)
        if not tree.included(
            leaf=tree.leaf_hash(entry),
            index=self.index,
            size=head.size,
            path=self.hashes,
            root=head.root,
        ):
            raise ProofError("the entry is not in the log", where=f"index {self.index}")
        return head

    def encode(self) -> bytes:
        """Canonical JSON."""
        return canonical.dumps(
            {
                "checkpoint": self.checkpoint.decode(),
                "format": INCLUSION,
                "hashes": [canonical.b64(item) for item in self.hashes],
                "index": self.index,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> "Inclusion":
        """The inverse of `encode`. Raises MalformedLedgerError."""
        source = _load(data, INCLUSION, ("checkpoint", "format", "hashes", "index"))
        index = source["index"]
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            raise MalformedLedgerError("an index is a number", where="index")
        return cls(
            index=index,
            hashes=_hashes(source["hashes"]),
            checkpoint=_text(source["checkpoint"], "checkpoint"),
        )


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """The tree of the signed note `new` begins with the tree of the signed note `old`."""

    old: bytes
    new: bytes
    hashes: tuple[bytes, ...]

    def verify(self, key: LogKey) -> tuple[Checkpoint, Checkpoint]:
        """Both checkpoints, if they are `key`'s and `new` extends `old`.

        Raises ProofError, or MalformedLedgerError if a checkpoint is none.
        """
        old, new = open_checkpoint(self.old, key), open_checkpoint(self.new, key)
        if not tree.consistent(
            old=old.size, old_root=old.root, new=new.size, new_root=new.root, path=self.hashes
        ):
            raise ProofError("the log was rewritten", where=f"between {old.size} and {new.size}")
        return old, new

    def encode(self) -> bytes:
        """Canonical JSON."""
        return canonical.dumps(
            {
                "format": CONSISTENCY,
                "hashes": [canonical.b64(item) for item in self.hashes],
                "new": self.new.decode(),
                "old": self.old.decode(),
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> "Consistency":
        """The inverse of `encode`. Raises MalformedLedgerError."""
        source = _load(data, CONSISTENCY, ("format", "hashes", "new", "old"))
        return cls(
            old=_text(source["old"], "old"),
            new=_text(source["new"], "new"),
            hashes=_hashes(source["hashes"]),
        )


def _load(data: bytes, form: str, members: Sequence[str]) -> dict[str, Json]:
    try:
        source = canonical.load_object(data)
    except MalformedError as error:
        raise MalformedLedgerError(error.message, where=error.where) from error
    if source.keys() != set(members) or source["format"] != form:
        raise MalformedLedgerError(f"not a proof of the form {form}")
    return source


def _hashes(items: Json) -> tuple[bytes, ...]:
    if not isinstance(items, list) or len(items) > _MAX_HASHES:
        raise MalformedLedgerError(f"a proof has at most {_MAX_HASHES} hashes", where="hashes")
    try:
        hashes = tuple(canonical.unb64(item, where="hashes") for item in items)
    except MalformedError as error:
        raise MalformedLedgerError(error.message, where=error.where) from error
    if any(len(item) != tree.HASH_SIZE for item in hashes):
        raise MalformedLedgerError("a hash has 32 bytes", where="hashes")
    return hashes


def _text(value: Json, where: str) -> bytes:
    if not isinstance(value, str):
        raise MalformedLedgerError("a signed note is text", where=where)
    return value.encode()

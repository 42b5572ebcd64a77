# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed checkpoints: C2SP signed-note and tlog-checkpoint, Ed25519 signatures (type 0x01).

    <origin>
    <size>
    <base64 of the root>
    [<extension> …]

    — <name> <base64(key hash ‖ signature)>

The key hash is the first four bytes of SHA-256(name ‖ "\\n" ‖ 0x01 ‖ public key). Signatures by
keys a verifier does not know (witnesses, later) are passed over, as the specification demands.
https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint

Standard library only: the offline verifier is built from this module.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from machimori.kernel.envelope import Signer, Verifier
from machimori.ledger.errors import MalformedLedgerError, ProofError
from machimori.ledger.tree import HASH_SIZE, MAX_SIZE

ED25519_TYPE: Final = b"\x01"
MAX_NOTE: Final = 65_536
MAX_SIGNATURES: Final = 100

_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")
_DASH: Final = "— "


class NamedVerifier(Verifier, Protocol):
    """A verifier that shows its 32 raw bytes (`kernel.signing.PublicKey`)."""

    @property
    def raw(self) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class LogKey:
    """The log's public key under its name, which is also the origin of its checkpoints."""

    name: str
    public: NamedVerifier

    def __post_init__(self) -> None:
        check_name(self.name)

    def hash(self) -> bytes:
        """The four bytes that stand before this key's signatures."""
        return key_hash(self.name, self.public.raw)

    def vkey(self) -> str:
        """`<name>+<key hash>+<base64(type ‖ key)>`: what is published for verifiers."""
        text = base64.b64encode(ED25519_TYPE + self.public.raw).decode()
        return f"{self.name}+{self.hash().hex()}+{text}"

    @classmethod
    def parse(cls, vkey: str, public: Callable[[bytes], NamedVerifier]) -> "LogKey":
        """The inverse of `vkey`; `public` makes a verifier of 32 bytes. MalformedLedgerError."""
        parts = vkey.strip().split("+", 2)
        if len(parts) != 3:
            raise MalformedLedgerError("a verifier key is name+hash+key", where="vkey")
        name, digest, text = parts
        raw = _unb64(text, where="vkey")
        if len(raw) != 33 or raw[:1] != ED25519_TYPE:
            raise MalformedLedgerError("not an Ed25519 verifier key", where="vkey")
        key = cls(name=name, public=public(raw[1:]))
        if key.hash().hex() != digest:
            raise MalformedLedgerError("the key's hash does not fit", where="vkey")
        return key


def key_hash(name: str, raw: bytes) -> bytes:
    """SHA-256(name ‖ "\\n" ‖ 0x01 ‖ raw)[:4]."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519_TYPE + raw).digest()[:4]


def check_name(name: str) -> str:
    """Return a key name: not empty, no space, plus or control character. MalformedLedgerError."""
    if not name or len(name) > 255 or "+" in name or not name.isprintable() or " " in name:
        raise MalformedLedgerError("a log's name has no spaces and no plus sign", where="name")
    if any(character.isspace() for character in name):
        raise MalformedLedgerError("a log's name has no spaces and no plus sign", where="name")
    return name


@dataclass(frozen=True, kw_only=True)
class NoteSignature:
    """One signature line."""

    name: str
    key_hash: bytes
    signature: bytes

    def line(self) -> str:
        """The line with its newline."""
        text = base64.b64encode(self.key_hash + self.signature).decode()
        return f"{_DASH}{self.name} {text}\n"


@dataclass(frozen=True, kw_only=True)
class Note:
    """A signed note: `text` ends with a newline; signatures in the order they stand."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """The note's bytes."""
        return (self.text + "\n" + "".join(s.line() for s in self.signatures)).encode()

    @classmethod
    def decode(cls, data: bytes) -> "Note":
        """The inverse of `encode`. Raises MalformedLedgerError."""
        if len(data) > MAX_NOTE:
            raise MalformedLedgerError(f"a note has at most {MAX_NOTE} bytes")
        try:
            whole = data.decode()
        except UnicodeDecodeError as error:
            raise MalformedLedgerError("a note is UTF-8", where=f"byte {error.start}") from error
        if any(character < " " and character != "\n" for character in whole):
            raise MalformedLedgerError("a note has no control characters")
        text, separator, tail = whole.rpartition("\n\n")
        if not separator or not tail.endswith("\n"):
            raise MalformedLedgerError("a note ends with a blank line and signatures")
        lines = tail[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise MalformedLedgerError(f"a note has at most {MAX_SIGNATURES} signatures")
        return cls(text=text + "\n", signatures=tuple(_signature(line) for line in lines))

    def verified_by(self, key: LogKey) -> bool:
        """Whether `key` signed this note. A bad signature under its name and hash is a no."""
        mine = [s for s in self.signatures if s.name == key.name and s.key_hash == key.hash()]
        message = self.text.encode()
        return bool(mine) and all(key.public.verify(s.signature, message) for s in mine)


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A tree head: `origin` names the log, `root` is the hash over its first `size` entries."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.origin or "\n" in self.origin:
            raise MalformedLedgerError("a checkpoint's origin is one line", where="origin")
        if not 0 <= self.size <= MAX_SIZE:
            raise MalformedLedgerError("a tree's size is out of range", where="size")
        if len(self.root) != HASH_SIZE:
            raise MalformedLedgerError("a root has 32 bytes", where="root")
        if any(not line or "\n" in line for line in self.extensions):
            raise MalformedLedgerError("an extension is one line", where="extensions")

    def text(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The inverse of `text`. Raises MalformedLedgerError."""
        if not text.endswith("\n"):
            raise MalformedLedgerError("a checkpoint ends with a newline")
        lines = text[:-1].split("\n")
        if len(lines) < 3:
            raise MalformedLedgerError("a checkpoint has origin, size and root")
        if not _NUMBER.match(lines[1]):
            raise MalformedLedgerError("a size is a decimal number", where="size")
        return cls(
            origin=lines[0],
            size=int(lines[1]),
            root=_unb64(lines[2], where="root"),
            extensions=tuple(lines[3:]),
        )

    def signed(self, key: LogKey, signer: Signer) -> bytes:
        """The signed note. `signer` holds the private half of `key`."""
        text = self.text()
        signature = NoteSignature(
            name=key.name, key_hash=key.hash(), signature=signer.sign(text.encode())
        )
        return Note(text=text, signatures=(signature,)).encode()


def open_checkpoint(note: bytes, key: LogKey) -> Checkpoint:
    """The checkpoint in a note that `key` signed, of the log that `key` names.

    Raises MalformedLedgerError, or ProofError if signature or origin are not `key`'s.
    """
    opened = Note.decode(note)
    checkpoint = Checkpoint.parse(opened.text)
    if checkpoint.origin != key.name:
        raise ProofError("the checkpoint is of another log", where=checkpoint.origin[:80])
    if not opened.verified_by(key):
        raise ProofError(
            "the checkpoint is not signed by the log's key", where=f"size {checkpoint.size}"
        )
    return checkpoint


def _signature(line: str) -> NoteSignature:
    name, separator, text = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not separator:
        raise MalformedLedgerError("not a signature line")
    raw = _unb64(text, where="signature")
    if len(raw) < 5:
        raise MalformedLedgerError("a signature has at least five bytes")
    return NoteSignature(name=check_name(name), key_hash=raw[:4], signature=raw[4:])


def _unb64(text: str, *, where: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedLedgerError("not base64", where=where) from error
    if base64.b64encode(raw).decode() != text:
        raise MalformedLedgerError("base64 is not in canonical form", where=where)
    return raw

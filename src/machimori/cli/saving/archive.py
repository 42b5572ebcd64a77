# SPDX-License-Identifier: AGPL-3.0-or-later
"""The file of a backup: a tar archive whose last member, `manifest.json`, has the SHA-256 of every
other. Members are regular files with relative names; anything else is refused."""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.errors import MalformedError, RefusedError

FORMAT: Final = "machimori.backup/1"
MANIFEST: Final = "manifest.json"
DATABASE: Final = "ledger/database.dump"
VAULT: Final = "vault.tar"
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup says of itself. `files` are SHA-256 in hexadecimal by member."""

    version: str
    taken: str
    """RFC 3339."""
    root: str
    """The installation's directory when it was taken."""
    vault: str
    """The vault's home below it."""
    log: str
    """The ledger's verifier key."""
    size: int
    """Entries that a signed checkpoint covered when it was taken; the ledger in it has more."""
    files: dict[str, str]

    def encode(self) -> bytes:
        """Canonical JSON."""
        source: dict[str, Json] = {"format": FORMAT, **vars(self)}
        return canonical.dumps(source)

    @classmethod
    def decode(cls, data: bytes) -> "Manifest":
        """The inverse. Raises MalformedError."""
        source = canonical.load_object(data)
        if source.pop("format", None) != FORMAT:
            raise MalformedError("this is no backup of this version")
        texts = {
            name: canonical.field(source, name, str)
            for name in ("version", "taken", "root", "vault", "log")
        }
        files = canonical.field(source, "files", dict)
        if not all(isinstance(value, str) for value in files.values()):
            raise MalformedError("the manifest does not have its form")
        return cls(**texts, size=canonical.field(source, "size", int), files=files)


class Writer:
    """Adds members and remembers their digests."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self.files: dict[str, str] = {}

    def add(self, path: Path, name: str) -> None:
        """A file as it is now: one that changes meanwhile is taken in one of its states, because
        it is only ever replaced as a whole. One that has just gone (carried by the courier) is no
        loss."""
        try:
            with path.open("rb") as file:
                data = file.read()
                mode = path.stat().st_mode & 0o777
        except FileNotFoundError:
            return
        self.put(name, data, mode=mode)

    def put(self, name: str, data: bytes, *, mode: int = 0o600) -> None:
        """A member of these bytes."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), mode
        self._archive.addfile(info, io.BytesIO(data))
        self.files[name] = hashlib.sha256(data).hexdigest()

    def stream(self, path: Path, name: str) -> None:
        """A large file."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = path.stat().st_size, 0o600
        with path.open("rb") as file:
            self._archive.addfile(info, file)
        self.files[name] = digest(path)


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def read(source: Path, take: Callable[[str, int, IO[bytes]], str]) -> Manifest:
    """Walk through an archive; `take` is given each member's name, mode and bytes and returns their
    digest. Raises MalformedError if it is no backup, RefusedError if anything in it was changed."""
    found: dict[str, str] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(source, mode="r:") as archive:
            for info in archive:
                file = archive.extractfile(info) if info.isfile() else None
                if file is None or not relative(info.name) or info.name in found:
                    raise MalformedError("a member has no place in a backup", where=info.name[:80])
                if info.name == MANIFEST:
                    manifest = Manifest.decode(file.read())
                else:
                    found[info.name] = take(info.name, info.mode & 0o777, file)
    except (tarfile.TarError, OSError) as error:
        raise MalformedError("this is no backup, or it is cut off", where=str(source)) from error
    if manifest is None:
        raise MalformedError("this backup is cut off: its manifest is missing", where=str(source))
    wrong = sorted(
        name for name in {*found, *manifest.files} if found.get(name) != manifest.files.get(name)
    )
    if wrong:
        raise RefusedError("this backup was changed or damaged", where=f"{source}: {wrong[0]}")
    return manifest


def blocks(file: IO[bytes]) -> Iterator[bytes]:
    """A member's bytes."""
    while block := file.read(_BLOCK):
        yield block


def digest_of(name: str, mode: int, file: IO[bytes]) -> str:
    """`take` for whoever only checks."""
    del name, mode
    found = hashlib.sha256()
    for block in blocks(file):
        found.update(block)
    return found.hexdigest()


def relative(name: str) -> bool:
    """Whether a member's name stays below the directory into which it is unpacked."""
    parts = PurePosixPath(name)
    return not parts.is_absolute() and ".." not in parts.parts and str(parts) == name

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence packages between worker and medium: sealed on the office's disk, each under its own key.

    packages/<name>.sealed       the package (`sealing.py`), 0600
    package-keys/<name>.key      key, size, SHA-256 and interval as JSON, 0600

A package is there exactly if its key is: the key is written last and erased first. What a killed
worker leaves has no key and opens for nobody. `package-keys` belongs in no backup.
"""

import contextlib
import hashlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from machimori.evidence.room import Room
from machimori.kernel import canonical
from machimori.kernel.durable import Disk
from machimori.kernel.errors import DurabilityError
from machimori.kernel.instants import Micros
from machimori.office.handover.sealing import KEY, SealedFile
from machimori.office.shared.config import config

_PIECE: Final = 1 << 20
_LEFT: Final = 24 * 3600
"""Seconds after which a file without a key, which nobody writes to, is removed."""


@dataclass(frozen=True, kw_only=True)
class Packed:
    """A package that lies sealed on the office's disk."""

    name: str
    size: int
    digest: str
    """SHA-256 of the zip, hexadecimal: what is compared after a medium was written."""
    start: Micros
    end: Micros

    def open(self) -> SealedFile:
        """The package, to read. Raises FileNotFoundError if it was discarded."""
        known = _key(self.name)
        descriptor = os.open(_sealed(self.name), os.O_RDONLY)
        return SealedFile(descriptor, known[0], path=_sealed(self.name), size=self.size)


class SealedPlace:
    """Where the package of this name will lie, for `evidence.make`."""

    def __init__(self, name: str, *, start: Micros, end: Micros, disk: Disk | None = None) -> None:
        self._name = name
        self._interval = start, end
        self._disk = disk or Disk()
        self._key = secrets.token_bytes(KEY)
        """In memory alone until the package is finished."""
        self._partial = _sealed(name).with_name(f".{name}.{os.getpid()}.partial")

    def taken(self) -> bool:
        """Whether there is such a package."""
        return _key_file(self._name).exists()

    def begin(self) -> SealedFile:
        """A new sealed file. Raises DurabilityError."""
        for directory in (_sealed("").parent, _key_file("").parent):
            self._disk.make_directory(directory, mode=0o700)
        try:
            descriptor = os.open(self._partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise DurabilityError(
                f"the package cannot be made: {error.strerror}", where=self._name
            ) from error
        return SealedFile(descriptor, self._key, path=self._partial, disk=self._disk)

    def finish(self, room: Room) -> None:
        """1. rename; 2. fsync the directory; 3. write the key's file (`Disk.create`)."""
        digest = hashlib.sha256()
        for offset in range(0, room.size, _PIECE):
            digest.update(room.read_at(offset, _PIECE))
        self._disk.move(self._partial, _sealed(self._name))
        start, end = self._interval
        known = {
            "end": end,
            "key": canonical.b64(self._key),
            "sha256": digest.hexdigest(),
            "size": room.size,
            "start": start,
        }
        self._disk.create(_key_file(self._name), canonical.dumps(known), mode=0o600)

    def abandon(self) -> None:
        """Remove what `begin` made."""
        self._partial.unlink(missing_ok=True)


def find(name: str) -> Packed | None:
    """The package of this name; None if there is none, or no more."""
    try:
        return _key(name)[1]
    except FileNotFoundError:
        return None


def discard(name: str, disk: Disk | None = None) -> None:
    """End a package: 1. erase its key (from here on nobody opens it); 2. remove the file."""
    disk = disk or Disk()
    disk.erase(_key_file(name))
    if _sealed(name).exists():
        disk.remove(_sealed(name))


def names() -> list[str]:
    """Every package that lies there, in order."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(one.stem for one in _key_file("").parent.glob("*.key"))
    return []


def clear_leavings() -> int:
    """Remove files without a key that nobody writes to any more; how many there were."""
    with contextlib.suppress(FileNotFoundError):
        found = [one for one in _sealed("").parent.iterdir() if _left(one)]
        for one in found:
            Disk().remove(one)
        return len(found)
    return 0


def _left(path: Path) -> bool:
    if path.suffix == ".sealed" and _key_file(path.stem).exists():
        return False
    try:
        return time.time() - path.stat().st_mtime > _LEFT
    except FileNotFoundError:
        return False


def _sealed(name: str) -> Path:
    return config().directory / "packages" / f"{name}.sealed"


def _key_file(name: str) -> Path:
    return config().directory / "package-keys" / f"{name}.key"


def _key(name: str) -> tuple[bytes, Packed]:
    source = canonical.load_object(_key_file(name).read_bytes())
    packed = Packed(
        name=name,
        size=canonical.field(source, "size", int),
        digest=canonical.field(source, "sha256", str),
        start=Micros(canonical.field(source, "start", int)),
        end=Micros(canonical.field(source, "end", int)),
    )
    return canonical.unb64(canonical.field(source, "key", str), where="key"), packed

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Putting a backup back, into an empty directory only.

1. every digest is compared, before anything is written; 2. the files; 3. the vault's home, with the
paths of its places; 4. the database, made anew; 5. a walk through the whole ledger, which must
extend the signer's last checkpoint.
"""

import hashlib
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from machimori.cli.saving import archive
from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MalformedError, RefusedError, UsageError
from machimori.ledger.postgres import dumping
from machimori.ledger.postgres.home import Home
from machimori.ledger.verify import verify
from machimori.vault.opening.places import MARKER

_INIT = "init.json"


def restore(
    source: Path, directory: Path, *, places: Mapping[str, Path], disk: Disk
) -> tuple[archive.Manifest, list[str]]:
    """The manifest, and the vault's places that are not there now.

    `places` says where surviving media are; one not named is expected where it was, or, if it lay
    inside of the installation, at the same place inside `directory`. Raises UsageError if the
    directory is not empty or no place has a name that is given, MalformedError, RefusedError if
    the backup was changed or its ledger is not sound.
    """
    if directory.exists() and any(directory.iterdir()):
        raise UsageError("is not empty; nothing is restored over anything", where=str(directory))
    manifest = archive.read(source, archive.digest_of)
    disk.make_directory(directory)
    archive.read(source, lambda name, mode, file: _unpack(directory, name, mode, file))
    away = _vault(directory, manifest, places, disk)
    home = _ledger(directory, manifest, disk)
    dump = directory / archive.DATABASE
    dumping.restore(home, dump)
    _verify(home)
    dump.unlink()
    os.sync()
    return manifest, away


def _unpack(directory: Path, name: str, mode: int, file: IO[bytes]) -> str:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = hashlib.sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as out:
        for block in archive.blocks(file):
            out.write(block)
            found.update(block)
    return found.hexdigest()


def _vault(
    directory: Path, manifest: archive.Manifest, given: Mapping[str, Path], disk: Disk
) -> list[str]:
    home, packed = directory / manifest.vault, directory / archive.VAULT
    home.mkdir(parents=True, mode=0o700)
    with tarfile.open(packed, mode="r:") as tar:
        for info in tar:
            file = tar.extractfile(info) if info.isfile() else None
            if file is None or not archive.relative(info.name):
                raise MalformedError("a member has no place in a vault", where=info.name[:80])
            _unpack(home, info.name, 0o600, file)
    packed.unlink()
    listed = canonical.load_object((home / "places.json").read_bytes())
    if unknown := sorted(set(given) - set(listed)):
        raise UsageError(
            "the vault has no place of this name",
            where=f"--place {unknown[0]}",
            remedy="one of " + ", ".join(sorted(listed)),
        )
    moved = {
        name: given[name].resolve()
        if name in given
        else _moved(Path(str(path)), manifest, directory)
        for name, path in listed.items()
    }
    content: dict[str, Json] = {name: str(path) for name, path in moved.items()}
    disk.replace(home / "places.json", canonical.dumps(content), mode=0o600)
    _answers(directory, content, disk)
    return sorted(name for name, path in moved.items() if not (path / MARKER).exists())


def _moved(path: Path, manifest: archive.Manifest, directory: Path) -> Path:
    root = Path(manifest.root)
    return directory / path.relative_to(root) if path.is_relative_to(root) else path


def _answers(directory: Path, places: dict[str, Json], disk: Disk) -> None:
    """What `machimori init` was told about places holds for the new directory."""
    path = directory / _INIT
    if path.exists():
        source = canonical.load_object(path.read_bytes())
        disk.replace(path, canonical.dumps(source | {"places": places}), mode=0o600)


def _ledger(directory: Path, manifest: archive.Manifest, disk: Disk) -> Home:
    """The ledger's directory. Its database is made inside of it, wherever the one that was backed
    up lay: that one may still be there, and is left alone."""
    (place,) = (Path(name).parent for name in manifest.files if name.endswith("ledger.json"))
    path = directory / place / "ledger.json"
    source = canonical.load_object(path.read_bytes())
    disk.replace(path, canonical.dumps(source | {"cluster": None}), mode=0o644)
    return Home.read(path.parent)


def _verify(home: Home) -> None:
    kept = [(home.directory / "signer" / "checkpoint").read_bytes()]
    with home.server(), home.snapshot() as snapshot:
        report = verify(snapshot, kept=kept)
    if not report.sound:
        raise RefusedError(
            f"the restored ledger is not sound: {report.problems[0]}", where=str(home.directory)
        )

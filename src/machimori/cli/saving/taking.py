# SPDX-License-Identifier: AGPL-3.0-or-later
"""Taking a backup while everything runs.

1. the vault's archive, which remembers a tree of the ledger; 2. the files, the signer's last
checkpoint and the courier's position among them; 3. the database, as of one moment; 4. the
manifest; 5. all of it is read back and compared; 6. synced, and given its name (`Disk.publish`).
What is taken later holds all that was referred to earlier, so that the restored ledger is never
behind the signer or the vault that were taken with it.
"""

import os
import tarfile
import tempfile
from pathlib import Path

from machimori import __version__
from machimori.cli.running.config import RunConfig
from machimori.cli.saving import archive, selection
from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import RefusedError, UsageError
from machimori.kernel.instants import instant, rfc3339
from machimori.ledger.checkpoint import open_checkpoint
from machimori.ledger.postgres import dumping
from machimori.vault.opening import setup


def take(config: RunConfig, target: Path, *, clock: Clock, disk: Disk) -> tuple[Path, int]:
    """Write a backup to a file, or into a directory; its path and how many files are in it.

    Raises UsageError if it exists, if its database is elsewhere or a part lies outside, and what
    the parts raise.
    """
    if config.ledger.database is not None:
        raise UsageError(
            "this installation's database is elsewhere and is backed up there",
            where=str(config.ledger.directory),
            remedy="back it up with that server's tools, and the directory by itself",
        )
    if target.is_dir():
        stamp = instant(clock.now()).strftime("%Y%m%dT%H%M%SZ")
        target = target / f"machimori-{config.office.host}-{stamp}.tar"
    if target.exists():
        raise UsageError("exists already", where=str(target))
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
            count = _write(config, archive.Writer(tar), target.parent, clock)
        _check(unfinished)
        disk.publish(unfinished, target, mode=0o600)
    finally:
        unfinished.unlink(missing_ok=True)
    return target, count


def _write(config: RunConfig, writer: archive.Writer, beside: Path, clock: Clock) -> int:
    root, home = config.path.parent, config.ledger
    with tempfile.TemporaryDirectory(dir=beside, prefix=".machimori-") as name:
        place = Path(name)
        setup.backup(config.vault, place / archive.VAULT)
        writer.stream(place / archive.VAULT, archive.VAULT)
        note = (home.directory / "signer" / "checkpoint").read_bytes()
        for path in selection.files(config):
            writer.add(path, path.relative_to(root).as_posix())
        with dumping.administered(home) as admin:
            dumping.dump(admin, place / "database")
        writer.stream(place / "database", archive.DATABASE)
        manifest = archive.Manifest(
            version=__version__,
            taken=rfc3339(clock.now()),
            root=str(root),
            vault=config.vault.relative_to(root).as_posix(),
            log=home.key.vkey(),
            size=open_checkpoint(note, home.key).size,
            files=dict(writer.files),
        )
        writer.put(archive.MANIFEST, manifest.encode())
    return len(manifest.files)


def _check(path: Path) -> None:
    """Read it back: every digest, a dump that PostgreSQL can read, no destructible key."""
    manifest = archive.read(path, archive.digest_of)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".machimori-") as name:
        place = Path(name)
        with tarfile.open(path, mode="r:") as tar:
            for member in (archive.DATABASE, archive.VAULT):
                source = tar.extractfile(member)
                assert source is not None
                with (place / Path(member).name).open("wb") as out:
                    out.writelines(archive.blocks(source))
        if not any("ledger entry" in line for line in dumping.contents(place / "database.dump")):
            raise RefusedError("the database's dump holds no ledger", where=str(path))
        with tarfile.open(place / archive.VAULT, mode="r:") as vault:
            names = [*vault.getnames(), *manifest.files]
    if found := [one for one in names if one.endswith(".epoch")]:
        raise RefusedError("a destructible key came into the backup", where=found[0])

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making a vault, and backing one up.

A backup holds everything but the places: with it alone nothing can be opened, and it brings no
destroyed key back. What protects against the loss of a disk is the mirroring of places.
"""

import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

from machimori.kernel import canonical
from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.signing import PublicKey, SigningKey
from machimori.vault.client.statements import Appointment
from machimori.vault.errors import VaultDurabilityError, VaultRefusedError
from machimori.vault.opening.charter import Charter
from machimori.vault.opening.clocks import ClockStatus
from machimori.vault.opening.log import FILE, VaultLog, make_record
from machimori.vault.opening.officers import RelyingParty
from machimori.vault.opening.places import Places
from machimori.vault.opening.root import RootMethod, new_root, seal_root

_BACKED_UP = ("charter.json", "journal.key", "places.json", "root.json", "vault.log")
_DIRECTORIES = ("bundles", "keyring")


def initialise(
    home: Path,
    *,
    places: Mapping[str, Path],
    officers: tuple[Appointment, ...],
    quorum: int,
    posts: tuple[str, ...],
    ledger_key: str,
    method: RootMethod,
    secret: bytes,
    clock: Clock,
    status: ClockStatus,
    override_signers: int = 1,
    party: RelyingParty | None = None,
    rehearsal: bool = False,
    disk: Disk | None = None,
) -> str:
    """Make a vault in an empty directory; returns the fingerprint of the city's key.

    Raises VaultRefusedError if there is one already, MalformedError if the charter cannot work.
    """
    disk = disk or Disk()
    for path in (home / "charter.json", *(p / FILE for p in (home, *places.values()))):
        if path.exists():
            raise VaultRefusedError("exists", "there is a vault already", where=str(path))
    root = new_root()
    city = root.city_key()
    journal = SigningKey.generate()
    charter = Charter(
        officers=officers,
        quorum=quorum,
        posts=posts,
        override_signers=override_signers,
        ledger_key=ledger_key,
        party=party or RelyingParty(rp_id="", origins=()),
        city=city.public.raw,
        journal=journal.public.raw,
        places=tuple(places),
        rehearsal=rehearsal,
    )
    charter.check()
    envelope = charter.envelope().signed_by("city", city)
    disk.make_directory(home, mode=0o700)
    named = Places(places, disk, charter=envelope.digest().hex())
    for name in places:
        named.adopt(name)
    disk.replace(home / "root.json", seal_root(root, method, secret), mode=0o600)
    disk.replace(home / "journal.key", journal.seed(), mode=0o600)
    content = {name: str(path.absolute()) for name, path in places.items()}
    disk.replace(home / "places.json", canonical.dumps(content), mode=0o600)
    log = VaultLog(home, named, PublicKey(charter.journal), disk)
    record = make_record(
        signer=journal,
        sequence=0,
        previous="",
        kind="vault.initialised",
        at=clock.now(),
        subject={},
        facts={"charter": envelope.digest().hex()},
        body={"boot": status.boot(), "monotonic": round(clock.monotonic() * 1_000_000)},
    )
    log.append(record.line())
    log.close()
    named.close()
    # Last, because its presence says that there is a vault.
    disk.create(home / "charter.json", envelope.encode(), mode=0o600)
    return city.public.fingerprint()


def replace_place(home: Path, name: str, *, disk: Disk | None = None) -> None:
    """Mark a new, empty medium as the place of this name, after the old one was lost.

    The vault copies the living objects to it at its next expiry or start. What the old medium may
    still hold is destroyed by whoever disposes of it. Raises VaultRefusedError.
    """
    disk = disk or Disk()
    envelope = Envelope.decode((home / "charter.json").read_bytes())
    charter = Charter.decode(envelope)
    paths = canonical.load_object((home / "places.json").read_bytes())
    places = Places(
        {n: Path(paths[n]) for n in charter.places}, disk, charter=envelope.digest().hex()
    )
    try:
        places.adopt(name)
    finally:
        places.close()


def backup(home: Path, target: Path, *, disk: Disk | None = None) -> None:
    """Write a tar archive of all that may be backed up. Raises VaultRefusedError if it exists.

    1. write it under a temporary name; 2. sync it and give it its own (`Disk.publish`): what is
    called `target` is whole. Raises DurabilityError if either fails.

    Places are left out wherever they lie, below `home` too: an epoch object in an archive would
    outlive its destruction.
    """
    disk = disk or Disk()
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as archive:
            _archive(home, archive)
        disk.publish(unfinished, target, mode=0o600)
    except FileExistsError as error:
        raise VaultRefusedError(
            "exists", "the archive exists already", where=str(target)
        ) from error
    except OSError as error:
        raise VaultDurabilityError(
            f"no archive was written: {error.strerror}", where=str(error.filename or target)
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _archive(home: Path, archive: tarfile.TarFile) -> None:
    for name in _BACKED_UP:
        archive.add(home / name, arcname=name)
    for directory in _DIRECTORIES:
        for path in sorted((home / directory).glob("*.json")):
            archive.add(path, arcname=f"{directory}/{path.name}")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Make an evidence package: from sealed segments to a verified zip, in one pass.

1. ask the ledger and the vault: the opening is on record before keys leave, and take from the
ledger what shows by when the footage existed; 2. decrypt, hash, write
and remux each chunk once; 3. state what is here and what is not, signed by the vault; 4. write the
bag's lists; 5. fsync; 6. verify with the very verifier that the recipient gets; 7. only then give
the package its name. What fails before that leaves nothing behind.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from machimori.evidence.anchoring import CameraAnchors, find_anchors
from machimori.evidence.errors import DamagedSegmentError, UnsoundPackageError
from machimori.evidence.ordering import (
    Order,
    Vault,
    bounds_of,
    open_order,
    stored_footage,
    trust_of,
    usable,
)
from machimori.evidence.selection import CameraFootage
from machimori.evidence.verifier.ahead import quick_turns
from machimori.evidence.verifier.check import Progress, verify
from machimori.evidence.verifier.statement import Statement
from machimori.evidence.verifier.verdict import Judgement, Verdict
from machimori.evidence.writing import Stamper, Writing
from machimori.footage.store import Store
from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import DurabilityError
from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.ledger.interface import LedgerInterface
from machimori.vault.client.reader import Reader

__all__ = ["Order", "Package", "Stamper", "Vault", "make"]


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package that was written and verified."""

    path: Path
    statement: Statement
    judgement: Judgement
    size: int


def make(
    *,
    client: Vault,
    ledger: LedgerInterface,
    store: Store,
    order: Order,
    reader: Reader,
    out: Path,
    clock: Clock,
    disk: Disk | None = None,
    stamper: Stamper | None = None,
    progress: Progress | None = None,
) -> Package:
    """Write the package to `out`, which must not exist.

    Raises NotDeliverableError if the order goes beyond its authorisation (A15) or nothing was
    recorded, RefusedError if the vault refuses, UnsoundPackageError if what was written does not
    verify, FileExistsError, DurabilityError, and what store and ledger raise. Nothing is left at
    `out` then.
    """
    disk = disk or Disk()
    if out.exists():
        raise FileExistsError(str(out))
    bounds = bounds_of(order)
    trust = trust_of(client.identity())
    footage = stored_footage(store, bounds, trust)
    opening = open_order(client, ledger, order, footage, clock)

    def anchored(footage: tuple[CameraFootage, ...]) -> tuple[CameraAnchors, ...]:
        return tuple(find_anchors(store, ledger, camera) for camera in footage)

    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
    except OSError as error:
        raise DurabilityError(
            f"the package cannot be made: {error.strerror}", where=str(out)
        ) from error
    try:
        writing = Writing(descriptor, bounds=bounds, opening=opening, order=order, made=clock.now())
        statement = _write(writing, client, reader, footage, anchored, stamper, progress)
        size = os.fstat(descriptor).st_size
        with ThreadPoolExecutor(1, "package-sync") as beside:
            synced = beside.submit(disk.sync_file, descriptor, partial)
            judgement = verify(partial, city=trust.city.fingerprint(), progress=progress)
            synced.result()
        if judgement.verdict is not Verdict.SOUND:
            raise UnsoundPackageError(
                "the package does not verify",
                where="; ".join(f"{f.code} {f.where}" for f in judgement.findings[:5]),
                remedy="nothing was handed out; check the store with: machimori footage check",
            )
        if out.exists():
            raise FileExistsError(str(out))
        disk.move(partial, out)
    finally:
        os.close(descriptor)
        partial.unlink(missing_ok=True)
    ledger.append(_made(statement, size, clock.now()))
    return Package(path=out, statement=statement, judgement=judgement, size=size)


def _write(
    writing: Writing,
    client: Vault,
    reader: Reader,
    footage: tuple[CameraFootage, ...],
    anchored: Callable[[tuple[CameraFootage, ...]], tuple[CameraAnchors, ...]],
    stamper: Stamper | None,
    progress: Progress | None,
) -> Statement:
    """Write the package. A segment that turns out damaged is set aside, and it starts over."""
    try:
        while True:
            try:
                with quick_turns():
                    return writing.run(
                        client, reader, footage, anchored(footage), stamper, progress
                    )
            except DamagedSegmentError as error:
                remaining = [camera.without({error.segment}) for camera in footage]
                footage = usable(remaining, writing.case)
                writing.start_over()
    finally:
        writing.zip.close()


def _made(statement: Statement, size: int, at: Micros) -> Entry:
    return Entry(
        type="evidence.made",
        at=at,
        subject={"case": statement.case, "package": statement.package},
        data={
            "authorisation": statement.authorisation,
            "bytes": size,
            "release": statement.release,
            "statement": statement.envelope().digest().hex(),
        },
    )

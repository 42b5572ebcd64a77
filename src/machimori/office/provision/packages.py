# SPDX-License-Identifier: AGPL-3.0-or-later
"""The evidence package of an extraction: where it lies, and how it is made.

It lies in the office's directory (`packages/<case>-<serial>.zip`, mode 0640) from when the worker
made it until the completion check, and nowhere else: then the copy on the medium is the only one.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from machimori.evidence import make
from machimori.evidence.verifier.check import Progress
from machimori.kernel.durable import Disk
from machimori.office.provision.drafting import Extent
from machimori.office.provision.history import File
from machimori.office.provision.orders import order_of
from machimori.office.provision.readers import reader_of
from machimori.office.shared.config import config
from machimori.office.shared.engine import engine

_PIECE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Made:
    """A package on the office's disk."""

    path: Path
    digest: str
    """SHA-256 of the file, hexadecimal: what is compared after a medium was written."""
    size: int


def path_of(file: File) -> Path:
    """Where the package of the case's last extraction lies, or will lie."""
    begun = file.latest("extraction_begun")
    assert begun is not None
    return config().directory / "packages" / f"{file.case.pk}-{begun.serial}.zip"


def make_package(file: File, part: Extent, progress: Progress | None = None) -> Made:
    """Make the package of this part, or take the one that is there: it got its name only after it
    was verified. Raises what `evidence.make` raises."""
    out = path_of(file)
    if not out.exists():
        Disk().make_directory(out.parent, mode=0o700)
        below = engine()
        make.make(
            client=below.vault,
            ledger=below.ledger,
            store=below.case_store(file.case.case_id),
            order=order_of(file, part),
            reader=reader_of(file.case.case_id),
            out=out,
            clock=below.clock,
            progress=progress,
        )
    return Made(path=out, digest=_digest(out), size=out.stat().st_size)


def discard(file: File) -> None:
    """Remove the package of the last extraction from the office's disk, if it is there."""
    if file.latest("extraction_begun") is not None and path_of(file).exists():
        Disk().remove(path_of(file))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()

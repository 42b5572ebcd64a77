# SPDX-License-Identifier: AGPL-3.0-or-later
"""A case's reader: the key pair to which the vault will seal what the case may open.

The secret half lies in the office's directory (`readers/<case>`, mode 0600), never in a table: a
copy of the database opens nothing.
"""

from pathlib import Path

from machimori.kernel.durable import Disk
from machimori.kernel.ids import CaseId
from machimori.office.shared.config import config
from machimori.office.shared.stored import register
from machimori.vault.client.reader import Reader


def reader_of(case: CaseId) -> Reader:
    """The case's reader; made when it is first asked for. Raises OSError, MalformedError."""
    path = _path(case)
    if path.exists():
        return Reader.restore(path.read_bytes())
    made, disk = Reader.generate(), Disk()
    disk.make_directory(path.parent, mode=0o700)
    disk.create(path, made.secret(), mode=0o600)
    return made


def discard_reader(case: str) -> None:
    """Erase the secret: what a copy of the store still holds sealed to it opens for nobody."""
    Disk().erase(_path(case))


def install() -> None:
    """Called once, when the app is ready."""
    register("provision.reader", discard_reader)


def _path(case: str) -> Path:
    return config().directory / "readers" / case

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every step of `machimori init` works with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from machimori.cli.installing.answers import Answers
from machimori.kernel.durable import Disk
from machimori.vault.opening.root import RootMethod


@dataclass(frozen=True, kw_only=True)
class Making:
    """What a step works with."""

    directory: Path
    answers: Answers
    disk: Disk
    officers: tuple[Path, ...]
    """Appointments of the vault's first officers, as they came from their own computers."""
    secret: Callable[[], tuple[RootMethod, bytes]]
    """The root's key file or passphrase; asked for only when the vault is made."""

    @property
    def recorder(self) -> Path:
        return self.directory / "recorders" / self.answers.recorder

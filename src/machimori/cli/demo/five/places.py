# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the demo's city keeps what, and whether a directory is one.

demo            the mark: this directory is the demo's and may be begun again
made            the last thing that making it writes; without it, it is begun again
machimori.toml  the file of `machimori run`
clock           the vault's time, which making moves through two weeks and running keeps
"""

import contextlib
import fcntl
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from machimori.kernel.errors import UsageError

_MARK: Final = ".demo"
_MADE: Final = ".made"


@dataclass(frozen=True, kw_only=True)
class Places:
    """The directory of a demo's city; absolute."""

    directory: Path

    @property
    def made(self) -> bool:
        """Whether there is a whole city to go on with."""
        return bool(self.schemes)

    @property
    def schemes(self) -> tuple[str, ...]:
        """The ids of its schemes; none before it is whole."""
        try:
            return tuple((self.directory / _MADE).read_text().split())
        except FileNotFoundError:
            return ()

    @property
    def config(self) -> Path:
        """The installation's one file."""
        return self.directory / "machimori.toml"

    @property
    def ledger(self) -> Path:
        return self.directory / "ledger"

    @property
    def office(self) -> Path:
        return self.directory / "office"

    @property
    def store(self) -> Path:
        return self.directory / "store"

    @property
    def cases(self) -> Path:
        return self.directory / "cases"

    @property
    def expiry(self) -> Path:
        return self.directory / "expiry"

    @property
    def clips(self) -> Path:
        """The simulated cameras' clips, rendered once."""
        return self.directory / "clips"

    @property
    def vault(self) -> Path:
        """What `VaultProcess` makes: the vault's home, its root key and its clock."""
        return self.directory / "v"

    @property
    def vault_home(self) -> Path:
        return self.vault / "vault"

    @property
    def vault_clock(self) -> Path:
        return self.vault / "clock"

    @property
    def vault_key(self) -> Path:
        """The root key with which a demo opens its vault by itself."""
        return self.vault / "root.key"

    @property
    def socket(self) -> Path:
        return self.vault / "run" / "vault.sock"

    def recorder(self, name: str) -> Path:
        """The directory of a recorder."""
        return self.directory / name

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other demo out of the directory, which is made if it is missing.

        Raises UsageError if it holds something else, or a demo that runs.
        """
        mark = self.directory / _MARK
        if not mark.exists() and self.directory.exists() and any(self.directory.iterdir()):
            raise UsageError(
                "this directory is not the demo's",
                where=str(self.directory),
                remedy="name another one",
            )
        self.directory.mkdir(parents=True, exist_ok=True)
        with mark.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UsageError(
                    "a demo runs here already", where=str(self.directory), remedy="end it first"
                ) from error
            yield

    def begin(self) -> None:
        """Empty the directory, which is held, for a new city."""
        for one in self.directory.iterdir():
            if one.is_dir():
                shutil.rmtree(one)
            elif one.name != _MARK:
                one.unlink()
        for place in (self.store, self.cases, self.expiry, self.clips):
            place.mkdir()

    def finish(self, schemes: Iterable[str]) -> None:
        """From now on there is a city here, with these schemes."""
        (self.directory / _MADE).write_text("\n".join(schemes))

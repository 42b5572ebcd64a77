# SPDX-License-Identifier: AGPL-3.0-or-later
"""The engine below the pages: clock, vault, ledger, stores. Handed out, never imported.

`engine()` returns what the process was started with. Tests install their own.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from machimori.footage.held import CaseFootage
from machimori.footage.holds import Holds
from machimori.footage.pace import Pace
from machimori.footage.place import open_store
from machimori.footage.store import Store
from machimori.kernel.clock import Clock, ShiftedClock, SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.ids import CaseId
from machimori.ledger.interface import LedgerInterface
from machimori.ledger.postgres.home import Home
from machimori.office.shared.errors import ActionError
from machimori.vault.client.client import VaultClient

_OPERATIONS = 200.0
_BYTES = 50e6
"""Copying for a hold, a second: it must not disturb recording to the same store."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """What actions act upon. Safe to share between threads."""

    clock: Clock
    vault: VaultClient
    ledger: LedgerInterface
    open_footage: Callable[[], Store]
    open_cases: Callable[[], Store]

    @property
    def store(self) -> Store:
        """All footage. Raises UsageError if the store is not there."""
        return self.open_footage()

    @property
    def cases(self) -> Store:
        """Where held segments are copied, case by case. Raises UsageError if it is not there."""
        return self.open_cases()

    @property
    def holds(self) -> Holds:
        """The installation's holds, for one thread. Raises UsageError if a store is not there."""
        return Holds(
            self.store,
            self.cases,
            Pace(self.clock, operations=_OPERATIONS, size=_BYTES),
        )

    def case_store(self, case: CaseId) -> CaseFootage:
        """What can be read for a case: its own copies, and the store where there is none yet."""
        return CaseFootage(self.store, self.cases, case)

    def at(self, clock: Clock) -> "Engine":
        """The same engine by another clock."""
        return replace(self, clock=clock)

    @classmethod
    def of(
        cls, *, home: Home, vault: Path, store: Path, cases: Path, clock_shift: int = 0
    ) -> "Engine":
        """The engine of an installation. Nothing is opened before it is used: the pages live on,
        and say so, when vault or store are down."""
        disk = Disk()
        return cls(
            clock=ShiftedClock(clock_shift) if clock_shift else SystemClock(),
            vault=VaultClient(vault),
            ledger=home.ledger("office"),
            open_footage=cache(lambda: open_store(store, disk)),
            open_cases=cache(lambda: open_store(cases, disk)),
        )


_installed: list[Engine] = []


def install(engine: Engine) -> None:
    """Make `engine` the process's; replaces one that was installed before."""
    _installed[:] = [engine]


def engine() -> Engine:
    """The process's engine. Raises ActionError if none was installed."""
    if not _installed:
        raise ActionError("no engine was installed in this process")
    return _installed[0]

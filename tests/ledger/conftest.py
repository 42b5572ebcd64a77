# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of the ledger's tests: a real server and sequencer, shared where nothing is broken."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.ledger.testing import LedgerProcess

MakeEntry = Callable[..., Entry]


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerProcess]:
    """A ledger that several tests append to. None of them stops anything."""
    with LedgerProcess(tmp_path_factory.mktemp("ledger") / "l") as process:
        yield process


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LedgerProcess]:
    """A ledger of the test's own, for tests that break it."""
    with LedgerProcess(tmp_path / "l") as process:
        yield process


@pytest.fixture
def make_entry() -> MakeEntry:
    """Makes distinct entries."""

    def make(number: int = 0) -> Entry:
        return Entry(type="refusal", at=Micros(1_795_000_000_000_000 + number))

    return make

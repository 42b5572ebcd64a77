# SPDX-License-Identifier: AGPL-3.0-or-later
"""The double in memory behaves as the interface says."""

import pytest

from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.ledger.errors import LedgerUnavailableError, MalformedLedgerError, NotIncludedError
from machimori.ledger.interface import LedgerInterface
from machimori.ledger.testing import MemoryLedger

ENTRY = Entry(type="refusal", at=Micros(1))


def test_it_is_a_ledger() -> None:
    ledger: LedgerInterface = MemoryLedger()
    ledger.append(ENTRY)
    proof = ledger.wait(ENTRY.id)
    proof.verify(ledger.entry(ENTRY.id), ledger.key)
    assert list(ledger.entries()) == [ENTRY.encode()]


def test_appending_again_changes_nothing() -> None:
    ledger = MemoryLedger()
    ledger.append(ENTRY)
    ledger.append(ENTRY)
    assert len(list(ledger.entries())) == 1
    with pytest.raises(MalformedLedgerError, match="another entry"):
        ledger.append(Entry(type="refusal", at=Micros(2), id=ENTRY.id))


def test_pending_entries_have_no_proof() -> None:
    ledger = MemoryLedger(automatic=False)
    ledger.append(ENTRY)
    assert ledger.entry(ENTRY.id) == ENTRY.encode()
    with pytest.raises(NotIncludedError):
        ledger.wait(ENTRY.id)
    with pytest.raises(NotIncludedError):
        ledger.checkpoint()
    ledger.sequence()
    ledger.wait(ENTRY.id).verify(ENTRY.encode(), ledger.key)


def test_down_means_nothing_is_recorded() -> None:
    ledger = MemoryLedger()
    ledger.down = True
    with pytest.raises(LedgerUnavailableError, match="nothing was recorded"):
        ledger.append(ENTRY)
    ledger.down = False
    with pytest.raises(NotIncludedError):
        ledger.inclusion(ENTRY.id)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The courier carries everything exactly once, whatever fails on the way."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from machimori.kernel.durable import Disk, Moment
from machimori.kernel.errors import DurabilityError
from machimori.kernel.instants import Micros
from machimori.ledger.courier import carry_journal, carry_outbox, read_position
from machimori.ledger.entry import Entry
from machimori.ledger.errors import (
    LedgerError,
    LedgerUnavailableError,
    MalformedLedgerError,
    NotIncludedError,
)
from machimori.ledger.testing import LedgerProcess, MemoryLedger

ENTRIES = [Entry(type="recorder.anchor", at=Micros(n), id=f"{n:032x}") for n in range(1200)]


def fill(outbox: Path, count: int) -> None:
    outbox.mkdir(exist_ok=True)
    for number, entry in enumerate(ENTRIES[:count]):
        (outbox / f"{number:04}.json").write_bytes(entry.encode())


def test_an_outbox_is_emptied_in_order(tmp_path: Path) -> None:
    fill(tmp_path, 1200)
    (tmp_path / "unfinished.tmp").write_bytes(b"{")
    ledger = MemoryLedger()
    assert carry_outbox(tmp_path, ledger, Disk()).entries == 1200
    assert list(ledger.entries()) == [entry.encode() for entry in ENTRIES]
    assert [path.name for path in tmp_path.iterdir()] == ["unfinished.tmp"]
    assert carry_outbox(tmp_path, ledger, Disk()).entries == 0


def test_what_is_no_entry_is_put_aside(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    (tmp_path / "0001.json").write_bytes(b"garbage")
    (tmp_path / "large.json").write_bytes(b"x" * 70_000)
    carried = carry_outbox(tmp_path, MemoryLedger(), Disk())
    assert (carried.entries, carried.refused) == (2, ("0001.json", "large.json"))
    assert sorted(path.name for path in (tmp_path / "refused").iterdir()) == [
        "0001.json",
        "large.json",
    ]


def test_nothing_is_forgotten_before_it_is_included(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    ledger = MemoryLedger(automatic=False)
    with pytest.raises(NotIncludedError, match="the files stay"):
        carry_outbox(tmp_path, ledger, Disk())
    assert len(list(tmp_path.glob("*.json"))) == 3
    ledger.down = True
    with pytest.raises(LedgerUnavailableError):
        carry_outbox(tmp_path, ledger, Disk())
    ledger.down = False
    ledger.sequence()
    assert carry_outbox(tmp_path, ledger, Disk()).entries == 3
    assert len(list(ledger.entries())) == 3


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_power_cut_carries_nothing_twice(tmp_path: Path, moment: Moment) -> None:
    fill(tmp_path, 3)
    cuts = iter([False, True])

    def cut(step: str, _path: Path, when: Moment) -> None:
        if (step, when) == ("unlink", moment) and next(cuts, False):
            raise DurabilityError("power cut")

    ledger = MemoryLedger()
    with pytest.raises(DurabilityError):
        carry_outbox(tmp_path, ledger, Disk(cut))
    carry_outbox(tmp_path, ledger, Disk())
    assert list(ledger.entries()) == [entry.encode() for entry in ENTRIES[:3]]
    assert not list(tmp_path.glob("*.json"))


NO_ENTRY = b"a record that concerns nobody else"


class Kept:
    """A journal that grows, and holds records that are no entries."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self.asked: list[int] = []

    page = 500

    def length(self) -> int:
        return len(self.lines)

    def read(self, since: int) -> Iterable[bytes]:
        self.asked.append(since)
        page = self.lines[since : since + self.page]
        return [line for line in page if line != NO_ENTRY]


def test_a_journal_is_carried_from_where_it_was_left(tmp_path: Path) -> None:
    journal = Kept([entry.encode() for entry in ENTRIES[:700]])
    ledger, position = MemoryLedger(), tmp_path / "vault"
    assert carry_journal(journal, position, ledger, Disk()).entries == 700
    assert carry_journal(journal, position, ledger, Disk()).entries == 0
    journal.lines += [NO_ENTRY, b"damaged", ENTRIES[700].encode()]
    carried = carry_journal(journal, position, ledger, Disk())
    assert (carried.entries, len(carried.refused)) == (1, 1)
    assert journal.asked == [0, 500, 700]
    assert read_position(position) == 703
    # A lost note costs time, nothing else.
    position.unlink()
    carry_journal(journal, position, ledger, Disk())
    assert len(list(ledger.entries())) == 701


def test_a_journal_of_records_that_concern_nobody_is_passed_over(tmp_path: Path) -> None:
    journal = Kept([NO_ENTRY] * 1200 + [ENTRIES[0].encode()])
    ledger, position = MemoryLedger(), tmp_path / "vault"
    assert carry_journal(journal, position, ledger, Disk()).entries == 1
    assert read_position(position) == 1201


def test_a_journal_that_was_set_back_is_said_so(tmp_path: Path) -> None:
    journal = Kept([entry.encode() for entry in ENTRIES[:5]])
    ledger, position = MemoryLedger(), tmp_path / "vault"
    carry_journal(journal, position, ledger, Disk())
    del journal.lines[3:]
    with pytest.raises(LedgerError, match="has 3 records, and 5 were carried"):
        carry_journal(journal, position, ledger, Disk())
    assert read_position(position) == 5


def test_a_journal_waits_for_the_ledger(tmp_path: Path) -> None:
    journal = Kept([entry.encode() for entry in ENTRIES[:5]])
    ledger = MemoryLedger(automatic=False)
    with pytest.raises(NotIncludedError):
        carry_journal(journal, tmp_path / "vault", ledger, Disk())
    assert read_position(tmp_path / "vault") == 0
    (tmp_path / "vault").write_text("-3\n")
    with pytest.raises(MalformedLedgerError):
        read_position(tmp_path / "vault")


def test_an_outbox_reaches_the_real_ledger(running: LedgerProcess, tmp_path: Path) -> None:
    entries = [Entry(type="recorder.anchor", at=Micros(n)) for n in range(30)]
    for number, entry in enumerate(entries):
        (tmp_path / f"{number:04}.json").write_bytes(entry.encode())
    assert carry_outbox(tmp_path, running.ledger, Disk()).entries == 30
    for entry in entries:
        running.ledger.inclusion(entry.id).verify(entry.encode(), running.key)

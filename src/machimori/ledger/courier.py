# SPDX-License-Identifier: AGPL-3.0-or-later
"""The courier: carries entries that were written while the ledger could not be asked.

A recorder puts anchors into its spool's `outbox`, the vault keeps its acts in a journal; both go
on while the database is down. The courier appends what it finds and forgets it only once a signed
checkpoint covers it. Carrying is idempotent, because an entry's id is unique: a courier that was
killed simply starts again.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from machimori.kernel.durable import Disk
from machimori.ledger.entry import MAX_ENTRY, Entry
from machimori.ledger.errors import LedgerError, MalformedLedgerError, NotIncludedError
from machimori.ledger.interface import LedgerInterface

BATCH: Final = 500
WAIT: Final = 10.0
"""Seconds for the sequencer to include what was carried."""

_NUMBER: Final = re.compile(rb"[0-9]{1,18}\n\Z")


class Journal(Protocol):
    """A journal whose records are, some of them, ledger entries (`vault.client.journal`)."""

    @property
    def page(self) -> int:
        """Records that one `read` covers."""
        ...

    def length(self) -> int:
        """Records so far."""
        ...

    def read(self, since: int) -> Iterable[bytes]:
        """The encoded entries among records `since` to `since + page - 1`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What one round did. `refused` names what is no entry and was left aside."""

    entries: int
    refused: tuple[str, ...] = ()


def leave(outbox: Path, entry: Entry, disk: Disk) -> None:
    """Put an entry where `carry_outbox` takes it from, durably; the same again changes nothing."""
    disk.make_directory(outbox)
    path = outbox / f"{entry.id}.json"
    if not path.exists():
        disk.create(path, entry.encode())


def carry_outbox(outbox: Path, ledger: LedgerInterface, disk: Disk) -> Carried:
    """Carry the entries in `outbox/*.json` and remove their files.

    For each batch: 1. append, committed; 2. wait until it is included; 3. remove the files, each
    removal synced. A file that is no entry is moved to `outbox/refused`, where a person looks at
    it; it does not hold up the others. Raises LedgerUnavailableError, and NotIncludedError if the
    sequencer does not keep up; the files are then still there.
    """
    refused: list[str] = []
    entries: list[tuple[Path, Entry]] = []
    carried = 0
    for path in sorted(outbox.glob("*.json")):
        try:
            if path.stat().st_size > MAX_ENTRY:
                raise MalformedLedgerError("too large for an entry")
            entries.append((path, Entry.decode(path.read_bytes())))
        except MalformedLedgerError:
            disk.make_directory(outbox / "refused")
            disk.move(path, outbox / "refused" / path.name)
            refused.append(path.name)
        if len(entries) == BATCH:
            carried += _deliver(entries, ledger, disk)
            entries = []
    carried += _deliver(entries, ledger, disk)
    return Carried(entries=carried, refused=tuple(refused))


def carry_journal(journal: Journal, position: Path, ledger: LedgerInterface, disk: Disk) -> Carried:
    """Carry a journal from the place noted in the file `position` on, and note the new place.

    For each page: 1. append, committed; 2. wait until it is included; 3. replace the note, synced.
    What is no entry is named and passed over. Raises as `carry_outbox`, and LedgerError if the
    journal is shorter than what was carried: its new records would never be.
    """
    place = read_position(position)
    refused: list[str] = []
    carried = 0
    if journal.length() < place:
        raise LedgerError(
            f"the journal has {journal.length()} records, and {place} were carried from it",
            where=str(position),
            remedy="it was set back: find out how; after that, remove this file to start over",
        )
    while place < (length := journal.length()):
        entries: list[Entry] = []
        for body in journal.read(place):
            try:
                entries.append(Entry.decode(body))
            except MalformedLedgerError as error:
                refused.append(f"from {place}: {error.message}")
        ledger.append(*entries)
        for entry in entries:
            ledger.wait(entry.id, WAIT)
        carried += len(entries)
        place = min(place + journal.page, length)
        disk.replace(position, b"%d\n" % place)
    return Carried(entries=carried, refused=tuple(refused))


def read_position(position: Path) -> int:
    """Where a journal was carried to; 0 if nothing was. Raises MalformedLedgerError."""
    try:
        text = position.read_bytes()
    except FileNotFoundError:
        return 0
    if not _NUMBER.match(text):
        # Starting from 0 is safe, but somebody should know that this file was touched.
        raise MalformedLedgerError(
            "not a place in a journal", where=str(position), remedy="remove it to start over"
        )
    return int(text)


def _deliver(entries: list[tuple[Path, Entry]], ledger: LedgerInterface, disk: Disk) -> int:
    if not entries:
        return 0
    ledger.append(*(entry for _, entry in entries))
    for path, entry in entries:
        try:
            ledger.wait(entry.id, WAIT)
        except NotIncludedError as error:
            raise NotIncludedError(
                "the sequencer does not include what was carried; the files stay",
                where=str(path.parent),
                remedy="see whether `machimori ledger serve` runs and what it says",
            ) from error
        disk.remove(path)
    return len(entries)

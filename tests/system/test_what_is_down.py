# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is down and what then still works: each cell of the table in docs/design/failures.md.

One city of real processes. Each row is a part that fails while footage of four days is there: one
whose keys were destroyed and whose files remain, one whose keys are due, one that somebody wants,
and today's. Every column is tried, the part comes back, and what had to wait is done.
"""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from machimori.cli.demo.acting import (
    Stored,
    approve,
    ask,
    authorise,
    pack,
    received,
    segments,
    until,
    wait_for_footage,
)
from machimori.cli.demo.city import DAY, RECORDER, RETENTION_CLASS, SCHEME, City
from machimori.evidence import bundle
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MachimoriError, RefusedError, UnavailableError
from machimori.kernel.instants import Micros, local_day, rfc3339
from machimori.ledger.entry import Entry
from machimori.ledger.errors import LedgerError
from machimori.policy.retention import RetentionRule
from machimori.vault.client.reader import Reader
from machimori.vault.client.testing import hold, signed
from machimori.vault.errors import VaultRefusedError

pytestmark = pytest.mark.long

DOCUMENT = Path(__file__).parents[2] / "docs" / "design" / "failures.md"
COLUMNS = ("recording", "holding", "opening", "destroying", "removing", "verifying", "noting")
TABLE = {
    "vault_closed": ("works", "waits", "refused", "works", "works", "works", "works"),
    "vault_down": ("works", "waits", "refused", "waits", "waits", "works", "works"),
    "database_down": ("works", "works", "refused", "works", "works", "works", "waits"),
    "sequencer_down": ("works", "works", "refused", "works", "works", "works", "waits"),
    "store_down": ("works", "waits", "refused", "works", "waits", "works", "works"),
    "clock_unsynchronised": ("works", "works", "works", "waits", "works", "works", "works"),
    "clock_behind": ("stops", "refused", "refused", "waits", "works", "works", "works"),
    "recorder_down": ("stops", "works", "works", "works", "works", "works", "works"),
    "clock_ahead": ("works", "refused", "refused", "waits", "works", "works", "works"),
}
"""The document's table, in the order of COLUMNS."""
REASONS = {
    ("vault_closed", "holding"): "VaultUnavailableError",
    ("vault_closed", "opening"): "VaultUnavailableError",
    ("vault_down", "holding"): "VaultUnavailableError",
    ("vault_down", "opening"): "VaultUnavailableError",
    ("vault_down", "destroying"): "VaultUnavailableError",
    ("vault_down", "removing"): "VaultUnavailableError",
    ("database_down", "opening"): "LedgerUnavailableError",
    ("database_down", "noting"): "LedgerUnavailableError",
    ("sequencer_down", "opening"): "NotIncludedError",
    ("sequencer_down", "noting"): "NotIncludedError",
    ("store_down", "holding"): "StoreUnavailableError",
    ("store_down", "opening"): "StoreUnavailableError",
    ("store_down", "removing"): "StoreUnavailableError",
    ("clock_unsynchronised", "destroying"): "clock_unsynchronised",
    ("clock_behind", "recording"): "clock",
    ("clock_behind", "holding"): "clock_behind",
    ("clock_behind", "opening"): "clock_behind",
    ("clock_behind", "destroying"): "clock_behind",
    ("clock_ahead", "holding"): "expired",
    ("clock_ahead", "opening"): "not_valid_now",
    ("clock_ahead", "destroying"): "beyond_one_day",
    ("recorder_down", "recording"): "UnavailableError",
}
"""Of what does not work: the error, the word of the vault's refusal, or the gap's cause."""
NEVER_BACK = ("clock_ahead",)
FIRST = 2 * len(TABLE) + 3
"""Days ago at which the city's time begins: two nights pass in each row."""
KEEP = RetentionRule(days=2, count_from="recording_day")
OTHER_TIME = 3.0 * DAY
WAITING = 2.0
"""Seconds for which the sequencer is waited for when it is known to be down."""


@dataclass(kw_only=True)
class Cell:
    """What was found."""

    outcome: str
    why: str = ""


def unless(error: MachimoriError, outcome: str) -> Cell:
    why = error.reason if isinstance(error, VaultRefusedError) else type(error).__name__
    return Cell(outcome=outcome, why=why)


class Town:
    """A city at some day, and what was made ready before anything failed."""

    def __init__(self, city: City, directory: Path) -> None:
        self.city = city
        self.days_ago = FIRST
        self.reader = Reader.generate()
        self.camera = city.cameras[0]
        self.verifier = directory / "verify.py"
        self.verifier.write_bytes(bundle.pack())
        self.package = directory / "package.zip"
        self.fingerprint = city.vault.status().fingerprint()
        wait_for_footage(city, seconds=0.5)
        city.stop_recorder()
        wanted = self.footage(self.day())
        pack(city, self.reader, self.approved(wanted, "before"), self.package)
        self.night(expire=True)
        self.record()

    def record(self) -> None:
        """Some footage of every camera, closed and published."""
        self.city.start_recorder()
        wait_for_footage(self.city, seconds=0.3)
        self.city.stop_recorder()

    def night(self, *, expire: bool) -> None:
        self.days_ago -= 1
        self.city.advance_to(self.days_ago, expire=expire)

    def day(self, ago: int = 0) -> str:
        return (local_day(self.city.clock.now()) - timedelta(days=ago)).isoformat()

    def footage(self, day: str) -> list[Stored]:
        return segments(self.city.store, self.camera, day=day)

    def approved(self, stored: list[Stored], case: str) -> Envelope:
        statement = authorise(self.city, self.reader, [self.camera], *span(stored), case=case)
        return approve(self.city, statement)


def span(stored: list[Stored]) -> tuple[Micros, Micros]:
    return min(s.name.first for s in stored), Micros(max(s.name.last for s in stored) + 1)


def break_down(row: str, city: City) -> None:
    """The part goes down."""
    if row in ("vault_closed", "vault_down"):
        city.vault_process.kill()
        if row == "vault_closed":
            city.vault_process.start(unlock=False)
    elif row == "database_down":
        city.ledger_process.server.kill()
    elif row == "sequencer_down":
        city.ledger_process.kill_sequencer()
    elif row == "store_down":
        store = city.directory / "store"
        store.rename(city.directory / "away")
        store.touch()
    elif row == "recorder_down":
        city.stop_recorder(signal.SIGKILL)
    elif row == "clock_unsynchronised":
        city.disturb_vault_clock(synchronised=False)
    elif row == "clock_behind":
        city.disturb_vault_clock(seconds=-OTHER_TIME)
        city.stop_recorder()
        city.start_recorder(clock_error=-OTHER_TIME)
    else:
        assert row == "clock_ahead"
        city.disturb_vault_clock(seconds=OTHER_TIME)
        city.disturb_recorder_clock(OTHER_TIME)


def come_back(row: str, city: City) -> None:
    """The part is there again."""
    if row == "vault_closed":
        city.vault.unlock(city.vault_process.key_file.read_bytes())
    elif row == "vault_down":
        city.vault_process.start()
    elif row == "database_down":
        city.ledger_process.server.start()
    elif row == "sequencer_down":
        city.ledger_process.start_sequencer()
    elif row == "store_down":
        store = city.directory / "store"
        store.unlink()
        (city.directory / "away").rename(store)
    elif row == "recorder_down":
        city.start_recorder()
    else:
        city.disturb_vault_clock()
        city.disturb_recorder_clock(0.0)


@dataclass(kw_only=True)
class Row:
    """One row: what was wanted when the part went down, and what was found."""

    name: str
    town: Town
    wanted: list[Stored]
    approval: Envelope
    hold: Envelope
    note: Entry
    due: str
    """The epoch whose keys are due."""
    dead: str
    """The day whose keys are destroyed and whose files remain."""
    cells: dict[str, Cell] = field(default_factory=dict)
    trouble: Exception | None = None
    """What went wrong after the part came back."""

    @property
    def city(self) -> City:
        return self.town.city

    def recording(self) -> Cell:
        before = {}
        with contextlib.suppress(UnavailableError):
            before = received(self.city, self.city.cameras)

        def found() -> Cell | None:
            try:
                health = self.city.health()["cameras"]
            except UnavailableError as error:
                return unless(error, "stops")
            gaps = [camera["gap"] for camera in health.values()]
            if all(gap and gap["cause"] == "clock" for gap in gaps):
                return Cell(outcome="stops", why="clock")
            grown = all(health[name]["bytes"] > size for name, size in before.items())
            return Cell(outcome="works") if grown and not any(gaps) else None

        return until("a state of the recording", found)

    def holding(self) -> Cell:
        try:
            keys = self.city.holds.place(self.city.vault, self.hold)
        except RefusedError as error:
            assert not self._is_placed()
            return unless(error, "refused")
        except UnavailableError as error:
            return unless(error, "waits" if self._is_placed() else "lost")
        return Cell(outcome="works" if keys.segments else "empty")

    def _is_placed(self) -> bool:
        return any(placed.envelope == self.hold for placed in self.city.holds.placed())

    def opening(self) -> Cell:
        try:
            stored = self.town.footage(self.wanted[0].name.day)
            patience = WAITING if self.name == "sequencer_down" else 30.0
            answer = ask(self.city, self.approval, stored, timeout=patience)
        except MachimoriError as error:
            return unless(error, "refused")
        opened = self.town.reader.open(answer.release)
        return Cell(outcome="works" if all(k.chunks for k in opened.values()) else "empty")

    def destroying(self) -> Cell:
        try:
            self.city.vault.expire()
        except (RefusedError, UnavailableError) as error:
            return unless(error, "waits")
        return Cell(outcome="works" if self.due not in self.city.vault.epochs() else "nothing")

    def removing(self) -> Cell:
        cell = Cell(outcome="works")
        try:
            self.city.remove_expired()
        except (RefusedError, UnavailableError) as error:
            cell = unless(error, "works" if isinstance(error, RefusedError) else "waits")
        if cell.outcome == "works":
            left = [stored.name for stored in self.city.store.list(f"{self.dead}/")]
            assert any(name.endswith(".expired.rec") for name in left)
            if any(name.endswith(".seg") for name in left):
                cell.outcome = "nothing"
        return cell

    def verifying(self) -> Cell:
        command = [sys.executable, "-I", str(self.town.verifier), str(self.town.package)]
        command += ["--city", self.town.fingerprint]
        done = subprocess.run(command, capture_output=True, check=False)
        return Cell(outcome="works" if done.returncode == 0 else done.stdout.decode())

    def noting(self) -> Cell:
        """As a recorder notes: into the outbox, from which it is carried."""
        outbox = self.city.directory / "recorder" / "outbox"
        disk = Disk()
        disk.make_directory(outbox)
        disk.create(outbox / f"{self.note.id}.json", self.note.encode())
        try:
            self.city.ledger.append(self.note)
            self.city.ledger.wait(self.note.id, WAITING if "down" in self.name else 30.0)
        except LedgerError as error:
            return unless(error, "waits")
        return Cell(outcome="works")

    def afterwards(self) -> None:
        """All that waited is done, all that was refused can be asked again, nothing is missing."""
        city = self.city
        wait_for_footage(city, seconds=0.2)
        assert city.holds.bring_up(city.vault) == []
        assert city.holds.place(city.vault, self.hold).segments
        city.vault.expire()
        assert self.due not in city.vault.epochs()
        city.stop_recorder()
        assert city.remove_expired().problems == []
        for day in (self.dead, self.due.rpartition(".")[2]):
            assert not segments(city.store, day=day)
        until("the entries", self._carried, every=1.0)
        assert city.ledger.inclusion(self.note.id)
        again = self.town.approved(self.wanted, f"after-{self.name}".replace("_", "-"))
        assert self.town.reader.open(ask(city, again, self.wanted).release)
        command = [sys.executable, "-m", "machimori.cli.main", "footage", "check"]
        command += ["--store", str(city.directory / "store"), "--at", rfc3339(city.clock.now())]
        command += ["--vault", str(city.vault_process.socket)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout

    def _carried(self) -> bool:
        try:
            self.city.carry()
        except LedgerError:
            return False  # the sequencer is still finding its database again
        return True


def row_of(name: str, town: Town) -> Row:
    """Let two nights pass and make everything ready."""
    city = town.city
    city.stop_recorder()
    town.night(expire=True)
    town.record()
    town.night(expire=False)
    city.start_recorder()
    wait_for_footage(city, seconds=0.1)
    wanted = town.footage(town.day(1))
    start, end = span(wanted)
    last = (local_day(city.clock.now()) + timedelta(days=40)).isoformat()
    statement = hold(
        scheme=SCHEME,
        cameras=[town.camera],
        start=start,
        end=end,
        last_day=last,
        case=f"hold-{name}".replace("_", "-"),
    )
    row = Row(
        name=name,
        town=town,
        wanted=wanted,
        approval=town.approved(wanted, f"opening-{name}".replace("_", "-")),
        hold=signed(statement, *city.officers[:2]),
        note=Entry(type="recorder.anchor", at=city.clock.now(), subject={"recorder": RECORDER}),
        due=f"day.{RETENTION_CLASS}.{town.day(2)}",
        dead=town.day(3),
    )
    living = city.vault.epochs()
    assert row.due in living
    assert f"day.{RETENTION_CLASS}.{row.dead}" not in living
    assert segments(city.store, day=row.dead)
    return row


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Row]]:
    directory = tmp_path_factory.mktemp("down")
    done: dict[str, Row] = {}
    with City(directory / "city", cameras=2, days_ago=FIRST, keep=KEEP) as city:
        town = Town(city, directory)

        def give(name: str) -> Row:
            if name not in done:
                row = row_of(name, town)
                done[name] = row
                break_down(name, city)
                try:
                    for column in COLUMNS:
                        row.cells[column] = getattr(row, column)()
                finally:
                    come_back(name, city)
                try:
                    if name not in NEVER_BACK:
                        row.afterwards()
                except (AssertionError, MachimoriError) as error:
                    row.trouble = error
            return done[name]

        yield give


@pytest.mark.parametrize(
    ("row", "column"),
    [(row, column) for row in TABLE for column in COLUMNS],
    ids=lambda name: name,
)
def test_a_cell(row: str, column: str, rows: Callable[[str], Row]) -> None:
    found = rows(row).cells[column]
    assert found.outcome == TABLE[row][COLUMNS.index(column)], found
    if (row, column) in REASONS:
        assert found.why == REASONS[row, column]
    elif row not in ("clock_behind", "clock_unsynchronised", "clock_ahead"):
        assert found.why == ""


@pytest.mark.parametrize("row", [row for row in TABLE if row not in NEVER_BACK])
def test_what_waited_is_done_when_it_is_back(row: str, rows: Callable[[str], Row]) -> None:
    trouble = rows(row).trouble
    if trouble is not None:
        raise trouble


def test_the_document_s_table_is_this_one() -> None:
    lines = [line.strip("|").split("|") for line in DOCUMENT.read_text().splitlines()]
    rows = [[cell.strip() for cell in line] for line in lines if len(line) == len(COLUMNS) + 1]
    head, _, *body = rows
    assert tuple(head[1:]) == COLUMNS
    assert {row[0].split("`")[1]: tuple(row[1:]) for row in body} == TABLE

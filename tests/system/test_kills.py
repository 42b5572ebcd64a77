# SPDX-License-Identifier: AGPL-3.0-or-later
"""`kill -9` at random moments in a running city: recorder, vault, sequencer and expiry in turn.

Each round is a day. Afterwards what was written is kept, at most a second of what had arrived is
missing, the store and the ledger check clean, and no key that should be gone remains.
"""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from machimori.cli.demo.acting import Stored, approve, ask, authorise, segments, wait_for_footage
from machimori.cli.demo.city import RETENTION_CLASS, City
from machimori.footage.store import DirectoryStore
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError
from machimori.kernel.ids import RecorderId
from machimori.kernel.instants import Micros, local_day, rfc3339
from machimori.kernel.signing import SigningKey
from machimori.ledger.courier import carry_outbox
from machimori.ledger.verify import verify
from machimori.policy.retention import RetentionRule
from machimori.recorder.arrivals import of_part
from machimori.vault.client.reader import Reader
from machimori.vault.client.statements import RecorderEnrolment

pytestmark = pytest.mark.alone

KEEP = RetentionRule(days=1, count_from="recording_day")
RETENTION = "retention"
ALLOWED = 1.5
"""Seconds: a drain's period, and what a loaded test machine may add."""
MACHIMORI = (sys.executable, "-m", "machimori.cli.main")


class Storm:
    """A city in which processes die."""

    def __init__(self, city: City, *, days_ago: int, seed: int) -> None:
        self.city = city
        self.days_ago = days_ago
        self.dice = random.Random(seed)
        self.reader = Reader.generate()
        self.expiry = city.directory / "expiry"
        self.expiry.mkdir()
        key = SigningKey.generate()
        file = self.expiry / "retention.key"
        file.touch(mode=0o600)
        file.write_bytes(key.seed())
        city.vault_process.submit(
            RecorderEnrolment(
                recorder=RecorderId(RETENTION), public=key.public.raw, effective_from=Micros(0)
            )
        )
        DirectoryStore(city.directory / "cases", Disk()).probe()

    def day(self) -> None:
        """One day: four kills."""
        self.kill_recorder()
        self.city.start_recorder()
        wait_for_footage(self.city, seconds=0.3)
        self.kill_while_opening(self.kill_vault)
        self.kill_while_opening(self.kill_sequencer)
        self.city.stop_recorder()
        today = local_day(self.city.clock.now()).isoformat()
        self.days_ago -= 1
        self.city.advance_to(self.days_ago, expire=False)
        self.kill_expiry(today)
        self.city.start_recorder()

    def kill_recorder(self) -> None:
        city = self.city
        wait_for_footage(city, seconds=0.3)
        time.sleep(self.dice.uniform(0.0, 1.2))
        died = city.clock.now()
        city.stop_recorder(signal.SIGKILL)
        for camera in city.cameras:
            assert (died - self.last_saved(camera)) / 1e6 < ALLOWED

    def last_saved(self, camera: str) -> int:
        """Arrival of the last chunk on disk, whether its segment was closed or not."""
        parts = (self.city.directory / "recorder" / "open" / camera).glob("*.part")
        closed = [stored.name.last for stored in segments(self.city.store, camera)]
        return max([*closed, *(of_part(part) or 0 for part in parts)])

    def kill_vault(self) -> None:
        self.city.vault_process.kill()
        self.city.vault_process.start()

    def kill_sequencer(self) -> None:
        self.city.ledger_process.kill_sequencer()
        self.city.ledger_process.start_sequencer()

    def kill_while_opening(self, kill: Callable[[], None]) -> None:
        """An opening that is cut off takes nothing with it: the next one works."""
        today = local_day(self.city.clock.now()).isoformat()
        stored = segments(self.city.store, self.city.cameras[0], day=today)[:1]
        first = threading.Thread(target=self.try_opening, args=(stored,))
        first.start()
        time.sleep(self.dice.uniform(0.0, 0.5))
        kill()
        first.join()
        assert self.open(stored)

    def try_opening(self, stored: list[Stored]) -> None:
        try:
            self.open(stored)
        except MachimoriError:
            return  # what it asked was killed

    def open(self, stored: list[Stored]) -> int:
        statement = authorise(
            self.city,
            self.reader,
            [self.city.cameras[0]],
            stored[0].name.first,
            Micros(stored[0].name.last + 1),
            case="storm",
        )
        answer = ask(self.city, approve(self.city, statement), stored)
        return sum(len(keys.chunks) for keys in self.reader.open(answer.release).values())

    def expire(self) -> "subprocess.Popen[bytes]":
        command = [*MACHIMORI, "footage", "expire", "--priority", "normal", "--name", RETENTION]
        command += ["--store", str(self.city.directory / "store")]
        command += ["--cases", str(self.city.directory / "cases")]
        command += ["--vault", str(self.city.vault_process.socket)]
        command += ["--directory", str(self.expiry)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def kill_expiry(self, due: str) -> None:
        assert segments(self.city.store, day=due)
        first = self.expire()
        time.sleep(self.dice.uniform(0.1, 1.5))
        first.kill()
        first.wait()
        assert self.expire().wait(60) == 0
        assert f"day.{RETENTION_CLASS}.{due}" not in self.city.vault.epochs()
        assert segments(self.city.store, day=due) == []

    def end(self) -> None:
        """Store and ledger check clean, and everything that was noted has arrived."""
        city = self.city
        city.stop_recorder()
        assert not list((city.directory / "recorder" / "open").glob("*/*.part"))
        command = [*MACHIMORI, "footage", "check", "--store", str(city.directory / "store")]
        command += ["--vault", str(city.vault_process.socket)]
        command += ["--at", rfc3339(city.clock.now())]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        city.carry()
        assert carry_outbox(self.expiry / "outbox", city.ledger, Disk()).refused == ()
        with city.ledger_process.home.snapshot() as snapshot:
            assert verify(snapshot).problems == ()


def storm(directory: Path, *, days: int, seed: int) -> None:
    with City(directory / "city", cameras=2, days_ago=days + 1, keep=KEEP) as city:
        storm = Storm(city, days_ago=days + 1, seed=seed)
        for _ in range(days):
            storm.day()
        storm.end()


def test_four_kills_in_a_city(tmp_path: Path) -> None:
    storm(tmp_path, days=1, seed=8)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_two_hundred_kills_in_a_city(tmp_path: Path) -> None:
    storm(tmp_path, days=50, seed=200)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""`kill -9` of sequencer and database at random moments, while clients append."""

import random
import threading
import time
from collections.abc import Callable

import pytest

from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.ledger.errors import LedgerUnavailableError
from machimori.ledger.testing import LedgerProcess
from machimori.ledger.verify import verify

CLIENTS = 4


class Clients:
    """Clients that append one entry after the other and remember what was acknowledged."""

    def __init__(self, process: LedgerProcess) -> None:
        self._process = process
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._append, args=(number,)) for number in range(CLIENTS)
        ]
        self.acknowledged: list[list[Entry]] = [[] for _ in range(CLIENTS)]
        self.refused = 0

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _append(self, number: int) -> None:
        ledger = self._process.home.ledger()
        count = 0
        while not self._stop.is_set():
            count += 1
            entry = Entry(type="refusal", at=Micros(count), data={"client": number, "n": count})
            while True:
                try:
                    ledger.append(entry)
                    break
                except LedgerUnavailableError:
                    self.refused += 1  # repeated until it is acknowledged
                    time.sleep(0.02)
            self.acknowledged[number].append(entry)
            time.sleep(0.001)
        ledger.close()


def check(process: LedgerProcess, clients: Clients, kept: list[bytes]) -> None:
    """Everything acknowledged is there once, in each client's order, under sound checkpoints."""
    for entries in clients.acknowledged:
        process.ledger.wait(entries[-1].id, timeout=30)
    with process.home.snapshot() as snapshot:
        report = verify(snapshot, kept=kept)
    assert report.sound, report.problems
    bodies = list(process.ledger.entries())
    assert len(bodies) == len(set(bodies)) == sum(map(len, clients.acknowledged))
    places = {body: place for place, body in enumerate(bodies)}
    for entries in clients.acknowledged:
        order = [places[entry.encode()] for entry in entries]
        assert order == sorted(order)
    assert process.ledger.pending() == 0


def storm(
    process: LedgerProcess, *, kills: int, seed: int, kill: Callable[[], None], longest: float
) -> None:
    moments = random.Random(seed)
    kept = []
    with Clients(process) as clients:
        while not all(clients.acknowledged):
            time.sleep(0.01)
        process.ledger.wait(clients.acknowledged[0][0].id)
        for _ in range(kills):
            time.sleep(moments.uniform(0, longest))
            kept.append(process.ledger.checkpoint())
            kill()
    check(process, clients, kept)


def kill_sequencer(process: LedgerProcess) -> Callable[[], None]:
    def kill() -> None:
        process.kill_sequencer()
        process.start_sequencer()

    return kill


def kill_database(process: LedgerProcess) -> Callable[[], None]:
    def kill() -> None:
        process.server.kill()
        process.server.start()

    return kill


def test_twenty_kills_of_the_sequencer(own: LedgerProcess) -> None:
    # Half a second is what a start takes: kills fall into recovery as well as into batches.
    storm(own, kills=20, seed=2, kill=kill_sequencer(own), longest=0.8)


def test_five_kills_of_the_database(own: LedgerProcess) -> None:
    storm(own, kills=5, seed=3, kill=kill_database(own), longest=0.8)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills_of_the_sequencer(own: LedgerProcess) -> None:
    storm(own, kills=200, seed=4, kill=kill_sequencer(own), longest=0.8)


@pytest.mark.soak
@pytest.mark.timeout(
    0
)  # a server syncs its whole directory after each kill; a slow disk makes it hours
def test_two_hundred_kills_of_the_database(own: LedgerProcess) -> None:
    storm(own, kills=200, seed=5, kill=kill_database(own), longest=0.8)

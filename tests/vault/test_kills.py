# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 at random moments of the vault's process, during expiry, punctures and release."""

import random
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from machimori.kernel.clock import ManualClock
from machimori.kernel.errors import MachimoriError
from machimori.kernel.ids import CameraId, SchemeId
from machimori.kernel.instants import Micros, day_start, local_day, parse_day
from machimori.kernel.signing import SigningKey
from machimori.ledger.testing import MemoryLedger
from machimori.policy.retention import RetentionRule
from machimori.vault.client.asking import ask_release
from machimori.vault.client.reader import Reader
from machimori.vault.client.statements import EarlyDestruction
from machimori.vault.client.testing import (
    DAY,
    VaultProcess,
    authorisation,
    header_for,
    nonce,
    signed,
)
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening.testing import SECOND, Segment, seal_segment

START = Micros(day_start(parse_day("2026-11-02")) + DAY // 2)
CAMERAS = tuple(f"cam-{n}" for n in range(1, 9))
GRANTED = 3


class City:
    """A vault's process that is killed while it destroys and releases."""

    def __init__(self, directory: Path) -> None:
        self.ledger = MemoryLedger()
        self.recorder = SigningKey.generate()
        self.reader = Reader.generate()
        self.clock = ManualClock(START)
        self.vault = VaultProcess(directory, ledger_key=self.ledger.key.vkey(), now=START)
        self.vault.start()
        self.vault.adopt(
            scheme="street",
            retention={"one-day": RetentionRule(days=2, count_from="recording_day")},
            cameras=dict.fromkeys(CAMERAS, "one-day"),
            recorders={"recorder-1": self.recorder.public.raw},
        )

    def segment(self, camera: str) -> Segment:
        now = self.clock.now()
        bundle = self.vault.bundle("one-day", local_day(now).isoformat())
        header = header_for(bundle, camera, now)
        return seal_segment(header=header, bundle=bundle, recorder=self.recorder)

    def killed_during(self, act: threading.Thread, delay: float) -> None:
        """Let `act` run, kill the vault after `delay` seconds, start it again."""
        act.start()
        time.sleep(delay)
        self.vault.kill()
        act.join()
        self.vault.start()

    def advance(self) -> None:
        """A day passes; keys for the next one are made."""
        self.clock.set(Micros(self.clock.now() + DAY))
        self.vault.set_clock(self.clock.now())
        self.vault.client.expire()
        self.vault.client.make_keys(1)

    def files(self, day: str) -> list[str]:
        return [
            path.name
            for place in self.vault.places.values()
            for path in place.iterdir()
            if day in path.name or path.name.endswith(".tmp")
        ]


def one_kill(city: City, rng: random.Random) -> None:
    """A day: record, release, destroy a camera early, expire; killed somewhere in it."""
    vault, client = city.vault, city.vault.client
    doomed, kept = city.segment("cam-1"), city.segment("cam-2")
    day = local_day(city.clock.now()).isoformat()
    statement = authorisation(
        scheme="street",
        cameras=["cam-2"],
        start=city.clock.now(),
        end=Micros(city.clock.now() + 6 * SECOND),
        reader=city.reader.public.raw,
        now=city.clock.now(),
        openings=GRANTED,
        validity=5 * DAY,
    )
    envelope = signed(statement, *vault.officers[:2])
    order = signed(
        EarlyDestruction(
            camera=CameraId("cam-1"),
            day=day,
            scheme=SchemeId("street"),
            ground="試験",
            nonce=nonce(),
        ),
        *vault.officers[:2],
    )
    answered = []

    def ask() -> None:
        release = ask_release(
            client, city.ledger, envelope, [kept.skeleton.encode()], clock=city.clock
        )
        answered.append(release)

    def busy() -> None:
        with suppress(MachimoriError):
            ask()
            client.submit(order)
            ask()

    city.killed_during(threading.Thread(target=busy), rng.uniform(0, 0.05))
    with suppress(VaultRefusedError):
        client.submit(order)
    for _ in range(GRANTED + 1):
        with suppress(VaultRefusedError):
            ask()
    assert len(answered) <= GRANTED, "a kill gave an opening away"
    assert len(answered) >= GRANTED - 1, "a kill cost more than one opening"
    assert not [f for f in city.files(day) if ".0.epoch" in f or f.endswith(".tmp")]
    refused_release(city, doomed, "cam-1")
    city.advance()
    city.clock.set(Micros(city.clock.now() + DAY))
    vault.set_clock(city.clock.now())

    def expire() -> None:
        with suppress(MachimoriError):
            client.expire()

    city.killed_during(threading.Thread(target=expire), rng.uniform(0, 0.03))
    client.expire()
    assert city.files(day) == []
    refused_release(city, kept, "cam-2")
    client.make_keys(1)


def refused_release(city: City, segment: Segment, camera: str) -> None:
    start = segment.skeleton.sealed.header.start
    statement = authorisation(
        scheme="street",
        cameras=[camera],
        start=start,
        end=Micros(start + 6 * SECOND),
        reader=city.reader.public.raw,
        now=city.clock.now(),
    )
    with pytest.raises(VaultRefusedError) as caught:
        ask_release(
            city.vault.client,
            city.ledger,
            signed(statement, *city.vault.officers[:2]),
            [segment.skeleton.encode()],
            clock=city.clock,
        )
    assert caught.value.reason in ("destroyed", "expired")


def run(directory: Path, kills: int) -> None:
    rng = random.Random(20261121)
    city = City(directory)
    try:
        # Each round kills twice: among releases and a puncture, and during expiry.
        for _ in range(kills // 2):
            one_kill(city, rng)
    finally:
        city.vault.stop()


def test_twenty_kills(tmp_path: Path) -> None:
    run(tmp_path, 20)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills(tmp_path: Path) -> None:
    run(tmp_path, 200)

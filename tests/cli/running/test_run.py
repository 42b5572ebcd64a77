# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori run` with real parts: it serves and records, and what is killed comes back."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from machimori.cli.running.testing import MACHIMORI, WAIT, Installation, machimori
from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.recorder.config import RecorderConfig

pytestmark = [pytest.mark.timeout(600), pytest.mark.long]
LASTING = ("ledger", "vault", "courier", "recorder-rec-1", "web", "worker")


@pytest.fixture(scope="module")
def running(installation: Installation) -> Iterator[Installation]:
    with installation.running():
        installation.await_event("(everything ready)")
        yield installation


def health(running: Installation) -> dict[str, Any]:
    listen = RecorderConfig.load(running.directory / "recorder" / "recorder.toml").listen
    assert listen is not None
    with urllib.request.urlopen(f"http://{listen[0]}:{listen[1]}/health", timeout=5) as answer:
        return dict(json.load(answer))


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def page(running: Installation) -> int:
    with urllib.request.urlopen(f"http://localhost:{running.port}/sign-in/", timeout=20) as answer:
        return int(answer.status)


def pid(running: Installation, name: str) -> int:
    return int(running.events(rf"{name} started, process (\d+)")[-1])


def test_it_serves_and_records(running: Installation) -> None:
    assert page(running) == 200
    until(lambda: health(running)["recorder"]["recording"] == 1)


def test_a_second_one_is_refused(running: Installation) -> None:
    second = subprocess.run(
        [*MACHIMORI, "run", "--config", str(running.config)],
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=False,
    )
    assert second.returncode == 2
    assert "runs already" in second.stderr


@pytest.mark.parametrize("name", LASTING)
def test_what_is_killed_comes_back_and_nothing_is_lost(running: Installation, name: str) -> None:
    entry = Entry(type="recorder.anchor", at=Micros(1))
    with running.home.ledger() as ledger:
        ledger.append(entry)
    others = {other: pid(running, other) for other in LASTING if other != name}
    killed = pid(running, name)
    ready = len(running.events(f"({name} ready)"))
    os.kill(killed, signal.SIGKILL)
    running.await_event(f"({name} ready)", ready + 1)
    assert pid(running, name) != killed
    assert {other: pid(running, other) for other in others} == others
    with running.home.ledger() as ledger:
        ledger.wait(entry.id, timeout=20).verify(entry.encode(), running.home.key)
    assert page(running) == 200


def test_the_vault_starts_shut_and_recording_goes_on(running: Installation) -> None:
    assert not running.vault.client.status().open
    until(lambda: health(running)["recorder"]["recording"] == 1)


def test_killed_itself_it_leaves_nobody_and_starts_again(running: Installation) -> None:
    """The last test of what the others found running."""
    left = [pid(running, name) for name in LASTING]
    assert running.process is not None
    running.process.kill()
    running.process.wait(WAIT)
    until(lambda: not any(_lives(number) for number in left))
    with running.running() as again:
        running.await_event("(everything ready)")
        assert page(running) == 200
        ends_in_order(running, again)
    ledger_is_sound(running)


def ends_in_order(running: Installation, process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    assert process.wait(WAIT) == 0
    ended = running.events(r"(\S+) stopped")
    assert [name for name in ended if name in LASTING] == list(reversed(LASTING))


def ledger_is_sound(running: Installation) -> None:
    where = ("--directory", str(running.home.directory))
    serving = subprocess.Popen([*MACHIMORI, "ledger", "serve", *where])
    try:
        until(lambda: _answers(running))
        assert json.loads(machimori("ledger", "verify", "--json", *where))["sound"]
    finally:
        serving.terminate()
        serving.wait(WAIT)


def _lives(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _answers(installation: Installation) -> bool:
    status = [*MACHIMORI, "ledger", "status", "--directory", str(installation.home.directory)]
    return subprocess.run(status, capture_output=True, check=False).returncode == 0

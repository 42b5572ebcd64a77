# SPDX-License-Identifier: AGPL-3.0-or-later
"""Starting again, waiting for what is needed, timers: with commands that end at once."""

import logging
import threading
import time
from collections.abc import Callable

import pytest

from machimori.cli.running.members import Member
from machimori.cli.running.supervisor import FIRST_DELAY, Supervisor
from machimori.kernel.clock import SystemClock

FAILS = ("ledger", "key", "--directory", "/nowhere")
SUCCEEDS = ("policy", "list")


PATIENCE = 60
"""Seconds for what is to come: each start is a process on a machine that others use."""


def run(*members: Member, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """For so many seconds, or until that holds."""
    ended = threading.Event()

    def watch() -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not until():
            time.sleep(0.05)
        ended.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    Supervisor(members, SystemClock()).run(ended)
    watcher.join()


def test_what_ends_is_started_again_each_time_later(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def ends() -> list[str]:
        return [line for line in caplog.messages if line.startswith("part ended (status 4)")]

    run(
        Member(name="part", command=FAILS, ready=lambda: False),
        seconds=PATIENCE,
        until=lambda: len(ends()) >= 2,
    )
    assert ends()[0].endswith(f"again in {FIRST_DELAY} s")
    assert ends()[1].endswith(f"again in {2 * FIRST_DELAY} s")


def test_what_it_needs_is_awaited(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    run(
        Member(name="first", command=FAILS, ready=lambda: False),
        Member(name="second", command=SUCCEEDS, needs=("first",)),
        seconds=2,
    )
    assert not [line for line in caplog.messages if line.startswith("second")]


def test_a_timer_runs_again_and_a_failed_one_sooner(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def timers() -> int:
        return caplog.messages.count("timer done")

    def failures() -> int:
        return sum(line.startswith("failing ended") for line in caplog.messages)

    run(
        Member(name="timer", command=SUCCEEDS, every=0.2),
        Member(name="failing", command=FAILS, every=3600),
        seconds=PATIENCE,
        until=lambda: timers() >= 2 and failures() >= 2,
    )
    assert timers() >= 2
    assert failures() >= 2
    # A timer's end is ordinary: it keeps nobody from being ready, and nobody waits for it.
    assert "everything ready" in caplog.messages

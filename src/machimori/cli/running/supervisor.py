# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps an installation's processes running: starts, starts again, ends in order.

Each child leads a process group of its own: Ctrl-C at a terminal reaches the supervisor alone, and
what a killed child leaves behind (a web server's workers, which hold its port) goes with it. A
child ends if the supervisor does.
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

from machimori.cli.running.members import Member
from machimori.kernel.clock import Clock
from machimori.ledger.postgres.server import end_with_parent

FIRST_DELAY: Final = 0.5
"""Seconds before a member that ended is started again; each further time twice as many."""
LAST_DELAY: Final = 30.0
LAST_TIMER_DELAY: Final = 300.0
"""A timer fails as long as the vault is shut, which may be a night: its log stays short."""
STEADY: Final = 60.0
"""After so many seconds of running a member's delays begin anew."""
PATIENCE: Final = 30.0
"""Seconds that a member has for its orderly end."""
_TICK: Final = 0.1

_log = logging.getLogger(__name__)


class _Child:
    """A member and its process, if there is one now."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.process: subprocess.Popen[bytes] | None = None
        self.ready = False
        self.started = 0.0
        self.due = 0.0
        """When it is started next, by the monotonic clock."""
        self._delay = FIRST_DELAY

    def start(self, now: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "machimori.cli.main", *self.member.command],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: end_with_parent(signal.SIGTERM),
        )
        self.started = now
        if self.member.every is None:
            _log.info("%s started, process %d", self.member.name, self.process.pid)

    def look(self, now: float) -> None:
        """Notice that the process ended, or that it has become ready."""
        if self.process is None:
            return
        status = self.process.poll()
        if status is not None:
            self._ended(status, now)
        elif not self.ready and self.member.every is None and self.member.ready():
            self.ready = True
            _log.info("%s ready", self.member.name)

    def _ended(self, status: int, now: float) -> None:
        self.clear()
        if self.member.every is not None and status == 0:
            self.due, self._delay = now + self.member.every, FIRST_DELAY
            _log.info("%s done", self.member.name)
            return
        if self.member.every is None and now - self.started >= STEADY:
            self._delay = FIRST_DELAY
        how = f"signal {-status}" if status < 0 else f"status {status}"
        _log.warning("%s ended (%s); again in %.1f s", self.member.name, how, self._delay)
        self.due = now + self._delay
        last = LAST_DELAY if self.member.every is None else LAST_TIMER_DELAY
        self._delay = min(self._delay * 2, last)

    def clear(self) -> None:
        """Remove what the ended process has left of its group."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process, self.ready = None, False

    def stop(self) -> None:
        """An orderly end, or after `PATIENCE` any end."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
            _log.info("%s stopped", self.member.name)
        except subprocess.TimeoutExpired:
            _log.warning("%s did not end within %.0f s and was killed", self.member.name, PATIENCE)
            self.process.kill()
            self.process.wait()
        self.clear()


class Supervisor:
    """Runs the members. The thread that calls `run` must be the process's first: children end
    with it."""

    def __init__(self, members: Sequence[Member], clock: Clock) -> None:
        self._children = {member.name: _Child(member) for member in members}
        self._clock = clock
        self._told = False

    def run(self, ended: threading.Event) -> None:
        """Until `ended` is set; then everything is stopped, the last first."""
        try:
            while not ended.wait(_TICK):
                self._round()
        finally:
            for child in reversed(self._children.values()):
                child.stop()
            _log.info("everything stopped")

    def _round(self) -> None:
        for child in self._children.values():
            now = self._clock.monotonic()
            child.look(now)
            if child.process is None and now >= child.due and self._has_what_it_needs(child):
                child.start(now)
        lasting = [child for child in self._children.values() if child.member.every is None]
        if not self._told and all(child.ready for child in lasting):
            self._told = True
            _log.info("everything ready")

    def _has_what_it_needs(self, child: _Child) -> bool:
        return all(self._children[name].ready for name in child.member.needs)

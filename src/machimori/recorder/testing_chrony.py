# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real chronyd for tests: on the loopback, on ports of its own, and never touching the clock."""

import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from machimori.recorder.chrony import Tracking, ask
from machimori.recorder.errors import RecorderError

PATIENCE = 20.0
"""Seconds until it answers, or is synchronised; two, ordinarily."""


class Chronyd:
    """`chronyd -x` with its files in `directory`; a context manager.

    With `server` it follows that one; without, and `local`, it serves this machine's own time.
    """

    def __init__(
        self, directory: Path, *, server: "Chronyd | None" = None, local: bool = True
    ) -> None:
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        """Of the time service, UDP."""
        self.address = f"127.0.0.1:{_free_port()}"
        """Of the command service."""
        command_port = self.address.rpartition(":")[2]
        lines = [
            f"cmdport {command_port}",
            "bindcmdaddress 127.0.0.1",
            "bindcmdaddress /",
            f"pidfile {directory}/chronyd.pid",
        ]
        if server is not None:
            lines += [f"server 127.0.0.1 port {server.port} iburst minpoll -4 maxpoll -4", "port 0"]
        elif local:
            lines += [f"port {self.port}", "bindaddress 127.0.0.1", "allow 127.0.0.1"]
            lines += ["local stratum 8"]
        else:
            lines += ["port 0"]
        (directory / "chrony.conf").write_text("\n".join(lines) + "\n")

    def __enter__(self) -> Self:
        user = pwd.getpwuid(os.geteuid()).pw_name
        configuration = str(self._directory / "chrony.conf")
        # Debian keeps it in /usr/sbin, which is not in everybody's path.
        environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin"}
        with (self._directory / "chronyd.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["chronyd", "-x", "-d", "-U", "-u", user, "-f", configuration],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
            )
        try:
            self._until(lambda tracking: True)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def synchronised(self) -> Tracking:
        """Its answer once it is synchronised. Raises RecorderError if that takes too long."""
        return self._until(lambda tracking: not tracking.problem)

    def freeze(self) -> None:
        """It is there and answers nothing, until its end."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def _until(self, condition: Callable[[Tracking], bool]) -> Tracking:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                tracking = ask(self.address)
            except RecorderError:
                time.sleep(0.05)
                continue
            if condition(tracking):
                return tracking
            time.sleep(0.05)
        raise RecorderError(
            "chronyd did not come up or was not synchronised in time",
            where=str(self._directory / "chronyd.log"),
        )

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo as a process, for tests: started as a user starts it, ended as a user ends it."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 400.0
"""Seconds for a start on a machine that has other things to do."""


@contextmanager
def demo(directory: Path, port: int, *towns: str) -> Iterator[str]:
    """The demo of these schemes (all, if none is named) below `directory`, from when it says that
    it is ready; yields what it said. It ends by Ctrl-C, and must end in order."""
    command = [sys.executable, "-u", "-m", "machimori.cli.main", "demo"]
    command += ["--directory", str(directory / "city"), "--port", str(port)]
    command += [word for town in towns for word in ("--town", town)]
    said = directory / "said"
    with said.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    try:
        deadline = time.monotonic() + PATIENCE
        while "Ctrl-C ends it" not in said.read_text():
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.2)
        yield said.read_text()
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(PATIENCE)
    assert status == 0, said.read_text()
    assert "Ended." in said.read_text()
    log = (directory / "city" / "run.log").read_text(errors="replace")
    assert "run: everything stopped" in log
    assert "Traceback" not in log

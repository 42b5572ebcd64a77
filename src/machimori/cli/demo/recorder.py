# SPDX-License-Identifier: AGPL-3.0-or-later
"""The city's recorder as a process: `machimori record` with a shifted clock, for the rehearsal.

    python -m machimori.cli.demo.recorder CONFIG SHIFT

SHIFT is a file with the seconds; it may change while the recorder runs, as a clock that is set.
Prints the port of its health page and records until SIGTERM.
"""

import signal
import sys
import threading
from pathlib import Path

from machimori.kernel.clock import SystemClock
from machimori.kernel.instants import Micros
from machimori.recorder.config import RecorderConfig
from machimori.recorder.node import Node


class SetClock(SystemClock):
    """The machine's clock as somebody has set it: away from the true time by a file's seconds."""

    def __init__(self, shift: Path) -> None:
        self._shift = shift

    def now(self) -> Micros:
        return Micros(super().now() + round(float(self._shift.read_text()) * 1_000_000))


def main(config: str, shift: str) -> int:
    """Record until told to end."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the demo's own Ctrl-C ends it in order
    node = Node(RecorderConfig.load(Path(config)), clock=SetClock(Path(shift)))
    node.start()
    sys.stdout.write(f"{node.port}\n")
    sys.stdout.flush()
    ended.wait()
    node.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The processor time of another process is that process's own."""

import subprocess
import sys

import pytest

from machimori.simcity.bench.processor import charged

_SPENDS = """
import sys, threading, time
def spend():
    while time.thread_time() < 0.004:
        pass
thread = threading.Thread(target=spend)
thread.start()
thread.join()
print(time.process_time_ns(), flush=True)
sys.stdin.read()
"""


def test_less_than_a_tick_is_seen() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SPENDS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        its_own = int(process.stdout.readline()) / 1e9
        seen = charged(process.pid)
        assert its_own >= 0.004
        assert its_own <= seen <= its_own + 0.1
        process.kill()
    with pytest.raises(OSError, match="Invalid argument"):
        charged(process.pid)

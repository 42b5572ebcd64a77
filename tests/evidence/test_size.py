# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bounded memory: what a package holds does not decide what judging it takes."""

import subprocess
import sys
from pathlib import Path

import pytest

from machimori.evidence import bundle
from machimori.evidence.make import make
from machimori.footage.testing import SAMPLE_START
from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import Micros
from machimori.simcity.bench.evidence import city_with


def judged(tmp_path: Path, seconds: int) -> tuple[int, int]:
    """Make a package of `seconds` of a 2 Mbit/s camera; its size and what judging it took, bytes.

    The peak is the verifier's own (VmHWM): a child's `ru_maxrss` begins at its parent's.
    """
    city = city_with(seconds, tmp_path / "store")
    end = Micros(SAMPLE_START + seconds * 1_000_000)
    package = make(
        client=city.vault,
        ledger=city.ledger,
        store=city.store,
        order=city.order(SAMPLE_START, end),
        reader=city.reader,
        out=tmp_path / "package.zip",
        clock=ManualClock(end),
    )
    verifier = tmp_path / "verify.py"
    verifier.write_bytes(bundle.pack())
    code = (
        "import re, runpy, sys\n"
        f"sys.argv = ['verify.py', {str(package.path)!r}]\n"
        "try:\n"
        f"    runpy.run_path({str(verifier)!r}, run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    status = open('/proc/self/status').read()\n"
        "    print(end.code, re.search('VmHWM:\\\\s*(\\\\d+)', status)[1])\n"
    )
    done = subprocess.run(
        [sys._base_executable, "-I", "-S", "-c", code],  # type: ignore[attr-defined]
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    verdict, peak = map(int, done.stdout.splitlines()[-1].split())
    assert verdict == 20
    return package.size, peak * 1024


def test_judging_300_megabytes_takes_less_than_a_third_of_that_in_memory(tmp_path: Path) -> None:
    size, peak = judged(tmp_path, 600)
    assert size > 300_000_000
    assert peak < 100_000_000


@pytest.mark.soak
def test_judging_20_gigabytes_takes_200_megabytes_of_memory(tmp_path: Path) -> None:
    size, peak = judged(tmp_path, 40_000)
    assert size > 20_000_000_000
    assert peak < 200_000_000

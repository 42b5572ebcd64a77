# SPDX-License-Identifier: AGPL-3.0-or-later
"""The operator's guide does what it says: its blocks are run, in their order, as they stand."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from machimori.cli.running.testing import free_port
from machimori.simcity.city import SimCity

pytestmark = pytest.mark.long

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "operator.md"


def blocks() -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```", GUIDE.read_text(), flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that PostgreSQL's own account can reach, as a city's is; pytest's are closed."""
    with tempfile.TemporaryDirectory(prefix="machimori-guide-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_P8_a_city_is_set_up_by_following_the_guide(directory: Path) -> None:
    """An operator who types what the guide says has a recorder that holds public keys only, a
    vault, a ledger, and in the end a package that verifies."""
    with SimCity(1, own_ports=False) as city:
        address = city.url(1)
        script = "\n".join(["set -euo pipefail", *blocks()])
        script = script.replace("rtsp://127.0.0.1:8554/cam-0001", address)
        # An operator's own recorder may have the port.
        script = script.replace("9464", str(free_port()))
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        with subprocess.Popen(
            ["bash", "-c", script],
            cwd=directory,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                out, problems = process.communicate(timeout=240)
            finally:
                # What the guide started goes on, as it should; here it ends.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
    assert process.returncode == 0, problems
    assert "異常なし" in out
    assert "clock: believed" in out
    assert "there is nothing to confirm" in problems
    assert "refused, with status 5" in out
    assert "この証拠は、作られたときから変わっていません" in out
    keys = list((directory / "rec").rglob("*.key"))
    assert [key.name for key in keys] == ["recorder.key"]

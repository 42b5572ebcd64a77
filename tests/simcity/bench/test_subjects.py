# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every subject of `machimori bench` runs and gives the figures that the project publishes.

Small and short, and without a look at the values: what they are is for a quiet machine.
"""

import json
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.long

FIGURES = {
    "record": {
        *("cpu_vs_ffmpeg", "cpu_vs_floor", "encryption_ratio", "sealing_ratio"),
        *("pss_mb", "tcp_mem_mb"),
    },
    "evidence": {"package_10min_s", "first_frame_s"},
    "expire": {"day_keys_s"},
    "simcity": {"cameras_fed_per_core", "city_cpu_per_camera", "camera_mbit_per_s"},
    "ledger": {"append_per_s", "bulk_per_s", "proof_ms_10m"},
    "office": {
        *("page_ms_max", "pages_slow", "page_cpu_ms_max", "page_queries_max"),
        *("pages_with_many_queries", "pages"),
        *("first_picture_office_s", "first_picture_s", "seek_office_s", "seek_s"),
    },
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("subject", FIGURES)
def test_a_subject_gives_its_figures(subject: str) -> None:
    """In a process of its own: it takes a core, raises limits, and configures Django."""
    command = [sys.executable, "-m", "machimori.cli.main", "bench", subject, "--quick", "--json"]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    assert_gives(json.loads(made.stdout), FIGURES[subject])


def assert_gives(figures: dict[str, Any], names: set[str]) -> None:
    """Every figure, from at least one run."""
    assert figures.keys() > names
    for name in names:
        assert figures[name]["runs"] >= 1

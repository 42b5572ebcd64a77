# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every subject of `machimori bench` runs and gives the figures that the project publishes.

Small and short, and without a look at the values: what they are is for a quiet machine.
"""

import json

import pytest

from machimori.cli.main import main

FIGURES = {
    "record": {
        *("cpu_vs_ffmpeg", "cpu_vs_floor", "encryption_ratio", "sealing_ratio"),
        *("pss_mb", "tcp_mem_mb"),
    },
    "evidence": {"package_10min_s", "first_frame_s"},
    "expire": {"day_keys_s"},
    "simcity": {"cameras_fed_per_core", "city_cpu_per_camera", "camera_mbit_per_s"},
    "ledger": {"append_per_s", "bulk_per_s", "proof_ms_10m"},
}


@pytest.mark.alone
@pytest.mark.parametrize("subject", FIGURES)
def test_a_subject_gives_its_figures(subject: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", subject, "--quick", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures.keys() > FIGURES[subject]
    for name in FIGURES[subject]:
        assert figures[name]["runs"] >= 1

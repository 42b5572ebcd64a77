# SPDX-License-Identifier: AGPL-3.0-or-later
"""The unit for systemd runs a command that there is, and leaves it the time that it may take."""

import configparser
import shlex
from pathlib import Path

from machimori.cli.main import build_parser
from machimori.cli.running.supervisor import PATIENCE

UNIT = Path(__file__).parents[3] / "packaging" / "systemd" / "machimori.service"


def test_the_unit_runs_the_supervisor() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    unit.read(UNIT)
    service = unit["Service"]
    program, *words = shlex.split(service["ExecStart"])
    arguments = build_parser(["run"]).parse_args(words)
    assert Path(program).name == "machimori"
    assert arguments.config.is_relative_to(service["WorkingDirectory"])
    # Five lasting members at least, one after another.
    assert int(service["TimeoutStopSec"]) >= 5 * PATIENCE
    assert service["KillMode"] == "mixed"

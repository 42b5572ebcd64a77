# SPDX-License-Identifier: AGPL-3.0-or-later
"""The unit for systemd runs a command that there is, and leaves it the time that it may take."""

import configparser
import shlex
from pathlib import Path

from machimori.cli.main import build_parser
from machimori.cli.running.supervisor import PATIENCE

UNITS = Path(__file__).parents[3] / "packaging" / "systemd"


def read(name: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    assert unit.read(UNITS / name)
    return unit


def test_the_unit_runs_the_supervisor() -> None:
    service = read("machimori.service")["Service"]
    program, *words = shlex.split(service["ExecStart"])
    arguments = build_parser(["run"]).parse_args(words)
    assert Path(program).name == "machimori"
    assert arguments.config.is_relative_to(service["WorkingDirectory"])
    # Five lasting members at least, one after another.
    assert int(service["TimeoutStopSec"]) >= 5 * PATIENCE
    assert service["KillMode"] == "mixed"


def test_a_backup_a_day_leaves_recording_alone_and_may_write_where_it_must() -> None:
    service = read("machimori-backup.service")["Service"]
    program, *words = shlex.split(service["ExecStart"])
    arguments = build_parser(["backup"]).parse_args(words)
    assert Path(program).name == "machimori"
    # It locks nothing and starts no second database: PostgreSQL's socket is in the directory.
    assert {str(arguments.to), str(arguments.directory)} <= set(service["ReadWritePaths"].split())
    assert service["IOSchedulingClass"] == "idle"
    assert "OnCalendar" in read("machimori-backup.timer")["Timer"]

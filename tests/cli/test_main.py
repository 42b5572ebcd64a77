# SPDX-License-Identifier: AGPL-3.0-or-later
"""The frame of the command line: an error is one line and its own exit status."""

import subprocess
import sys
from pathlib import Path

import pytest

from machimori import __version__
from machimori.cli.main import COMMANDS, build_parser, main
from machimori.kernel.errors import UnavailableError


def test_an_error_is_one_line_and_its_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["vault", "status", "--socket", str(tmp_path / "none")])
    assert status == UnavailableError.exit_code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("machimori: ")
    assert printed.err.count("\n") == 1


def test_every_command_is_in_the_help() -> None:
    text = build_parser().format_help()
    assert all(command in text for command in COMMANDS)


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"machimori {__version__}\n"


def test_one_command_does_not_load_the_others() -> None:
    program = (
        "import sys; from machimori.cli.main import build_parser; build_parser(['vault']);"
        "sys.exit('av' in sys.modules or 'machimori.recorder.node' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

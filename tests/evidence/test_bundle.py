# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one-file verifier in a bare Python: no packages, no environment, no time zone database."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from machimori.evidence import bundle
from machimori.evidence.errors import EvidenceError
from machimori.evidence.testing import read_files, write_files

PYTHON = sys._base_executable  # type: ignore[attr-defined]
"""The interpreter beneath the virtual environment."""


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verifier") / "verify.py"
    path.write_bytes(bundle.pack())
    return path


def run(verifier: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """In an empty environment, from another folder, isolated and without site-packages."""
    return subprocess.run(
        [PYTHON, "-I", "-S", "-B", str(verifier), *map(str, arguments)],
        env={},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


@pytest.mark.parametrize("codec", ["h264", "h265", "jpeg"])
def test_it_judges_every_codec_offline(
    verifier: Path, made_of: Callable[[str], Any], codec: str
) -> None:
    made = made_of(codec)
    done = run(verifier, made.path, "--city", made.city.fingerprint)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("この証拠は、作られたときから変わっていません。")


def test_every_verdict_has_its_exit_code_and_words(
    verifier: Path, made: Any, tmp_path: Path
) -> None:
    files = read_files(made.path)
    film = "data/video/cam-0001-01.mp4"
    altered = write_files(tmp_path / "a.zip", {**files, film: files[film] + b"\0"})
    incomplete = write_files(
        tmp_path / "i.zip", {name: data for name, data in files.items() if name != film}
    )
    (tmp_path / "text.zip").write_text("no zip")
    cases = (
        (made.path, (), 20, "origin is unproven"),
        (altered, (), 21, "altered"),
        (incomplete, (), 22, "missing"),
        (tmp_path / "text.zip", (), 23, "cannot be read"),
        (tmp_path / "absent.zip", (), 23, "cannot be read"),
        (made.path, ("--city", "0" * 64), 24, "not signed by the given"),
    )
    for path, extra, code, words in cases:
        done = run(verifier, path, "--lang", "en", *extra)
        assert done.returncode == code, done
        assert words in done.stdout
        assert done.stderr == ""
    assert film in run(verifier, altered, "--lang", "en").stdout
    assert f"  - {film}" in run(verifier, incomplete).stdout


def test_it_speaks_json(verifier: Path, made: Any) -> None:
    done = run(verifier, made.path, "--city", made.city.fingerprint, "--json")
    answer = json.loads(done.stdout)
    assert answer["verdict"] == "sound"
    assert answer["pictures"] == 75
    assert [finding["code"] for finding in answer["findings"]] == ["no_stamp"]


def test_it_needs_no_time_zone_database(verifier: Path, made: Any) -> None:
    """As on Windows: without one, the zone is made from what Japan's law says."""
    code = (
        "import runpy, sys, zoneinfo; zoneinfo.reset_tzpath(());"
        f"sys.argv = ['verify.py', {str(made.path)!r}];"
        f"runpy.run_path({str(verifier)!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [PYTHON, "-I", "-S", "-c", code], env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 20, done.stderr
    assert "2026-11-21 14:00:01.500 JST" in done.stdout


def test_the_file_is_deterministic_readable_and_touches_no_network(verifier: Path) -> None:
    text = verifier.read_text(encoding="utf-8")
    assert bundle.pack() == bundle.pack() == text.encode()
    assert "def make_film(" in text
    for module in ("socket", "urllib", "http.client", "ctypes", "subprocess"):
        assert f"import {module}" not in text


def test_a_verifier_that_needed_more_than_python_would_not_be_packed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bundle, "ENTRY", "machimori.kernel.signing")
    with pytest.raises(EvidenceError, match="cryptography"):
        bundle.pack()

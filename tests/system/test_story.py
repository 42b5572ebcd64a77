# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole engine, from cameras on the street to a package that a stranger verifies."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long


def machimori(*words: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "machimori.cli.main", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_P1_P2_P4_A15_K12_the_story_of_one_request(tmp_path: Path) -> None:
    """Recorded, applied for, held, refused without approval, approved by two, released, packed,
    verified, expired, refused for ever: on real RTSP input, as `make run` shows it."""
    little = ("--cameras", "2", "--seconds", "15")
    done = machimori("demo", "--story", "--once", "--lang", "en", *little, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    steps = re.findall(r"^ +\d+\. (.*)$", done.stdout, flags=re.MULTILINE)
    assert [step.split(":")[0] for step in steps] == [
        "Application",
        "Hold",
        "An attempt with one signature",
        "Approval",
        "Approval",
        "Release and package",
        "Verification, on a bare Python without a network",
        "Expiry",
        "The same extraction again, with both signatures and with files copied before expiry",
    ]
    told = re.search(r"python3 -I (\S+) (\S+) --city ([0-9a-f]{64})", done.stdout)
    assert told
    verifier, package, city = told.groups()
    check = [sys.executable, "-I", verifier, package, "--city"]
    sound = subprocess.run([*check, city], cwd=tmp_path, check=False, capture_output=True)
    assert sound.returncode == 0
    stranger = subprocess.run([*check, "0" * 64], cwd=tmp_path, check=False, capture_output=True)
    assert stranger.returncode not in (0, sound.returncode)
    entries = ledger_types(tmp_path / "story" / "entries.jsonl")
    for kind in ("provision.requested", "hold.placed", "authorisation.signed", "release.made"):
        assert kind in entries
    assert entries.index("release.requested") < entries.index("release.made")
    assert "epoch.destroyed" in entries
    assert "footage.expired" in entries
    assert entries.count("refusal") >= 2


def ledger_types(path: Path) -> list[str]:
    return [json.loads(line)["type"] for line in path.read_text().splitlines()]


def test_a_directory_that_is_not_the_demo_s_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "story").mkdir()
    (tmp_path / "story" / "precious").write_text("keep")
    done = machimori("demo", "--story", "--once", cwd=tmp_path)
    assert done.returncode == 2
    assert "not the demo's" in done.stderr
    assert (tmp_path / "story" / "precious").read_text() == "keep"

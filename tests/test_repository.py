# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is made or fetched is not kept in git."""

import subprocess
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_MOST = 512 * 1024
"""Bytes of a file that somebody wrote; a build product is larger."""


def _git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], cwd=_ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_nothing_that_is_ignored_is_tracked() -> None:
    assert _git("ls-files", "--cached", "--ignored", "--exclude-standard") == []


def test_no_tracked_file_is_as_large_as_a_build_product() -> None:
    tracked = [_ROOT / name for name in _git("ls-files")]
    assert [one.name for one in tracked if one.exists() and one.stat().st_size > _MOST] == []

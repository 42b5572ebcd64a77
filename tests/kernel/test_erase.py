# SPDX-License-Identifier: AGPL-3.0-or-later
"""`Disk.erase`: content first, then the name, each synced."""

import os
from pathlib import Path

import pytest

from machimori.kernel.durable import Disk, Moment
from machimori.kernel.errors import DurabilityError


def test_the_content_goes_before_the_name(tmp_path: Path) -> None:
    steps: list[str] = []
    path = tmp_path / "secret"
    path.write_bytes(b"secret" * 100)
    os.link(path, tmp_path / "other-name")

    def note(step: str, path: Path, moment: Moment) -> None:
        if moment == "after":
            steps.append(step)

    Disk(note).erase(path)
    assert steps == ["overwrite", "fsync-file", "unlink", "fsync-directory"]
    assert not path.exists()
    left = (tmp_path / "other-name").read_bytes()
    assert len(left) == 600
    assert b"secret" not in left


def test_what_is_not_there_is_erased_already(tmp_path: Path) -> None:
    Disk().erase(tmp_path / "nothing")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"not meant")
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(DurabilityError):
        Disk().erase(tmp_path / "link")
    assert target.read_bytes() == b"not meant"

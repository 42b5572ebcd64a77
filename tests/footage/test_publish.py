# SPDX-License-Identifier: AGPL-3.0-or-later
"""A store on another file system than the recorder's open files gets copies, as durably."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from machimori.footage.errors import ObjectDiffersError
from machimori.footage.store import DirectoryStore
from machimori.kernel.durable import Disk
from machimori.kernel.errors import DurabilityError

SHARED_MEMORY = "/dev/shm"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as directory:
        assert Path(directory).stat().st_dev != tmp_path.stat().st_dev
        yield Path(directory)


def test_a_file_from_another_file_system_is_copied(tmp_path: Path, elsewhere: Path) -> None:
    steps: list[str] = []

    def on_step(step: str, path: Path, moment: str) -> None:
        if moment == "after":
            steps.append(step)

    source = elsewhere / "part"
    source.write_bytes(os.urandom(3_000_000))
    store = DirectoryStore(tmp_path / "store", Disk(on_step))
    steps.clear()
    store.put("day/cam/a.seg", source)
    assert store.get("day/cam/a.seg") == source.read_bytes()
    assert steps[-5:] == ["fsync-file", "write", "link", "unlink-temporary", "fsync-directory"]
    store.put("day/cam/a.seg", source)
    source.chmod(0o600)
    source.write_bytes(b"other")
    with pytest.raises(ObjectDiffersError):
        store.put("day/cam/a.seg", source)
    assert [path.name for path in (tmp_path / "store/day/cam").iterdir()] == ["a.seg"]


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    def full(step: str, path: Path, moment: str) -> None:
        if step == "fsync-file" and moment == "before":
            raise DurabilityError("No space left on device", where=str(path))

    store = DirectoryStore(tmp_path / "store", Disk(full))
    with pytest.raises(DurabilityError):
        store.put("day/cam/a.seg", b"x" * 1000)
    assert list(DirectoryStore(tmp_path / "store", Disk()).list()) == []
    assert [path.name for path in (tmp_path / "store/day/cam").iterdir()] == []

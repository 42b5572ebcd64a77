# SPDX-License-Identifier: AGPL-3.0-or-later
"""A whole file system is synced where that can be relied on, and nowhere else."""

import os
from pathlib import Path

import pytest

from machimori.kernel.durable import Disk
from machimori.kernel.errors import DurabilityError
from machimori.kernel.filesystem import reserve, sync_whole, syncs_whole


def test_memory_and_the_kernels_own_file_systems_are_not_relied_on() -> None:
    assert not syncs_whole(Path("/proc"))
    assert not syncs_whole(Path("/dev/shm"))


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        syncs_whole(tmp_path / "nowhere")


def test_a_directorys_file_system_is_synced(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync_whole(descriptor)
    finally:
        os.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        sync_whole(descriptor)


def test_the_step_is_named_when_it_fails(tmp_path: Path) -> None:
    with pytest.raises(DurabilityError, match="syncfs failed"):
        Disk().sync_file_system(-1, tmp_path)


def test_space_is_set_aside_and_given_back(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "a", os.O_WRONLY | os.O_CREAT)
    try:
        os.write(descriptor, b"written")
        reserve(descriptor, 7, 1 << 20)
        found = os.fstat(descriptor)
        assert found.st_size == 7
        assert found.st_blocks * 512 >= 1 << 20
        os.ftruncate(descriptor, 7)
        assert os.fstat(descriptor).st_blocks * 512 < 1 << 20
    finally:
        os.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        reserve(descriptor, 0, 1)

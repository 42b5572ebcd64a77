# SPDX-License-Identifier: AGPL-3.0-or-later
"""When footage is written past the page cache."""

import errno
import os
from pathlib import Path

import pytest

from machimori.recorder.direct import AGAIN, SLOW, Direct


@pytest.fixture
def file(tmp_path: Path) -> int:
    return os.open(tmp_path / "a", os.O_RDWR | os.O_CREAT)


def direct_write_of_three_bytes(descriptor: int) -> int:
    return os.pwrite(descriptor, b"odd", 0)


def test_a_file_is_written_directly_until_it_is_turned_off(file: int) -> None:
    direct = Direct(lambda: 5.0)
    assert direct.wanted
    assert direct.turn_on(file)
    with pytest.raises(OSError, match="Invalid argument"):
        direct_write_of_three_bytes(file)
    direct.turn_off(file)
    assert direct_write_of_three_bytes(file) == 3
    os.close(file)


def test_a_slow_disk_is_tried_again_after_an_hour() -> None:
    now = 100.0
    direct = Direct(lambda: now)
    for _ in range(100):
        direct.took(2 * SLOW)
    assert direct.wanted, "slow, but nothing has to wait"
    direct.wait()
    now += AGAIN / 2
    assert not direct.wanted
    direct.wait()  # chunks that wait now are not the fault of direct writes
    now += AGAIN / 2
    assert direct.wanted


def test_chunks_that_wait_for_something_else_change_nothing() -> None:
    direct = Direct(lambda: 0.0)
    for _ in range(100):
        direct.took(SLOW / 2)
    direct.took(3.0)  # once, because somebody else synced
    direct.wait()
    assert direct.wanted


def test_what_cannot_write_directly_is_not_asked_again() -> None:
    now = 0.0
    direct = Direct(lambda: now)
    direct.refused(OSError(errno.EINVAL, "Invalid argument"))
    now += 1000 * AGAIN
    assert not direct.wanted


def test_a_pipe_says_no() -> None:
    near, far = os.pipe()
    os.close(near)
    os.close(far)
    direct = Direct(lambda: 0.0)
    assert not direct.turn_on(far)
    assert not direct.wanted

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each durable operation, cut before and after each of its steps, leaves the old or the new."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel.durable import Disk, Journal, Moment
from machimori.kernel.errors import DurabilityError


class PowerCutError(Exception):
    pass


def steps_of(act: Callable[[Disk], object]) -> list[tuple[str, Moment]]:
    taken: list[tuple[str, Moment]] = []
    act(Disk(lambda step, path, moment: taken.append((step, moment))))
    return taken


def cut_at(number: int) -> Disk:
    left = [number]

    def on_step(step: str, path: Path, moment: Moment) -> None:
        del step, path, moment
        if left[0] == 0:
            raise PowerCutError
        left[0] -= 1

    return Disk(on_step)


def test_creating_writes_syncs_links_and_syncs_the_directory(tmp_path: Path) -> None:
    steps = steps_of(lambda disk: disk.create(tmp_path / "a", b"new"))
    assert [step for step, moment in steps if moment == "after"] == [
        "fsync-file",
        "write",
        "link",
        "unlink-temporary",
        "fsync-directory",
    ]
    assert (tmp_path / "a").read_bytes() == b"new"


def test_creating_what_exists_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        Disk().create(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("operation", ["create", "replace"])
def test_a_cut_at_any_step_leaves_the_old_or_the_new_whole(tmp_path: Path, operation: str) -> None:
    old = None if operation == "create" else b"old"
    (tmp_path / "count").mkdir()
    if old:
        (tmp_path / "count" / "a").write_bytes(old)
    act = getattr(Disk, operation)
    count = len(steps_of(lambda disk: act(disk, tmp_path / "count" / "a", b"new")))
    for number in range(count):
        directory = tmp_path / str(number)
        directory.mkdir()
        path = directory / "a"
        if old:
            path.write_bytes(old)
        with pytest.raises(PowerCutError):
            act(cut_at(number), path, b"new")
        assert (path.read_bytes() if path.exists() else None) in (old, b"new")


def test_moving_and_removing_sync_the_directories(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "to").mkdir()
    (tmp_path / "from" / "a").write_bytes(b"x")
    moved = steps_of(lambda disk: disk.move(tmp_path / "from" / "a", tmp_path / "to" / "a"))
    assert [s for s, m in moved if m == "after"] == ["rename", "fsync-directory", "fsync-directory"]
    removed = steps_of(lambda disk: disk.remove(tmp_path / "to" / "a"))
    assert [s for s, m in removed if m == "after"] == ["unlink", "fsync-directory"]
    Disk().remove(tmp_path / "to" / "a")


def test_a_failing_disk_names_step_and_place(tmp_path: Path) -> None:
    with pytest.raises(DurabilityError, match="write failed") as caught:
        Disk().replace(tmp_path / "missing" / "a", b"x")
    assert "missing" in caught.value.where


LINES = st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), max_size=8)


@given(LINES, st.data())
def test_a_journal_cut_anywhere_keeps_every_whole_line(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    journal = Journal(path, Disk())
    ends = [0]
    for line in lines:
        journal.append(line)
        ends.append(path.stat().st_size)
    journal.close()
    cut = data.draw(st.integers(0, ends[-1]))
    path.write_bytes(path.read_bytes()[:cut])
    again = Journal(path, Disk())
    whole = sum(1 for end in ends[1:] if end <= cut)
    assert list(again.lines) == lines[:whole]
    again.append(b"next")
    again.close()
    reopened = Journal(path, Disk())
    assert list(reopened.lines) == [*lines[:whole], b"next"]
    reopened.close()


def test_a_damaged_line_before_the_last_is_an_error_not_a_loss(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", Disk())
    for line in (b"one", b"two", b"three"):
        journal.append(line)
    journal.close()
    data = bytearray((tmp_path / "j").read_bytes())
    data[10] ^= 1
    (tmp_path / "j").write_bytes(data)
    with pytest.raises(DurabilityError, match="damaged"):
        Journal(tmp_path / "j", Disk())
    assert (tmp_path / "j").read_bytes() == data


def test_publishing_what_cannot_be_opened_names_it(tmp_path: Path) -> None:
    with pytest.raises(DurabilityError, match="publish failed: No such file") as caught:
        Disk().publish(tmp_path / "gone", tmp_path / "b")
    assert caught.value.where == str(tmp_path / "gone")
    assert not (tmp_path / "b").exists()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Between drain and disk: slow, failing and vanishing disks, and memory that stays bounded."""

import ctypes
import errno
import mmap
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from machimori.footage.store import DirectoryStore
from machimori.kernel.durable import Disk
from machimori.recorder import writers
from machimori.recorder.blocks import BLOCK, LEAST, Blocks
from machimori.recorder.part import Part
from machimori.recorder.writers import Writers


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Setup:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.blocks = Blocks(BLOCK + 3 * LEAST)
        self.events: list[str] = []
        self.steps: list[tuple[str, str]] = []
        disk = Disk(lambda step, path, moment: self.steps.append((step, path.name)))
        self.writers = Writers(
            store=DirectoryStore(directory / "store", disk),
            blocks=self.blocks,
            disk=disk,
            on_trouble=lambda event, detail: self.events.append(event),
            sync_every=0.2,
        )
        self.writers.start()

    def part(self) -> Part:
        return self.writers.begin(self.directory / "open" / "cam" / "x.part", 0)

    def append(self, part: Part, data: bytes) -> bool:
        block = self.blocks.take()
        if block is None:
            return False
        block[: len(data)] = data
        self.writers.append(part, block, len(data))
        self.writers.flush()
        return True


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    made = Setup(tmp_path)
    yield made
    made.writers.stop(2.0)


def test_a_part_arrives_in_the_store_in_order(setup: Setup) -> None:
    part = setup.part()
    for number in range(20):
        until(lambda: not setup.blocks.exhausted)
        assert setup.append(part, b"%03d" % number)
    setup.writers.finish(part, "2026-11-21/cam/a.seg")
    assert setup.writers.stop(5.0)
    stored = setup.directory / "store" / "2026-11-21" / "cam" / "a.seg"
    assert stored.read_bytes() == b"".join(b"%03d" % n for n in range(20))
    assert not part.path.exists()
    assert setup.blocks.held == 0


def test_open_parts_are_synced_together(setup: Setup) -> None:
    part = setup.part()
    setup.append(part, b"data")
    until(lambda: ("syncfs", "open") in setup.steps)
    until(lambda: part.durable_name)
    assert ("fdatasync", "x.part") not in setup.steps


def test_a_disk_that_syncs_too_slowly_is_told_of(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(self: Disk, descriptor: int, path: Path) -> None:
        time.sleep(0.3)

    monkeypatch.setattr(writers, "SYNC_LATE", 0.2)
    setup.append(setup.part(), b"data")
    until(lambda: ("syncfs", "open") in setup.steps)
    assert setup.events == []
    monkeypatch.setattr(Disk, "sync_file_system", slow)
    until(lambda: "sync_late" in setup.events)
    assert not setup.writers.troubled


def test_a_full_disk_is_waited_for_and_nothing_is_skipped(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = threading.Event()
    write = os.write

    def refuse(descriptor: int, data: bytes) -> int:
        if full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:2])

    part = setup.part()
    setup.append(part, b"before")
    until(lambda: part.size == 6)
    monkeypatch.setattr(os, "write", refuse)
    full.set()
    accepted = sum(setup.append(part, b"during") for _ in range(10))
    assert accepted == 4, "memory is bounded by the blocks"
    until(lambda: setup.writers.troubled)
    full.clear()
    until(lambda: part.size == 6 + 6 * accepted)
    assert part.path.read_bytes() == b"before" + b"during" * accepted
    until(lambda: setup.events == ["disk_trouble", "disk_recovered"])


def test_an_io_error_after_which_the_file_is_gone_gives_it_up(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    part = setup.part()
    setup.append(part, b"before")
    until(lambda: part.size == 6)
    part.path.unlink()
    failing = threading.Event()
    failing.set()

    def fail(descriptor: int, data: bytes) -> int:
        if failing.is_set():
            raise OSError(errno.EIO, "Input/output error")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", fail)
    setup.append(part, b"lost")
    until(lambda: part.lost)
    failing.clear()
    setup.writers.finish(part, "2026-11-21/cam/a.seg")
    assert setup.writers.stop(5.0)
    assert not (setup.directory / "store" / "2026-11-21").exists()


def test_space_is_set_aside_while_a_part_grows(setup: Setup) -> None:
    part = setup.part()
    chunk = b"x" * 100_000
    assert setup.append(part, chunk)
    until(lambda: part.size == len(chunk))
    assert part.path.stat().st_blocks * 512 >= 8 * len(chunk)
    setup.writers.finish(part, "2026-11-21/cam/a.seg")
    assert setup.writers.stop(5.0)
    stored = setup.directory / "store" / "2026-11-21" / "cam" / "a.seg"
    assert stored.read_bytes() == chunk
    assert stored.stat().st_blocks * 512 < 2 * len(chunk), "what was not used was given back"


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.ENOSPC])
def test_where_nothing_can_be_set_aside_the_part_grows_all_the_same(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    asked: list[int] = []

    def refuse(descriptor: int, start: int, length: int) -> None:
        asked.append(start)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("machimori.recorder.writers.reserve", refuse)
    part = setup.part()
    for _ in range(3):
        assert setup.append(part, b"chunk")
        until(lambda: not setup.blocks.held)
    assert part.path.read_bytes() == b"chunk" * 3
    assert asked == ([0] if number == errno.EOPNOTSUPP else [0, 5, 10])
    assert setup.events == []


def test_what_is_synced_leaves_the_page_cache_and_stays_in_the_file(tmp_path: Path) -> None:
    chunk, chunks = bytes(range(256)) * 1000, 20
    part = Part(tmp_path / "a.part", 0)
    part.descriptor = os.open(part.path, os.O_WRONLY | os.O_CREAT)
    part.dirty = True
    for _ in range(chunks):
        part.size += os.write(part.descriptor, chunk)
    part.sync(Disk())
    part.leave_cache()
    # The kernel keeps what lies in one folio with the last page.
    assert 0 < resident(part.path) * mmap.PAGESIZE <= 1 << 20
    part.close()
    part.leave_cache()
    assert part.path.read_bytes() == chunk * chunks


def resident(path: Path) -> int:
    """Pages of a file that are in the page cache (mincore(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as pages:
        count = -(-len(pages) // mmap.PAGESIZE)
        found = (ctypes.c_ubyte * count)()
        start = ctypes.c_char.from_buffer(pages)
        address = ctypes.c_void_p(ctypes.addressof(start))
        assert libc.mincore(address, ctypes.c_size_t(len(pages)), found) == 0
        del start
        return sum(page & 1 for page in found)

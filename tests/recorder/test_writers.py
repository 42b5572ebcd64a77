# SPDX-License-Identifier: AGPL-3.0-or-later
"""Between drain and disk: slow, failing and vanishing disks, and memory that stays bounded."""

import ctypes
import errno
import fcntl
import mmap
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from machimori.footage.store import DirectoryStore
from machimori.kernel.durable import Disk
from machimori.recorder.blocks import BLOCK, Blocks
from machimori.recorder.direct import PAGE, WAITED
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
        self.blocks = Blocks(4)
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
        block[part.lead : part.lead + len(data)] = data
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
        until(lambda: setup.blocks.available > 0)
        assert setup.append(part, b"%03d" % number)
    setup.writers.finish(part, "2026-11-21/cam/a.seg")
    assert setup.writers.stop(5.0)
    stored = setup.directory / "store" / "2026-11-21" / "cam" / "a.seg"
    assert stored.read_bytes() == b"".join(b"%03d" % n for n in range(20))
    assert not part.path.exists()
    assert setup.blocks.available == 4


def test_open_parts_are_synced_together(setup: Setup) -> None:
    part = setup.part()
    setup.append(part, b"data")
    until(lambda: ("syncfs", "open") in setup.steps)
    until(lambda: part.durable_name)
    assert ("fdatasync", "x.part") not in setup.steps


def test_a_full_disk_is_waited_for_and_nothing_is_skipped(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = threading.Event()
    pwrite = os.pwrite

    def refuse(descriptor: int, data: bytes, place: int) -> int:
        if full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        return pwrite(descriptor, data[:PAGE], place)

    during = b"during" * 1500
    part = setup.part()
    setup.append(part, b"before")
    until(lambda: part.size == 6)
    monkeypatch.setattr(os, "pwrite", refuse)
    full.set()
    accepted = sum(setup.append(part, during) for _ in range(10))
    assert accepted == 4, "memory is bounded by the blocks"
    until(lambda: setup.writers.troubled)
    full.clear()
    until(lambda: part.size == 6 + len(during) * accepted)
    found = part.path.read_bytes()
    assert found.rstrip(b"\0") == b"before" + during * accepted
    assert len(found) % PAGE == 0
    until(lambda: setup.events == ["disk_trouble", "disk_recovered"])


def test_an_io_error_after_which_the_file_is_gone_gives_it_up(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite = os.pwrite
    part = setup.part()
    setup.append(part, b"before")
    until(lambda: part.size == 6)
    part.path.unlink()
    failing = threading.Event()
    failing.set()

    def fail(descriptor: int, data: bytes, place: int) -> int:
        if failing.is_set():
            raise OSError(errno.EIO, "Input/output error")
        return pwrite(descriptor, data, place)

    monkeypatch.setattr(os, "pwrite", fail)
    setup.append(part, b"lost")
    until(lambda: part.lost)
    failing.clear()
    setup.writers.finish(part, "2026-11-21/cam/a.seg")
    assert setup.writers.stop(5.0)
    assert not (setup.directory / "store" / "2026-11-21").exists()


def test_chunks_of_any_length_stand_one_behind_the_other(setup: Setup) -> None:
    part = setup.part()
    lengths = (1, PAGE - 1, PAGE, PAGE + 1, 3, 1_000_000, BLOCK, 2 * PAGE - 5, 77)
    chunks = [bytes([number + 1]) * length for number, length in enumerate(lengths)]
    setup.writers.append_bytes(part, b"header")
    for chunk in chunks:
        until(lambda: setup.blocks.available > 0)
        assert setup.append(part, chunk)
    setup.writers.append_bytes(part, b"trailer")
    setup.writers.finish(part, "2026-11-21/cam/a.seg")
    assert setup.writers.stop(5.0)
    stored = setup.directory / "store" / "2026-11-21" / "cam" / "a.seg"
    assert stored.read_bytes() == b"header" + b"".join(chunks) + b"trailer"
    assert part.direct, "the disk under the tests takes direct writes"


def test_what_fills_up_a_page_is_nothing_of_another_chunk(setup: Setup) -> None:
    first, second = setup.part(), setup.writers.begin(setup.directory / "open" / "b" / "y.part", 0)
    assert setup.append(first, b"x" * 100_000)
    until(lambda: setup.blocks.available == 4)
    assert setup.append(second, b"short")
    until(lambda: second.size == 5)
    assert second.path.read_bytes() == b"short" + bytes(PAGE - 5)


def test_a_file_system_without_direct_writes_is_written_to_all_the_same(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite = os.pwrite

    def particular(descriptor: int, data: bytes, place: int) -> int:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return pwrite(descriptor, data, place)

    monkeypatch.setattr(os, "pwrite", particular)
    part = setup.part()
    assert setup.append(part, b"data")
    until(lambda: part.size == 4)
    assert not part.direct
    assert setup.events == []
    later = setup.writers.begin(setup.directory / "open" / "cam" / "z.part", 0)
    assert setup.append(later, b"data")
    until(lambda: later.size == 4)
    assert not later.direct


def test_a_disk_that_does_not_keep_up_is_written_through_the_page_cache(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite = os.pwrite

    def slowly(descriptor: int, data: bytes, place: int) -> int:
        time.sleep(WAITED)
        return pwrite(descriptor, data, place)

    monkeypatch.setattr(os, "pwrite", slowly)
    part = setup.part()
    written = 0

    def filled() -> bool:
        nonlocal written
        while setup.append(part, b"data"):
            written += 1
        return written > 0 and part.size > 0 and not part.direct

    until(filled)
    until(lambda: part.size == 4 * written)
    assert part.path.read_bytes().rstrip(b"\0") == b"data" * written


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

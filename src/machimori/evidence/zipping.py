# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes a package's zip: stored entries, back to back, zip64 where sizes ask for it.

Standard tools read it (APPNOTE.TXT 6.3.10); it is written by ourselves because the sizes of the
original bytes are known before they are decrypted. Their room is reserved first, so that one pass
over the footage fills it and writes the MP4 behind it at the same time. Each entry's SHA-256 is
taken while it is written, in one other thread, where hashing and writing do not hold up the
de-packetising.
"""

import hashlib
import io
import os
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from isal import isal_zlib

from machimori.evidence.room import Room
from machimori.evidence.verifier.container import (
    BLOCK,
    CENTRAL,
    CENTRAL_MAGIC,
    END,
    END64,
    END64_MAGIC,
    END_MAGIC,
    FULL16,
    FULL32,
    LOCAL,
    LOCAL_MAGIC,
    LOCATOR,
    LOCATOR_MAGIC,
    ZIP64_EXTRA,
    check_path,
)
from machimori.kernel.errors import DurabilityError
from machimori.kernel.instants import Micros, instant

_ZIP64_FROM = FULL32 - 1
_QUEUE = 16
_MAX_PARTS = 1000
"""Buffers of one gathered write; the kernel takes 1,024."""
_WIDE_EXTRA = 20
"""Bytes of a zip64 field with both sizes."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What an entry became."""

    name: str
    size: int
    sha256: str


class Slot:
    """Room for one entry of known size; `write` fills it from front to back."""

    def __init__(
        self, package: "PackageZip", name: str, header: int, size: int, *, wide: bool = False
    ) -> None:
        self.name = name
        self.size = size
        self.header = header
        self._wide = wide or size >= _ZIP64_FROM
        self.data = header + LOCAL.size + len(name) + (_WIDE_EXTRA if self._wide else 0)
        self.crc = 0
        self._sha = hashlib.sha256()
        self._package = package
        self._filled = 0

    def write(self, data: bytes | memoryview) -> None:
        """The next bytes. Raises ValueError beyond the reserved size."""
        offset = self._filled
        self._filled += len(data)
        if self._filled > self.size:
            raise ValueError(f"{self.name} is longer than was reserved")
        self._package.submit(lambda: self._store(data, offset))

    def _store(self, data: bytes | memoryview, offset: int) -> None:
        self._sha.update(data)
        self.crc = isal_zlib.crc32(data, self.crc)
        self._package.write_at((data,), self.data + offset)

    def digest_existing(self) -> None:
        """Take the digests from what stands in the file already."""
        for offset in range(0, self.size, BLOCK):
            block = self._package.read_at(self.data + offset, min(BLOCK, self.size - offset))
            self._sha.update(block)
            self.crc = isal_zlib.crc32(block, self.crc)
        self._filled = self.size

    def written(self) -> Written:
        """Name, size and SHA-256. Raises ValueError if the room was not filled."""
        if self._filled != self.size:
            raise ValueError(f"{self.name} is shorter than was reserved")
        return Written(name=self.name, size=self.size, sha256=self._sha.hexdigest())

    def local_header(self, stamp: tuple[int, int]) -> bytes:
        """The entry's own header, written last: it holds the CRC."""
        large = self._wide
        size = FULL32 if large else self.size
        extra = _extra(self.size, self.size) if large else b""
        return (
            LOCAL.pack(
                LOCAL_MAGIC,
                45 if large else 20,
                0,
                0,
                *stamp,
                self.crc,
                size,
                size,
                len(self.name),
                len(extra),
            )
            + self.name.encode()
            + extra
        )

    def central_header(self, stamp: tuple[int, int]) -> bytes:
        """The entry's line in the directory."""
        wide = [self.size, self.size, self.header]
        narrow = [FULL32 if value >= _ZIP64_FROM else value for value in wide]
        large = [value for value, short in zip(wide, narrow, strict=True) if short == FULL32]
        extra = _extra(*large) if large else b""
        return (
            CENTRAL.pack(
                CENTRAL_MAGIC,
                3 << 8 | (45 if large else 20),  # made on Unix, so that the mode below counts
                45 if large else 20,
                0,
                0,
                *stamp,
                self.crc,
                *narrow[:2],
                len(self.name),
                len(extra),
                0,
                0,
                0,
                0o100644 << 16,
                narrow[2],
            )
            + self.name.encode()
            + extra
        )


class Tail(io.RawIOBase):
    """A file at the end of the package, of unknown size: what an MP4 writer is given.

    Seekable within itself; small writes are gathered. Its digests are taken when it is sealed, from
    the page cache. Its header always has room for zip64 sizes, because the size is not known when
    data begins.
    """

    def __init__(self, package: "PackageZip", name: str, start: int) -> None:
        super().__init__()
        self.name = name
        self.base = start + LOCAL.size + len(name) + _WIDE_EXTRA
        self.size = 0
        self._package = package
        self._position = 0
        self._gathered: list[bytes] = []
        self._gathered_size = 0

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        """Write at the position, as a binary file does."""
        written = data if isinstance(data, bytes) else bytes(data)
        self._gathered.append(written)
        self._gathered_size += len(written)
        self._position += len(written)
        self.size = max(self.size, self._position)
        if self._gathered_size >= BLOCK or len(self._gathered) >= _MAX_PARTS:
            self.flush()
        return len(written)

    def readinto(self, buffer: Any, /) -> int:
        """Read what was written, for a muxer that looks back."""
        self.flush()
        self._package.settle()
        view = memoryview(buffer)
        length = min(len(view), max(0, self.size - self._position))
        view[:length] = self._package.read_at(self.base + self._position, length)
        self._position += length
        return length

    def flush(self) -> None:
        """Hand what was gathered to the writer thread."""
        if self._gathered:
            gathered, self._gathered = self._gathered, []
            offset = self.base + self._position - self._gathered_size
            self._gathered_size = 0
            self._package.submit(lambda: self._package.write_at(gathered, offset))

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move within the file."""
        self.flush()
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """The position."""
        return self._position


class Reading(io.RawIOBase):
    """An entry that is complete, as a file to read."""

    def __init__(self, package: "PackageZip", slot: Slot) -> None:
        super().__init__()
        self._package = package
        self._slot = slot
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        length = min(len(view), max(0, self._slot.size - self._position))
        view[:length] = self._package.read_at(self._slot.data + self._position, length)
        self._position += length
        return length

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._slot.size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position


def _extra(*values: int) -> bytes:
    return b"".join(
        (
            ZIP64_EXTRA.to_bytes(2, "little"),
            (8 * len(values)).to_bytes(2, "little"),
            *(value.to_bytes(8, "little") for value in values),
        )
    )


class PackageZip:
    """A zip being written."""

    def __init__(self, room: Room, *, made: Micros) -> None:
        self._room = room
        moment = instant(made)
        self._stamp = (
            moment.hour << 11 | moment.minute << 5 | moment.second // 2,
            max(0, moment.year - 1980) << 9 | moment.month << 5 | moment.day,
        )
        self._end = 0
        self._slots: list[Slot] = []
        self._failure: BaseException | None = None
        self._work: queue.Queue[Callable[[], None] | None] = queue.Queue(_QUEUE)
        self._thread = threading.Thread(target=self._run, name="package-writer", daemon=True)
        self._thread.start()

    def reserve(self, name: str, size: int) -> Slot:
        """Room for an entry of exactly `size` bytes."""
        slot = Slot(self, check_path(name), self._end, size)
        self._end = slot.data + size
        self._slots.append(slot)
        return slot

    def add(self, name: str, data: bytes) -> Slot:
        """A small entry."""
        slot = self.reserve(name, len(data))
        slot.write(data)
        return slot

    def tail(self, name: str) -> Tail:
        """A seekable entry of unknown size at the end; nothing else may be added until `seal`."""
        return Tail(self, check_path(name), self._end)

    def seal(self, tail: Tail) -> Slot:
        """Close a tail: from now on it is an entry like any other."""
        tail.flush()
        slot = Slot(self, tail.name, self._end, tail.size, wide=True)
        self._end = slot.data + slot.size
        self._slots.append(slot)
        self.submit(slot.digest_existing)
        return slot

    def reading(self, slot: Slot) -> Reading:
        """A sealed or filled entry as a file."""
        return Reading(self, slot)

    def settle(self) -> None:
        """Wait until everything submitted is written. Raises DurabilityError if it was not."""
        self._work.join()
        self._raise()

    def finish(self) -> int:
        """Headers and directory; returns the file's size. The caller syncs the room."""
        self.settle()
        self.close()
        for slot in self._slots:
            slot.written()
            self.write_at((slot.local_header(self._stamp),), slot.header)
        directory = b"".join(slot.central_header(self._stamp) for slot in self._slots)
        ending = directory + _ending(len(self._slots), len(directory), self._end)
        self.write_at((ending,), self._end)
        return self._end + len(ending)

    def close(self) -> None:
        """Stop the writer thread; the room stays open."""
        if self._thread.is_alive():
            self._work.put(None)
            self._thread.join()

    def submit(self, work: Callable[[], None]) -> None:
        """Have the writer thread do it, in order. Raises DurabilityError if it failed before."""
        self._raise()
        if not self._thread.is_alive():
            raise ValueError("this package is closed")
        self._work.put(work)

    def write_at(self, parts: Sequence[bytes | memoryview], offset: int) -> None:
        """One after another, whole; at most `_MAX_PARTS` parts."""
        self._room.write_at(parts, offset)

    def read_at(self, offset: int, length: int) -> bytes:
        """What stands there."""
        return self._room.read_at(offset, length)

    def _raise(self) -> None:
        if isinstance(self._failure, OSError):
            raise DurabilityError(
                f"the package cannot be written: {self._failure.strerror}",
                remedy="check that the disk is not full",
            ) from self._failure
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                if self._failure is None:
                    work()
            except BaseException as error:  # handed to the thread that waits
                self._failure = error
            finally:
                self._work.task_done()
        self._work.task_done()


def _ending(count: int, size: int, offset: int) -> bytes:
    ending = b""
    if count >= FULL16 or size >= _ZIP64_FROM or offset >= _ZIP64_FROM:
        at = offset + size
        ending = END64.pack(
            END64_MAGIC, END64.size - 12, 3 << 8 | 45, 45, 0, 0, count, count, size, offset
        ) + LOCATOR.pack(LOCATOR_MAGIC, 0, at, 1)
        count, size, offset = FULL16, FULL32, FULL32
    return ending + END.pack(END_MAGIC, 0, 0, count, count, size, offset, 0)

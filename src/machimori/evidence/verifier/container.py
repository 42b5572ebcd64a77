# SPDX-License-Identifier: AGPL-3.0-or-later
"""The files of a package: in the zip as it was handed out, or unpacked in a folder.

A zip is read without being extracted, in blocks, and only if it is exactly of the kind that
Machimori writes: stored entries, back to back from the first byte to the directory, with plain
relative names. So nothing can hide between entries, no entry can expand to more than the file
holds, no name can lead out of a folder, and two programs cannot see two different contents.
(APPNOTE.TXT 6.3.10; zip64 for sizes over 4 GiB.)
"""

import os
import re
import stat
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Protocol

from machimori.evidence.errors import PackageError

MAX_FILES = 200_000
MAX_DIRECTORY = 64 * 1024 * 1024
MAX_NAME = 240
BLOCK = 4 * 1024 * 1024
"""Bytes read at once: what bounds the memory, whatever the package's size."""

LOCAL = struct.Struct("<4sHHHHHIIIHH")
CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
END = struct.Struct("<4sHHHHIIH")
END64 = struct.Struct("<4sQHHIIQQQQ")
LOCATOR = struct.Struct("<4sIQI")
LOCAL_MAGIC, CENTRAL_MAGIC, END_MAGIC = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
END64_MAGIC, LOCATOR_MAGIC = b"PK\x06\x06", b"PK\x06\x07"
FULL32, FULL16 = 0xFFFFFFFF, 0xFFFF
ZIP64_EXTRA = 1

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
_UNPACK = "unpack it with another program and verify the folder"


class CutOffError(PackageError):
    """The package ends before its end: a copy that was interrupted."""


class Source(Protocol):
    """Named files that can be read in part."""

    @property
    def files(self) -> Mapping[str, int]:
        """Every file and its size in bytes."""
        ...

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Bytes of a file; fewer only at its end. Raises PackageError if reading fails."""
        ...

    def close(self) -> None: ...


def blocks(source: Source, name: str) -> Iterator[bytes]:
    """A file in blocks."""
    size = source.files[name]
    for offset in range(0, size, BLOCK):
        yield source.read(name, offset, min(BLOCK, size - offset))


def whole(source: Source, name: str, *, limit: int) -> bytes:
    """A small file. Raises PackageError if it is absent or longer than `limit`."""
    size = source.files.get(name)
    if size is None:
        raise PackageError("file is missing", where=name)
    if size > limit:
        raise PackageError(f"file is longer than {limit} bytes", where=name)
    return source.read(name, 0, size)


def check_path(name: str) -> str:
    """Return a plain relative path of ASCII parts. Raises PackageError for any other."""
    if len(name) > MAX_NAME or not all(_PART.match(part) for part in name.split("/")):
        raise PackageError("a name that no package has", where=repr(name[:80]))
    return name


def open_package(path: Path) -> Source:
    """The zip file or the unpacked folder at `path`. Raises PackageError or OSError."""
    return FolderSource(path) if path.is_dir() else ZipSource(path)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    header: int
    name: str
    size: int
    crc: int

    @property
    def name_at(self) -> int:
        return self.header + LOCAL.size


class Bytes(Protocol):
    """A zip that lies elsewhere than in a file."""

    @property
    def size(self) -> int: ...
    def read_at(self, offset: int, length: int) -> bytes: ...


class _OpenFile:
    """A descriptor, which is closed with the source."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, length, offset)
        os.lseek(self._descriptor, offset, os.SEEK_SET)  # Windows has no pread
        return os.read(self._descriptor, length)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class ZipSource:
    """A zip file. The constructor checks its whole structure; content is judged elsewhere."""

    def __init__(self, path: Path | int | Bytes) -> None:
        """An open descriptor is closed with the source; `Bytes` are not."""
        if isinstance(path, Path):
            path = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._bytes = _OpenFile(path) if isinstance(path, int) else path
        try:
            self._size = self._bytes.size
            self._data, sizes = self._index()
        except BaseException:
            self.close()
            raise
        self.files: Mapping[str, int] = MappingProxyType(sizes)

    def __enter__(self) -> "ZipSource":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        if isinstance(self._bytes, _OpenFile):
            self._bytes.close()

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Bytes of an entry."""
        length = max(0, min(length, self.files[name] - offset))
        return self._at(self._data[name] + offset, length)

    def place(self, name: str) -> int:
        """The byte of the zip at which an entry's content begins."""
        return self._data[name]

    def _at(self, offset: int, length: int) -> bytes:
        parts = []
        while length > 0:
            try:
                data = self._bytes.read_at(offset, length)
            except OSError as error:
                raise PackageError(f"cannot be read: {error.strerror}") from error
            if not data:
                raise CutOffError("the package is cut off", where=f"byte {offset}")
            parts.append(data)
            offset += len(data)
            length -= len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _index(self) -> tuple[dict[str, int], dict[str, int]]:
        start, end, count = self._find_directory()
        entries = _directory(self._at(start, end - start), count)
        offsets: dict[str, int] = {}
        sizes: dict[str, int] = {}
        seen: set[str] = set()
        position = 0
        for entry in sorted(entries, key=lambda entry: entry.header):
            if entry.header != position:
                raise PackageError("entries overlap or leave room between them", where=entry.name)
            if entry.name.lower() in seen:
                raise PackageError("two entries of one name", where=entry.name)
            seen.add(entry.name.lower())
            position = self._local(entry)
            offsets[entry.name] = position
            sizes[entry.name] = entry.size
            position += entry.size
        if position != start:
            raise PackageError("something lies between the entries and their directory")
        return offsets, sizes

    def _find_directory(self) -> tuple[int, int, int]:
        if self._size < END.size:
            raise PackageError("not a zip file", remedy="check that this is the package")
        end = self._size - END.size
        fields = END.unpack(self._at(end, END.size))
        if fields[0] != END_MAGIC or fields[7] != 0:
            if self._at(0, 4) == LOCAL_MAGIC:
                raise CutOffError(
                    "the zip file has no end: it is cut off, or something was added to it",
                    remedy="copy the package again",
                )
            raise PackageError("not a zip file", remedy="check that this is the package")
        _, disk, start_disk, here, count, size, offset, _ = fields
        if FULL16 in (here, count) or FULL32 in (size, offset):
            end, here, count, size, offset = self._find_directory64(end)
        if disk or start_disk or here != count or offset + size != end:
            raise PackageError("the zip directory does not stand where its end says")
        if count > MAX_FILES or size > MAX_DIRECTORY:
            raise PackageError("the zip directory is too large")
        return offset, end, count

    def _find_directory64(self, end: int) -> tuple[int, int, int, int, int]:
        locator = end - LOCATOR.size
        end = locator - END64.size
        if end < 0:
            raise PackageError("the zip64 end is missing")
        magic, disk, position, disks = LOCATOR.unpack(self._at(locator, LOCATOR.size))
        found = END64.unpack(self._at(end, END64.size))
        if magic != LOCATOR_MAGIC or disk or disks != 1 or position != end:
            raise PackageError("the zip64 locator does not lead to the zip64 end")
        magic, length, _, _, disk, start_disk, here, count, size, offset = found
        if magic != END64_MAGIC or length != END64.size - 12 or disk or start_disk:
            raise PackageError("the zip64 end is damaged")
        return end, here, count, size, offset

    def _local(self, entry: _Entry) -> int:
        """Where the entry's data begins; its own header must say what the directory says."""
        fields = LOCAL.unpack(self._at(entry.header, LOCAL.size))
        magic, _, flags, method, _, _, crc, packed, size, name_size, extra_size = fields
        rest = self._at(entry.name_at, name_size + extra_size)
        if magic != LOCAL_MAGIC or flags & ~0x800 or method:
            raise PackageError("an entry's header differs from the directory", where=entry.name)
        size, packed = _sizes64(rest[name_size:], size, packed, entry.name)
        name = rest[:name_size]
        if (name, size, packed, crc) != (entry.name.encode(), entry.size, entry.size, entry.crc):
            raise PackageError("an entry's header differs from the directory", where=entry.name)
        return entry.name_at + len(rest)


def _directory(data: bytes, count: int) -> Iterator[_Entry]:
    position = 0
    for _ in range(count):
        if position + CENTRAL.size > len(data):
            raise PackageError("the zip directory is cut off")
        fields = CENTRAL.unpack_from(data, position)
        magic, _, _, flags, method, _, _, crc, packed, size = fields[:10]
        name_size, extra_size, comment_size, disk, _, attributes, header = fields[10:]
        position += CENTRAL.size
        raw = data[position : position + name_size]
        extra = data[position + name_size : position + name_size + extra_size]
        position += name_size + extra_size
        if magic != CENTRAL_MAGIC or comment_size or disk or position > len(data):
            raise PackageError("the zip directory is damaged")
        try:
            name = check_path(raw.decode("ascii"))
        except UnicodeDecodeError as error:
            raise PackageError("a name that no package has", where=repr(raw[:80])) from error
        if method or flags & ~0x800:
            raise PackageError(
                "an entry is compressed or encrypted: the zip was made anew by another program",
                where=name,
                remedy=_UNPACK,
            )
        kind = stat.S_IFMT(attributes >> 16)
        if kind not in (0, stat.S_IFREG):
            raise PackageError("an entry is a link or another special file", where=name)
        size, packed, header = _sizes64(extra, size, packed, name, header)
        if size != packed:
            raise PackageError("an entry with two sizes", where=name)
        yield _Entry(header=header, name=name, size=size, crc=crc)
    if position != len(data):
        raise PackageError("the zip directory is longer than its entries")


def _sizes64(extra: bytes, *values: int | str) -> list[int]:
    """The values with those at the 32-bit limit replaced from a zip64 field, the only one allowed.

    `values` are numbers with the entry's name among them, which only names the place in errors.
    """
    name = next(value for value in values if isinstance(value, str))
    numbers = [value for value in values if not isinstance(value, str)]
    wanted = [index for index, value in enumerate(numbers) if value == FULL32]
    if not extra and not wanted:
        return numbers
    if len(extra) != 4 + 8 * len(wanted) or not wanted:
        raise PackageError("an extra field that no package has", where=name, remedy=_UNPACK)
    kind, size, *found = struct.unpack(f"<HH{len(wanted)}Q", extra)
    if kind != ZIP64_EXTRA or size != 8 * len(wanted):
        raise PackageError("an extra field that no package has", where=name, remedy=_UNPACK)
    for index, value in zip(wanted, found, strict=True):
        numbers[index] = value
    return numbers


class FolderSource:
    """An unpacked package. Links and special files are refused: they could point anywhere."""

    def __init__(self, root: Path) -> None:
        self._root = root
        sizes: dict[str, int] = {}
        for folder, names, files in os.walk(root):
            for name in [*names, *files]:
                path = Path(folder) / name
                relative = path.relative_to(root).as_posix()
                mode = path.lstat().st_mode
                if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
                    raise PackageError("a link or another special file", where=relative)
                if stat.S_ISREG(mode):
                    sizes[check_path(relative)] = path.lstat().st_size
                if len(sizes) > MAX_FILES:
                    raise PackageError("too many files for a package")
        self.files: Mapping[str, int] = MappingProxyType(sizes)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Bytes of a file."""
        try:
            with (self._root / name).open("rb", buffering=0) as file:
                file.seek(offset)
                data = file.read(length)
        except OSError as error:
            raise PackageError(f"cannot be read: {error.strerror}", where=name) from error
        if len(data) != min(length, self.files[name] - offset):
            raise PackageError("file changed while it was read", where=name)
        return data

    def close(self) -> None:
        """Nothing is held open."""

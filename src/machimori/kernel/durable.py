# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files that are still there after `kill -9` and after a power cut.

Each operation is a sequence of numbered steps; every fsync is one of them and is named in the
docstring. A `Disk` reports each step to its `on_step` before and after it is taken, which is how
tests cut the power at any point.
"""

import errno
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

from machimori.kernel import filesystem
from machimori.kernel.errors import DurabilityError

Moment = Literal["before", "after"]
OnStep = Callable[[str, Path, Moment], None]


_NO_LINK = (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK)
_BLOCK = 1 << 20


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            yield block


def _ignore(step: str, path: Path, moment: Moment) -> None:
    del step, path, moment


class Disk:
    """Durable operations on files. Raises DurabilityError, naming step and path, if one fails."""

    def __init__(self, on_step: OnStep = _ignore) -> None:
        self._on_step = on_step

    def create(self, path: Path, data: bytes, *, mode: int = 0o640) -> None:
        """Make a file that did not exist. Raises FileExistsError, and changes nothing, if it did.

        1. write `data` to a temporary name beside it; 2. fsync that file; 3. link it to `path`
        (fails if `path` exists); 4. unlink the temporary name; 5. fsync the directory.
        """
        self._create(path, (data,), mode)

    def publish(self, source: Path, target: Path, *, mode: int = 0o440) -> None:
        """Give a finished file a name that did not exist. Raises FileExistsError if it did.

        1. fdatasync the source; 2. chmod it to `mode`; 3. link it to `target`; 4. fsync the
        target's directory. On another file system, or one without links, steps 2 and 3 are those
        of `create` with the source's bytes. The source keeps its own name.
        """
        try:
            descriptor = os.open(source, os.O_RDONLY)
        except OSError as error:
            raise DurabilityError(f"publish failed: {error.strerror}", where=str(source)) from error
        try:
            self.sync_file(descriptor, source)
        finally:
            os.close(descriptor)
        try:
            self._take("chmod", source, lambda: source.chmod(mode))
            self._take("link", target, lambda: os.link(source, target))
        except DurabilityError as error:
            cause = error.__cause__
            if not isinstance(cause, OSError) or cause.errno not in _NO_LINK:
                raise
            self._create(target, _blocks(source), mode)
            return
        self.sync_directory(target.parent)

    def replace(self, path: Path, data: bytes, *, mode: int = 0o640) -> None:
        """Set a file's content: after a crash it holds the old content or the new, whole.

        1. write a temporary file; 2. fsync it; 3. rename it over `path`; 4. fsync the directory.
        """
        temporary = self._write_temporary(path, (data,), mode)
        self._take("rename", path, lambda: temporary.replace(path))
        self.sync_directory(path.parent)

    def move(self, source: Path, target: Path) -> None:
        """Rename within one file system; the source's content must be synced already.

        1. rename; 2. fsync the target's directory; 3. fsync the source's, if it is another.
        """
        self._take("rename", target, lambda: source.rename(target))
        self.sync_directory(target.parent)
        if source.parent != target.parent:
            self.sync_directory(source.parent)

    def remove(self, path: Path) -> None:
        """Remove a file if it is there. 1. unlink; 2. fsync the directory."""
        self._take("unlink", path, lambda: path.unlink(missing_ok=True))
        self.sync_directory(path.parent)

    def erase(self, path: Path) -> None:
        """Destroy a small file's content, then its name. Nothing happens if it is not there.

        1. overwrite with random bytes in place; 2. fsync the file; 3. unlink; 4. fsync the
        directory. Other names of the same file lose their content too.
        """
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        except OSError as error:
            raise DurabilityError(f"erase failed: {error.strerror}", where=str(path)) from error
        try:
            size = os.fstat(descriptor).st_size
            self._take("overwrite", path, lambda: os.pwrite(descriptor, os.urandom(size), 0))
            self._take("fsync-file", path, lambda: os.fsync(descriptor))
        finally:
            os.close(descriptor)
        self.remove(path)

    def make_directory(self, path: Path, *, mode: int = 0o750) -> None:
        """Make a directory and its missing parents. For each: 1. mkdir; 2. fsync its parent."""
        if path.is_dir():
            return
        self.make_directory(path.parent, mode=mode)
        self._take("mkdir", path, lambda: path.mkdir(mode=mode, exist_ok=True))
        self.sync_directory(path.parent)

    def sync_file(self, descriptor: int, path: Path) -> None:
        """fdatasync an open file; `path` only names it in errors."""
        self._take("fdatasync", path, lambda: os.fdatasync(descriptor))

    def syncs_whole(self, path: Path) -> bool:
        """Whether `sync_file_system` makes durable what was written below `path`."""
        return filesystem.syncs_whole(path)

    def sync_file_system(self, descriptor: int, path: Path) -> None:
        """syncfs of an open directory's file system; `path` only names it in errors."""
        self._take("syncfs", path, lambda: filesystem.sync_whole(descriptor))

    def sync_directory(self, path: Path) -> None:
        """fsync a directory, so that names made or removed in it are durable."""

        def sync() -> None:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

        self._take("fsync-directory", path, sync)

    def _create(self, path: Path, blocks: Iterable[bytes], mode: int) -> None:
        temporary = self._write_temporary(path, blocks, mode)
        try:
            self._take("link", path, lambda: os.link(temporary, path))
        finally:
            self._take("unlink-temporary", temporary, lambda: temporary.unlink(missing_ok=True))
        self.sync_directory(path.parent)

    def _write_temporary(self, path: Path, blocks: Iterable[bytes], mode: int) -> Path:
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")

        def write() -> None:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            try:
                for block in blocks:
                    view = memoryview(block)
                    while view:
                        view = view[os.write(descriptor, view) :]
                self._take("fsync-file", temporary, lambda: os.fsync(descriptor))
            finally:
                os.close(descriptor)

        try:
            self._take("write", temporary, write)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return temporary

    def _take(self, step: str, path: Path, action: Callable[[], object]) -> None:
        self._on_step(step, path, "before")
        try:
            action()
        except FileExistsError:
            raise
        except OSError as error:
            raise DurabilityError(
                f"{step} failed: {error.strerror or error}",
                where=str(path),
                remedy="check that the disk is mounted, writable and not full",
            ) from error
        self._on_step(step, path, "after")


class Journal:
    """An append-only file of lines, each synced before `append` returns.

    A line is `<crc32, 8 hex digits> <text>\\n`. A torn last line (a crash inside `append`) is cut
    off when the journal is opened; a damaged line before the last raises DurabilityError.
    """

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path
        self._disk = disk
        created = not path.exists()
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
        if created:
            disk.sync_directory(path.parent)
        self._lines = self._recover()

    @property
    def lines(self) -> tuple[bytes, ...]:
        """Every line's text, oldest first."""
        return tuple(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def append(self, text: bytes) -> None:
        """1. write the line; 2. fdatasync the file. Text must not contain a newline."""
        if b"\n" in text:
            raise ValueError("a journal line holds no newline")
        line = b"%08x %s\n" % (zlib.crc32(text), text)
        view = memoryview(line)
        while view:
            try:
                view = view[os.write(self._descriptor, view) :]
            except OSError as error:
                raise DurabilityError(
                    f"append failed: {error.strerror}", where=str(self._path)
                ) from error
        self._disk.sync_file(self._descriptor, self._path)
        self._lines.append(text)

    def close(self) -> None:
        """Release the file descriptor."""
        os.close(self._descriptor)

    def _recover(self) -> list[bytes]:
        data = self._path.read_bytes()
        lines: list[bytes] = []
        position = 0
        while position < len(data):
            end = data.find(b"\n", position)
            line = data[position:end] if end >= 0 else b""
            text = line[9:]
            if end < 0 or line[:9] != b"%08x " % zlib.crc32(text):
                if data.find(b"\n", end + 1) >= 0 and end >= 0:
                    raise DurabilityError(
                        "a line before the last is damaged",
                        where=f"{self._path} at byte {position}",
                        remedy="restore this file from its mirror; do not edit it",
                    )
                os.ftruncate(self._descriptor, position)
                self._disk.sync_file(self._descriptor, self._path)
                break
            lines.append(text)
            position = end + 1
        return lines

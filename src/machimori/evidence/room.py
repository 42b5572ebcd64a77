# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a package is written and read back before anybody has it: a file, or what a caller gives.

A place is told when the package has been verified; before that nothing bears the package's name.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from machimori.kernel.durable import Disk
from machimori.kernel.errors import DurabilityError


class Room(Protocol):
    """Bytes that are written and read at any offset, by one writing thread at a time."""

    @property
    def size(self) -> int:
        """One more than the last byte that was written."""
        ...

    def write_at(self, parts: Sequence[bytes | bytearray | memoryview], offset: int) -> None:
        """Write the parts one after another, whole. Raises OSError."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """What stands there; less at the end."""
        ...

    def empty(self) -> None:
        """Forget what was written."""
        ...

    def sync(self) -> None:
        """Return when what was written is durable. Raises DurabilityError."""
        ...

    def close(self) -> None:
        """Release it. Nothing more is read or written."""
        ...


class Place(Protocol):
    """Where a package goes once it is verified."""

    def taken(self) -> bool:
        """Whether something is there already."""
        ...

    def begin(self) -> Room:
        """Room for a new package. Raises DurabilityError."""
        ...

    def finish(self, room: Room) -> None:
        """Give a package that is durable and verified its name; the room stays open."""
        ...

    def abandon(self) -> None:
        """Remove what `begin` made, unless it got its name."""
        ...


class FileRoom:
    """A file that was opened for reading and writing."""

    def __init__(self, descriptor: int, *, path: Path, disk: Disk) -> None:
        self._descriptor = descriptor
        self._path = path
        self._disk = disk

    @property
    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def write_at(self, parts: Sequence[bytes | bytearray | memoryview], offset: int) -> None:
        """pwritev, whole."""
        views = [memoryview(part).cast("B") for part in parts]
        while views:
            count = os.pwritev(self._descriptor, views, offset)
            offset += count
            while views and count >= len(views[0]):
                count -= len(views.pop(0))
            if views:
                views[0] = views[0][count:]

    def read_at(self, offset: int, length: int) -> bytes:
        """pread."""
        return os.pread(self._descriptor, length, offset)

    def empty(self) -> None:
        """ftruncate."""
        os.ftruncate(self._descriptor, 0)

    def sync(self) -> None:
        """fdatasync."""
        self._disk.sync_file(self._descriptor, self._path)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)


class FilePlace:
    """A file of this name, in clear."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path = path
        self._disk = disk
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.partial")

    def taken(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    def begin(self) -> FileRoom:
        """A file beside it. Raises DurabilityError."""
        try:
            descriptor = os.open(self._partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
        except OSError as error:
            raise DurabilityError(
                f"the package cannot be made: {error.strerror}", where=str(self.path)
            ) from error
        return FileRoom(descriptor, path=self._partial, disk=self._disk)

    def finish(self, room: Room) -> None:
        """Rename it. Raises FileExistsError if the name was taken meanwhile."""
        del room
        if self.path.exists():
            raise FileExistsError(str(self.path))
        self._disk.move(self._partial, self.path)

    def abandon(self) -> None:
        """Unlink the file beside it, if it is there."""
        self._partial.unlink(missing_ok=True)

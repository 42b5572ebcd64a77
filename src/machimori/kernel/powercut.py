# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cut the power in a test: a loop-mounted file system whose image is snapshotted and mounted again.

An outer XFS holds the image of the inner file system, because a reflink copies a file at one
instant, also while the loop device writes to it. Mounting the copy replays the inner journal, as a
machine does that comes back. What the inner file system had not flushed may be in the copy, where a
real disk would have lost it; what it had flushed must be.

Needs root and loop devices; without them it raises, with the reason.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal

from machimori.kernel.errors import UnavailableError

FileSystem = Literal["ext4", "xfs"]
_PACKAGES = "util-linux e2fsprogs xfsprogs"
_INNER_MB = 320
_OUTER_MB = 2048


class PowerCuts:
    """A mounted file system, `root`, whose power can be cut again and again."""

    def __init__(self, directory: Path, kind: FileSystem) -> None:
        self._outer_image = directory / "outer.img"
        self._outer = directory / "outer"
        self.root = directory / "root"
        self._again = directory / "again"
        self._kind = kind
        self._mounted: list[Path] = []
        for path in (directory, self._outer, self.root, self._again):
            path.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "PowerCuts":
        try:
            _sparse(self._outer_image, _OUTER_MB)
            _run("mkfs.xfs", "-q", "-m", "reflink=1", str(self._outer_image))
            self._mount(self._outer_image, self._outer, "loop")
            image = self._outer / "inner.img"
            _sparse(image, _INNER_MB)
            _run(f"mkfs.{self._kind}", "-q", str(image))
            self._mount(image, self.root, "loop")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def cut(self) -> Iterator[Path]:
        """What a machine finds whose power fails now. Writers go on writing to `root` meanwhile."""
        snapshot = self._outer / "snapshot.img"
        _run("cp", "--reflink=always", str(self._outer / "inner.img"), str(snapshot))
        # The copy has the UUID of the file system that is still mounted.
        options = "loop,nouuid" if self._kind == "xfs" else "loop"
        self._mount(snapshot, self._again, options)
        try:
            yield self._again
        finally:
            self._unmount(self._again)
            snapshot.unlink()

    def close(self) -> None:
        """Unmount everything and remove the images."""
        for path in reversed(self._mounted.copy()):
            self._unmount(path)
        self._outer_image.unlink(missing_ok=True)

    def _mount(self, image: Path, target: Path, options: str) -> None:
        _run("mount", "-o", options, str(image), str(target))
        self._mounted.append(target)

    def _unmount(self, target: Path) -> None:
        # Whoever is done with one cut must not leave the machine with mounts if it leaked a file.
        self._mounted.remove(target)
        try:
            _run("umount", str(target))
        except UnavailableError:
            _run("umount", "--lazy", str(target))
            raise


def _sparse(path: Path, megabytes: int) -> None:
    with path.open("wb") as file:
        file.truncate(megabytes << 20)


def _run(program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        raise UnavailableError(f"{program} not found", remedy=f"apt-get install {_PACKAGES}")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(
            f"{program} failed: {done.stderr.strip()[-300:]}",
            remedy="power cuts are tested as root on a kernel with loop devices, ext4 and xfs",
        )

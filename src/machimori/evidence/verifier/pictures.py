# SPDX-License-Identifier: AGPL-3.0-or-later
"""The MP4 files, made once more from the original bytes and compared byte for byte.

Making MP4 from a stream is deterministic (docs/ref/evidence-package.md), so the verifier hands the
exporter files that compare what is written to them with what the package holds. Every picture,
its time and its order are thus proven to be the camera's.
"""

import io
import os
from typing import Any, BinaryIO, cast

from machimori.evidence.verifier.container import BLOCK, Source
from machimori.evidence.verifier.hashing import Hasher

_PATCHES = 64
"""Bytes that a writer may come back to correct: the MP4's total size, known last."""


class ComparingFile(io.RawIOBase):
    """Takes what is written and compares it with a file of the package, which is read once.

    `differs_at` is the first byte found different and not corrected since, or None.
    """

    def __init__(self, source: Source, name: str, hasher: Hasher) -> None:
        super().__init__()
        self._source = source
        self._name = name
        self._hasher = hasher
        self._size = source.files[name]
        self._position = 0
        self._high = 0
        self._block = b""
        self._block_at = 0
        self._next = 0
        self._small: dict[int, int] = {}
        self._patched: set[int] = set()
        self._first: int | None = None

    @property
    def differs_at(self) -> int | None:
        """Where the package's file departs from what was written."""
        found = [*self._patched, *([] if self._first is None else [self._first])]
        if self._high < self._size:
            found.append(self._high)
        return min(found, default=None)

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._high}[whence]
        self._position = base + offset
        return self._position

    def write(self, data: Any, /) -> int:
        written = data if isinstance(data, bytes) else bytes(data)
        position, length = self._position, len(written)
        if self._first is None or position < self._high:
            if position + length <= self._high:
                self._correct(position, written)
            else:
                self._compare(position, written)
        self._position += length
        self._high = max(self._high, self._position)
        return length

    def finish(self) -> None:
        """Hand the rest of the file to the hasher."""
        while self._next < self._size:
            self._load()

    def _compare(self, position: int, written: bytes) -> None:
        offset = 0
        while offset < len(written):
            at = position + offset - self._block_at
            if at >= len(self._block):
                if self._next >= self._size:
                    self._first = self._size
                    return
                self._load()
                continue
            found = self._block[at : at + len(written) - offset]
            said = written[offset : offset + len(found)]
            if found != said:
                self._differ(position + offset, found, said)
            offset += len(found)

    def _differ(self, position: int, found: bytes, said: bytes) -> None:
        places = [
            position + index
            for index, (one, other) in enumerate(zip(found, said, strict=True))
            if one != other
        ]
        if len(said) <= _PATCHES and len(self._patched) < _PATCHES:
            self._patched.update(places)
            self._small.update({place: found[place - position] for place in places})
        elif self._first is None:
            self._first = places[0]

    def _correct(self, position: int, written: bytes) -> None:
        """A second writing over what was compared: keep what still differs."""
        for place, value in enumerate(written, start=position):
            if place >= self._size:
                return  # the file ends before; that was noted
            known = self._small.get(place)
            if known is None:
                known = self._source.read(self._name, place, 1)[0]
                self._small[place] = known
            if known == value:
                self._patched.discard(place)
            else:
                self._patched.add(place)

    def _load(self) -> None:
        self._block = self._source.read(self._name, self._next, min(BLOCK, self._size - self._next))
        self._block_at = self._next
        self._next += len(self._block)
        self._hasher.feed(self._name, self._block)


class Comparison:
    """Gives the film maker files that compare; `differences` is complete when all are closed."""

    def __init__(self, source: Source, hasher: Hasher) -> None:
        self._source = source
        self._hasher = hasher
        self._open: dict[str, ComparingFile] = {}
        self.differences: list[tuple[str, int]] = []

    def create(self, path: str) -> BinaryIO:
        """A film that the package does not have is made all the same, into nowhere."""
        if path not in self._source.files or path in self._hasher.sizes:
            return cast(BinaryIO, _Nowhere())
        self._open[path] = ComparingFile(self._source, path, self._hasher)
        return cast(BinaryIO, self._open[path])

    def close(self, path: str) -> None:
        """The film at `path` is complete."""
        file = self._open.pop(path, None)
        if file is not None:
            file.finish()
            if file.differs_at is not None:
                self.differences.append((path, file.differs_at))


class _Nowhere(io.RawIOBase):
    """Takes a film that the package does not have, without keeping it."""

    def __init__(self) -> None:
        super().__init__()
        self._position = 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._position = offset if whence == os.SEEK_SET else self._position + offset
        return self._position

    def tell(self) -> int:
        return self._position

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The boxes that an MP4 file consists of (ISO/IEC 14496-12 section 4.2)."""

from collections.abc import Iterator

from machimori.kernel.errors import MalformedError


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box: size, type, content."""
    size = 8 + sum(map(len, parts))
    return b"".join((size.to_bytes(4, "big"), kind, *parts))


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box with version and flags."""
    return box(kind, (version << 24 | flags).to_bytes(4, "big"), *parts)


def children(data: bytes, start: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """(type, content) of each box in `data[start:]`. Raises MalformedError."""
    position = start
    while position < len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        body = position + 8
        if size == 1:
            size = int.from_bytes(data[body : body + 8], "big")
            body += 8
        if size < body - position or position + size > len(data):
            raise MalformedError("box with an impossible size", where=f"byte {position}")
        yield kind, data[body : position + size]
        position += size


def child(data: bytes, *path: bytes) -> bytes:
    """The content of the box at `path`, always the first of its type. Raises MalformedError."""
    for wanted in path:
        found = next((content for kind, content in children(data) if kind == wanted), None)
        if found is None:
            raise MalformedError("box missing", where=wanted.decode("latin-1"))
        data = found
    return data

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files that a slow or broken link fetches in pieces: single byte ranges (RFC 9110, 14)."""

import re
from collections.abc import Iterator
from typing import Final, Protocol

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z")
_BLOCK: Final = 1 << 18


class Source(Protocol):
    """Bytes that can be read in part; closed when they were sent."""

    @property
    def size(self) -> int: ...
    def read_at(self, offset: int, length: int) -> bytes: ...
    def close(self) -> None: ...


def ranged(request: HttpRequest, source: Source, *, tag: str, name: str) -> HttpResponseBase:
    """The file to save, or the one range of it that `Range` asks for. `tag` is this content's.

    A range is honoured if `If-Range` is absent or names this file's tag: two halves of two files
    are never put together. Several ranges in one request get the whole file. 416 beyond the end.
    """
    size, tag = source.size, f'"{tag}"'
    first, last, code = 0, size - 1, 200
    found = _RANGE.match(request.headers.get("Range", ""))
    if found and any(found.groups()) and request.headers.get("If-Range", tag) == tag:
        start, end = found.groups()
        first = int(start) if start else max(0, size - int(end))
        last = min(int(end), size - 1) if start and end else size - 1
        code = 206
        if first > last or first >= size:
            source.close()
            beyond = HttpResponse(status=416)
            beyond.headers["Content-Range"] = f"bytes */{size}"
            return beyond
    response = StreamingHttpResponse(
        _blocks(source, first, last - first + 1), status=code, content_type="application/zip"
    )
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = tag
    response.headers["Content-Length"] = str(last - first + 1)
    if code == 206:
        response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    response.headers["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or "attachment"
    )
    return response


def _blocks(source: Source, first: int, length: int) -> Iterator[bytes]:
    try:
        while length > 0 and (block := source.read_at(first, min(_BLOCK, length))):
            first += len(block)
            length -= len(block)
            yield block
    finally:
        source.close()

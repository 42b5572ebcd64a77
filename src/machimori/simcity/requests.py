# SPDX-License-Identifier: AGPL-3.0-or-later
"""RTSP/1.0 requests as a server reads them from a stream (RFC 2326 4, 6, 10.12).

Between requests a client sends interleaved frames (its RTCP receiver reports) and answers to the
camera's own requests; they are dropped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from machimori.simcity.errors import RequestError

_LONGEST_HEAD = 16_384
_LONGEST_BODY = 65_536


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request; header names in lower case."""

    method: str
    url: str
    headers: dict[str, str]

    @property
    def segments(self) -> list[str]:
        """The path of the URL in parts; none for `*` and the root."""
        return [part for part in urlsplit(self.url).path.split("/") if part and part != "*"]


class RequestReader:
    """Takes bytes in any pieces and gives whole requests."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Request]:
        """Requests that are complete with `data`. Raises RequestError on what is none."""
        self._buffer += data
        while self._buffer:
            if self._buffer[0] == 0x24:
                if len(self._buffer) < 4:
                    return
                end = 4 + int.from_bytes(self._buffer[2:4], "big")
                if len(self._buffer) < end:
                    return
                del self._buffer[:end]
                continue
            if self._buffer[:2] == b"\r\n":
                del self._buffer[:2]
                continue
            if self._buffer[:5] == b"RTSP/":
                # The answer to a request of the camera's own; a recorder's have no body.
                end = self._buffer.find(b"\r\n\r\n")
                if end < 0:
                    return
                del self._buffer[: end + 4]
                continue
            request = self._request()
            if request is None:
                return
            yield request

    def _request(self) -> Request | None:
        end = self._buffer.find(b"\r\n\r\n", 0, _LONGEST_HEAD)
        if end < 0:
            if len(self._buffer) >= _LONGEST_HEAD:
                raise RequestError("a request's head is too long")
            return None
        try:
            lines = self._buffer[:end].decode("ascii").split("\r\n")
            method, url, version = lines[0].split(" ")
            headers = {}
            for line in lines[1:]:
                name, colon, value = line.partition(":")
                if not colon:
                    raise RequestError("a header line has no colon")
                headers[name.strip().lower()] = value.strip()
            length = int(headers.get("content-length", "0"))
            urlsplit(url)
        except ValueError as error:
            raise RequestError("the head of a request cannot be read") from error
        if not version.startswith("RTSP/1.") or not 0 <= length <= _LONGEST_BODY:
            raise RequestError("not an RTSP/1.0 request")
        if len(self._buffer) < end + 4 + length:
            return None
        del self._buffer[: end + 4 + length]
        return Request(method=method.upper(), url=url, headers=headers)

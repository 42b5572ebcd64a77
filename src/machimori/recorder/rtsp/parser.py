# SPDX-License-Identifier: AGPL-3.0-or-later
"""From a camera's bytes to messages and interleaved frames (RFC 2326 sections 4–7 and 10.12).

Lenient where cameras are known to be careless, and never beyond a bound:

- line ends CRLF or LF, blank lines before a message, folded header lines, header names in any case,
  header lines without a colon (ignored);
- bytes between messages that belong to none (a Content-Length that is too short, padding): at most
  MAX_GARBAGE of them per connection, and none before the first message, so that a web server on
  the port is recognised at once.
"""

import re
from dataclasses import dataclass

from machimori.recorder.errors import RtspMalformed
from machimori.recorder.rtsp.message import METHODS, Frame, Headers, Request, Response

MAX_HEAD = 16_384
"""Bytes of start line and headers."""
MAX_HEADERS = 64
MAX_BODY = 65_536
MAX_GARBAGE = 8_192
MAX_BLANK = 64
"""Blank bytes before one message."""

_DOLLAR = 0x24
_BLANK = b"\r\n"
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_STATUS_LINE = re.compile(r"RTSP/\d\.\d[ \t]+(\d{3})(?:[ \t].*)?\Z", re.IGNORECASE)
_REQUEST_LINE = re.compile(r"([A-Z_]+)[ \t]+(\S+)[ \t]+RTSP/\d\.\d[ \t]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_STARTS = (b"RTSP/", *(f"{method} ".encode() for method in METHODS))
_LONGEST_START = max(map(len, _STARTS))

Buffer = bytes | bytearray | memoryview


def measure(data: Buffer, start: int = 0) -> int | None:
    """How many bytes the message that begins at `start` of `data` takes, blank lines before it
    included; None if it is not complete yet.

    For the drain, which meets messages between frames. Raises RtspMalformed, its offset relative
    to `start`, if there is no message at `start` or if it exceeds a bound.
    """
    head = bytes(data[start : start + MAX_BLANK + MAX_HEAD + 4])
    begin = len(head) - len(head.lstrip(_BLANK))
    if begin > MAX_BLANK:
        raise RtspMalformed("blank lines without end", offset=begin)
    if not _may_start(head, begin):
        raise RtspMalformed("neither a frame nor a message", offset=begin)
    end = _head_end(head, begin, begin)
    if end is None:
        if _BINARY.search(head, begin):
            raise RtspMalformed("bytes that belong to no message", offset=begin)
        return None
    start_line, headers = _parse_head(head[begin:end], offset=begin)
    if start_line is None:
        raise RtspMalformed("the first line is neither a status nor a request", offset=begin)
    total = end + _content_length(headers, offset=begin)
    return total if total <= len(data) - start else None


class Parser:
    """Bytes in, messages and frames out.

    A frame is taken wherever a message may begin, before SETUP too: old live555 servers go on
    sending a dead session's frames to whoever got its socket. Within garbage a `$` counts only
    once `interleaved` is set, because text has dollars.
    """

    def __init__(self) -> None:
        self.interleaved = False
        """Set when SETUP is sent."""
        self.offset = 0
        """Bytes consumed so far: where the next message or frame begins."""
        self._buffer = bytearray()
        self._searched = 0
        self._garbage = 0
        self._messages = 0
        self._head: _Head | None = None

    def feed(self, data: bytes) -> None:
        """Add received bytes. The caller bounds them by calling `next` until it returns None."""
        self._buffer += data

    def rest(self) -> bytes:
        """Take what is not parsed yet."""
        data = bytes(self._buffer)
        self._consume(len(data))
        return data

    def next(self) -> Response | Request | Frame | None:
        """The next message or frame, or None if more bytes are needed.

        Raises RtspMalformed.
        """
        while self._buffer:
            first = self._buffer[0]
            if self._head is not None:
                return self._message(self._head)
            if first in _BLANK:
                self._skip(len(self._buffer) - len(self._buffer.lstrip(_BLANK)))
            elif first == _DOLLAR:
                return self._frame()
            elif _may_start(self._buffer, 0):
                if not self._read_head():
                    return None
            elif not self._skip_garbage():
                return None
        return None

    def _frame(self) -> Frame | None:
        if len(self._buffer) < 4:
            return None
        size = 4 + int.from_bytes(self._buffer[2:4], "big")
        if len(self._buffer) < size:
            return None
        frame = Frame(channel=self._buffer[1], raw=bytes(self._buffer[:size]))
        self._consume(size)
        return frame

    def _read_head(self) -> bool:
        """Set `_head`, or skip the first line of what turns out to be none. False: incomplete."""
        end = _head_end(self._buffer, 0, self._searched, offset=self.offset)
        if end is None:
            self._searched = max(0, len(self._buffer) - 3)
            return False
        data = bytes(self._buffer[:end])
        start, headers = _parse_head(data, offset=self.offset)
        if start is None:
            self._skip(data.index(b"\n") + 1)
            return True
        total = end + _content_length(headers, offset=self.offset)
        self._head = _Head(start=start, headers=headers, end=end, total=total)
        return True

    def _message(self, head: "_Head") -> Response | Request | None:
        if len(self._buffer) < head.total:
            return None
        body = bytes(self._buffer[head.end : head.total])
        self._consume(head.total)
        self._messages += 1
        if isinstance(head.start, int):
            return Response(status=head.start, headers=head.headers, body=body)
        method, url = head.start
        return Request(method=method, url=url, headers=head.headers, body=body)

    def _skip_garbage(self) -> bool:
        """Skip to what may be a start. False if more bytes are needed to tell."""
        if not self._messages:
            raise RtspMalformed("this is not RTSP", offset=self.offset)
        marks = [self._buffer.find(b"RTSP/"), self._buffer.find(b"\n") + 1]
        if self.interleaved:
            marks.append(self._buffer.find(b"$"))
        found = min((mark for mark in marks if mark > 0), default=0)
        if found:
            self._skip(found)
            return True
        # A start may be cut in two; what is longer than that cannot become one.
        surplus = len(self._buffer) - _LONGEST_START
        if surplus <= 0:
            surplus = 1
        self._skip(surplus)
        return bool(self._buffer)

    def _skip(self, count: int) -> None:
        self._garbage += count
        if self._garbage > MAX_GARBAGE:
            raise RtspMalformed(
                f"more than {MAX_GARBAGE} bytes that belong to no message", offset=self.offset
            )
        self._consume(count)

    def _consume(self, count: int) -> None:
        del self._buffer[:count]
        self.offset += count
        self._searched = 0
        self._head = None


_Start = int | tuple[str, str]
"""A response's status, or a request's method and URL."""


@dataclass(frozen=True, kw_only=True)
class _Head:
    """A complete head at the start of the buffer, kept while its body drips in."""

    start: _Start
    headers: Headers
    end: int
    """Where the body begins."""
    total: int


def _may_start(data: Buffer, at: int) -> bool:
    """Whether a message may start here, as far as the bytes tell."""
    head = bytes(data[at : at + _LONGEST_START])
    for start in _STARTS:
        known = head[: len(start)]
        if start.startswith(known.upper() if start == b"RTSP/" else known):
            return True
    return False


def _head_end(data: Buffer, begin: int, searched: int, *, offset: int = 0) -> int | None:
    """Where the body begins."""
    match = _END_OF_HEAD.search(data, max(begin, searched))
    end = match.end() if match else len(data)
    if end - begin > MAX_HEAD:
        raise RtspMalformed(f"a message head of more than {MAX_HEAD} bytes", offset=offset)
    return end if match else None


def _parse_head(head: bytes, *, offset: int) -> tuple[_Start | None, Headers]:
    """Start line and headers; None if the first line is neither a status nor a request."""
    lines = [line.rstrip("\r") for line in head.decode("utf-8", "surrogateescape").split("\n")]
    start = lines[0].rstrip()
    fields: list[tuple[str, str]] = []
    for line in lines[1:]:
        if line[:1] in (" ", "\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {_clean(line)}".strip())
            continue
        name, colon, value = line.partition(":")
        if not colon:
            continue
        if len(fields) == MAX_HEADERS:
            raise RtspMalformed(f"more than {MAX_HEADERS} headers", offset=offset)
        fields.append((_clean(name).lower(), _clean(value)))
    headers = Headers(fields=tuple(fields))
    status = _STATUS_LINE.match(start)
    if status:
        return int(status[1]), headers
    request = _REQUEST_LINE.match(start)
    if request and request[1] in METHODS:
        return (request[1], _clean(request[2])), headers
    return None, headers


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def _content_length(headers: Headers, *, offset: int) -> int:
    values = {value for value in headers.all("content-length") if value}
    if not values:
        return 0
    text = values.pop()
    if values or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise RtspMalformed("an unreadable or ambiguous Content-Length", offset=offset)
    if int(text) > MAX_BODY:
        raise RtspMalformed(f"a body of more than {MAX_BODY} bytes", offset=offset)
    return int(text)

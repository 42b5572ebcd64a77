# SPDX-License-Identifier: AGPL-3.0-or-later
"""RTP and RTCP inside an RTSP connection: RFC 2326 section 10.12, `$ channel length payload`.

What is recorded is the connection's byte stream as it came, so this is also where RTSP messages
between frames, garbage, and a start in the middle of a frame (a release hands out chunks, and a
chunk may begin anywhere) are stepped over. Nothing is guessed silently: `skipped` counts every byte
that belonged to no frame and no message.
"""

import re
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import NamedTuple

_HEADER = Struct(">BBH").unpack_from
_DOLLAR = 0x24
_MESSAGE = re.compile(rb"(?:RTSP/1\.\d |[A-Z_]{3,20} )")
_BEGUN = re.compile(rb"[A-Z_]{1,20}(?:/\d?\.?\d?)?\Z")
_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*(\d{1,7})", re.IGNORECASE | re.MULTILINE)
_MAX_MESSAGE = 65_536
_CONFIRM = 2
"""Frame headers that must follow one another before a lost stream counts as found again."""


class Frames(NamedTuple):
    """The whole frames of one piece of the stream: `buffer[start:stop]` is a frame's payload."""

    buffer: bytes
    places: list[tuple[int, int, int]]
    """(channel, start, stop) of each frame, in order."""


class Splitter:
    """Cuts one connection's byte stream into interleaved frames; keeps what a piece leaves over.

    `channels` are those that the session set up; frames of others are stepped over if the stream
    goes on plausibly behind them. With `synchronised` False the stream may begin inside a frame.
    """

    def __init__(self, channels: Iterable[int] = (0, 1), *, synchronised: bool = False) -> None:
        self._channels = frozenset(channels)
        self._carry = b""
        self._lost = not synchronised
        self.skipped = 0
        """Bytes that belonged to no frame and to no RTSP message."""
        self.messages = 0
        """RTSP messages found between frames."""

    def feed(self, data: bytes) -> Frames:
        """The frames that `data` completes."""
        if self._carry:
            data = self._carry + data
            self._carry = b""
        end = len(data)
        position = 0
        places: list[tuple[int, int, int]] = []
        append = places.append
        channels = self._channels
        while True:
            if self._lost:
                position = self._search(data, position)
                if self._lost:
                    break
            while position + 4 <= end:
                dollar, channel, length = _HEADER(data, position)
                stop = position + 4 + length
                if dollar != _DOLLAR or channel not in channels or stop > end:
                    break
                append((channel, position + 4, stop))
                position = stop
            following = self._step_over(data, position)
            if following == position and not self._lost:
                break
            position = following
        self._carry = data[position:]
        return Frames(data, places)

    def finish(self) -> None:
        """The stream has ended: what is left over belongs to no whole frame."""
        self.skipped += len(self._carry)
        self._carry = b""

    def _step_over(self, data: bytes, position: int) -> int:
        """Pass what is no frame of ours; the same position if more bytes are needed first."""
        left = len(data) - position
        if left < 4:
            return position
        if data[position] == _DOLLAR:
            channel = data[position + 1]
            stop = position + 4 + int.from_bytes(data[position + 2 : position + 4], "big")
            if stop > len(data):
                # Wait for the rest, unless this is a lost stream's chance `$`.
                self._lost = channel not in self._channels
                return position
            if channel not in self._channels:
                if stop < len(data) and not self._plausible(data, stop):
                    self._lost = True
                    return position
                return stop
            return position
        return self._pass_message(data, position)

    def _pass_message(self, data: bytes, position: int) -> int:
        head = data[position : position + 24]
        if _MESSAGE.match(head):
            stop = data.find(b"\r\n\r\n", position, position + _MAX_MESSAGE)
            if stop >= 0:
                length = _LENGTH.search(data, position, stop + 2)
                stop += 4 + (int(length[1]) if length else 0)
                if stop <= len(data):
                    self.messages += 1
                    return stop
            if len(data) - position < _MAX_MESSAGE:
                return position
        elif _BEGUN.match(head):
            return position
        self._lost = True
        return position

    def _plausible(self, data: bytes, position: int) -> bool:
        """Whether a frame of ours or a message seems to begin at `position`."""
        if data[position] != _DOLLAR:
            return _MESSAGE.match(data, position) is not None
        return position + 1 >= len(data) or data[position + 1] in self._channels

    def _search(self, data: bytes, position: int) -> int:
        """The next place where `_CONFIRM` frames stand in a row, or where that may yet show."""
        start = position
        end = len(data)
        while True:
            position = data.find(b"$", position)
            if position < 0:
                self.skipped += end - start
                return end
            if self._confirmed(data, position):
                self.skipped += position - start
                self._lost = False
                return position
            if end - position < 4 or (
                data[position + 1] in self._channels and self._runs_out(data, position)
            ):
                self.skipped += position - start
                return position
            position += 1

    def _confirmed(self, data: bytes, position: int) -> bool:
        for _ in range(_CONFIRM):
            if position + 4 > len(data):
                return False
            dollar, channel, length = _HEADER(data, position)
            if dollar != _DOLLAR or channel not in self._channels or length < 4:
                return False
            if position + 4 < len(data) and data[position + 4] >> 6 != 2:
                return False
            position += 4 + length
        return True

    def _runs_out(self, data: bytes, position: int) -> bool:
        """Whether what begins at `position` could be frames that later bytes will confirm."""
        for _ in range(_CONFIRM):
            if position + 5 > len(data):
                return True
            dollar, channel, length = _HEADER(data, position)
            if dollar != _DOLLAR or channel not in self._channels or length < 4:
                return False
            if data[position + 4] >> 6 != 2:
                return False
            position += 4 + length
        return False


def split(
    chunks: Iterable[bytes], channels: Iterable[int] = (0, 1)
) -> Iterator[tuple[int, memoryview]]:
    """(channel, payload) of every frame of a stream that begins at a frame."""
    splitter = Splitter(channels, synchronised=True)
    for chunk in chunks:
        buffer, places = splitter.feed(chunk)
        view = memoryview(buffer)
        for channel, start, stop in places:
            yield channel, view[start:stop]

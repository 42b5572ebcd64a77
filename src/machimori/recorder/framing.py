# SPDX-License-Identifier: AGPL-3.0-or-later
"""Interleaved frames (RFC 2326 §10.12) in what one drain read from a camera's socket.

A frame is `$`, a channel, a 16-bit length and as many bytes. RTSP responses and requests stand
between frames and are cut out; whatever is neither is garbage, which is cut out too, with bounded
effort, and counted. What remains, whole frames as the camera sent them, is what is sealed.

`Walker.walk` runs once per camera and drain and its loop once per packet: hence one
`unpack_from` per packet, local names, and no object made in the ordinary case. A picture is cut
into packets of one size and a shorter last one, so a run of that size is stepped over by one
regular expression, which looks at every frame's header and RTP version; sequence numbers are then
compared at the run's two ends, and one by one if those do not agree.
"""

import re
import struct
from functools import lru_cache
from typing import Literal

from machimori.kernel.errors import MalformedError
from machimori.recorder.errors import RtspMalformed
from machimori.recorder.rtsp.parser import measure

Codec = Literal["h264", "h265", "jpeg"]

_HEAD = struct.Struct(">HHxxH")
"""`$` and channel, length, and, behind RTP's first two bytes, its sequence number."""
_RUN_HEAD = struct.Struct(">HH")
_DOLLAR = 0x24
_SHORTEST = 8
"""Bytes that `_HEAD` reads. A shorter frame at the very end waits for the next drain."""
MAX_CANDIDATES = 64
"""How often a drain may search for the next frame before the session is given up."""
MAX_GARBAGE = 1 << 20
"""Bytes of garbage after which a session is given up."""
SMALL = 512
"""Parameter sets travel in packets shorter than this; only those are looked into."""
_RTP_HEADER = 12
"""Bytes of an RTP header; a packet that ends there carries nothing."""
_MAX_LOSS = 3_000
"""A forward jump of sequence numbers beyond this is a restarted source, not loss (RFC 3550 A.1)."""
_MAX_MISORDER = 100


@lru_cache(256)
def _run_of(magic: int, size: int) -> re.Pattern[bytes]:
    """Matches an unbroken run of RTP frames of one channel and size."""
    head = re.escape(_RUN_HEAD.pack(magic, size))
    return re.compile(
        b"(?:%s[\\x80-\\xbf].{%d})*" % (head, size - 1),
        re.DOTALL,
    )


_NO_RUN = re.compile(b"")


class Walker:
    """Walks the stream of one RTSP session. The caller owns the buffer and keeps the rest."""

    __slots__ = (
        "_expected",
        "_rtcp",
        "_rtp",
        "_run",
        "_usual",
        "foreign",
        "garbage",
        "jumps",
        "lost",
        "messages",
        "packets",
        "reports",
        "rest",
        "resyncs",
        "small",
    )

    def __init__(self, rtp_channel: int, rtcp_channel: int) -> None:
        self._rtp = _DOLLAR << 8 | rtp_channel
        self._rtcp = _DOLLAR << 8 | rtcp_channel
        self._expected = -1
        self._usual = 0
        """Size of the packets that come in runs; 0: not known."""
        self._run = _NO_RUN
        self.packets = 0
        """RTP packets so far."""
        self.lost = 0
        """RTP packets that never came, by sequence numbers."""
        self.jumps = 0
        """Times the sequence numbers started anew."""
        self.garbage = 0
        """Bytes that were neither frame nor message."""
        self.resyncs = 0
        """Times the walker had to search for the next frame."""
        self.foreign = 0
        """Frames of channels that were not set up; they are cut out."""
        self.rest = 0
        """Where the last walk's unfinished frame begins."""
        self.messages: list[bytes] = []
        """RTSP messages of the last walk."""
        self.small: list[int] = []
        """Offsets of the last walk's short RTP frames that carry something."""
        self.reports: list[bytes] = []
        """RTCP payloads of the last walk."""

    def walk(self, buffer: bytearray, end: int) -> int:
        """Cut `buffer[:end]` down to its whole frames; returns their length.

        `buffer[:returned]` are the frames, moved together; `buffer[self.rest:end]` is an
        unfinished frame or message that belongs in front of what the next drain reads. Raises
        MalformedError when the stream is not worth following any longer.
        """
        unpack = _HEAD.unpack_from
        rtp = self._rtp
        small = self.small
        small.clear()
        self.messages.clear()
        self.reports.clear()
        expected = self._expected
        packets = 0
        candidates = 0
        position = 0
        kept = 0  # length of what is kept in front of `start`, once something was cut out
        start = 0  # where the frames begin that follow the last cut
        limit = end - _SHORTEST
        usual = self._usual
        stride = usual + 4
        run = self._run.match
        largest = 0
        runs = 0
        while position <= limit:
            magic, size, sequence = unpack(buffer, position)
            if size == usual and sequence == expected and magic == rtp:
                # The run may be a single packet, or none that is whole.
                found = run(buffer, position, end)
                after = position if found is None else found.end()
                many = (after - position) // stride
                if many:
                    last = unpack(buffer, after - stride)[2]
                    if last - sequence & 0xFFFF == many - 1:
                        expected = last + 1 & 0xFFFF
                        packets += many
                        runs += 1
                        position = after
                        continue
            # The next number in sequence is proof enough of a frame; anything else must show
            # RTP's version too. (A frame of another version falls through to `_skip`.)
            if magic == rtp and (sequence == expected or buffer[position + 4] >> 6 == 2):
                after = position + 4 + size
                if after > end:
                    break
                if sequence != expected and expected >= 0:
                    self._expected = expected
                    if not self._count_loss(sequence):
                        sequence = expected - 1  # a late packet does not move the expectation
                expected = sequence + 1 & 0xFFFF
                if size >= SMALL:
                    if size > largest:
                        largest = size
                elif size > _RTP_HEADER:
                    small.append(position - start + kept)
                packets += 1
                position = after
                continue
            if magic == self._rtcp:
                after = position + 4 + size
                if after > end:
                    break
                if size >= 8 and buffer[position + 4] >> 6 == 2:
                    self.reports.append(bytes(buffer[position + 4 : after]))
                position = after
                continue
            skip = self._skip(buffer, position, end)
            if not skip:
                break
            candidates += 1
            if candidates > MAX_CANDIDATES:
                raise MalformedError("lost sync too often in one drain")
            if position > start:
                if kept != start:
                    buffer[kept : kept + position - start] = buffer[start:position]
                kept += position - start
            position += skip
            start = position
        if kept != start and position > start:
            buffer[kept : kept + position - start] = buffer[start:position]
        if largest and not runs:
            self._usual = largest
            self._run = _run_of(rtp, largest)
        self._expected = expected
        self.packets += packets
        self.rest = position
        return kept + position - start

    def _count_loss(self, sequence: int) -> bool:
        """Judge an unexpected sequence number; False: late or duplicate, to be ignored."""
        delta = sequence - self._expected & 0xFFFF
        if delta > 0x10000 - _MAX_MISORDER:
            return False
        if delta < _MAX_LOSS:
            self.lost += delta
        else:
            self.jumps += 1
        return True

    def _skip(self, buffer: bytearray, position: int, end: int) -> int:
        """Length of what is no frame of ours at `position`; 0: wait for more bytes."""
        if buffer[position] == _DOLLAR:
            after = position + 4 + int.from_bytes(buffer[position + 2 : position + 4], "big")
            if self._plausible(buffer, after, end):
                if after > end:
                    return 0
                self.foreign += 1
                return after - position
        elif 0x41 <= buffer[position] <= 0x5A:
            length = self._message(buffer, position, end)
            if length is not None:
                if length:
                    self.messages.append(bytes(buffer[position : position + length]))
                return length
        return self._search(buffer, position, end)

    def _plausible(self, buffer: bytearray, position: int, end: int) -> bool:
        """Whether a frame or message of ours could begin at `position`, or it is not there yet."""
        if position + 2 > end:
            return position - end < 0x10000
        magic = buffer[position] << 8 | buffer[position + 1]
        return magic in (self._rtp, self._rtcp) or 0x41 <= buffer[position] <= 0x5A

    @staticmethod
    def _message(buffer: bytearray, position: int, end: int) -> int | None:
        """Length of the RTSP message at `position`; 0: not whole yet; None: it is none."""
        with memoryview(buffer) as whole, whole[:end] as view:
            try:
                return measure(view, position) or 0
            except RtspMalformed:
                return None

    def _search(self, buffer: bytearray, position: int, end: int) -> int:
        """Bytes of garbage up to the next place where a frame or a message could begin."""
        self.resyncs += 1
        found = position + 1
        marks = (self._rtp.to_bytes(2, "big"), self._rtcp.to_bytes(2, "big"), b"RTSP/1.")
        for _ in range(MAX_CANDIDATES):
            places = [buffer.find(mark, found, end) for mark in marks]
            places = [place for place in places if place >= 0]
            if not places:
                # The last bytes may be the beginning of a mark.
                found = max(position + 1, end - 6)
                break
            found = min(places)
            if buffer[found] != _DOLLAR or found + 5 > end:
                break
            after = found + 4 + int.from_bytes(buffer[found + 2 : found + 4], "big")
            if buffer[found + 4] >> 6 == 2 and self._plausible(buffer, after, end):
                break
            found += 1
        self.garbage += found - position
        if self.garbage > MAX_GARBAGE:
            raise MalformedError("more garbage than a session may send")
        return found - position

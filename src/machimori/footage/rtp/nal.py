# SPDX-License-Identifier: AGPL-3.0-or-later
"""What RFC 6184 (H.264) and RFC 7798 (H.265) share: NAL units sent whole, in parts, or several.

The fragmentation units of both (section 5.8; section 4.4.3) bear the same two bits for a NAL unit's
first and last part, and the aggregation packets of both (5.7; 4.4.2) put a size of 16 bits before
each NAL unit. Which payload is which, and where the numbers stand, is each codec's own.
"""

from machimori.kernel.errors import MalformedError

START, END = 0x80, 0x40
"""Bits of a fragment's header: the NAL unit begins, and ends, with this fragment."""


class NalPayloads:
    """Collects the NAL units of one access unit."""

    def __init__(self) -> None:
        self.units: list[bytes] = []
        """Whole NAL units in the order sent."""
        self.numbered: list[tuple[int, int, bytes]] = []
        """(decoding order number, time stamp offset, NAL unit) of those sent with a number."""
        self.damaged = False
        """A payload was malformed, or a fragment of a NAL unit is missing."""
        self._fragments: list[bytes] = []
        """What has come of a NAL unit in fragments, its header first."""
        self._number: int | None = None

    def lost(self) -> None:
        """Packets are missing here: a NAL unit in fragments cannot be completed."""
        self._whole()

    def take(self) -> tuple[list[bytes], bool]:
        """The access unit's NAL units, and whether one was damaged; then start afresh."""
        self._whole()
        units, damaged = self.units, self.damaged
        self.units = []
        self.damaged = False
        return units, damaged

    def _whole(self) -> None:
        """A NAL unit ends where another begins: one without its last fragment is damaged."""
        if self._fragments:
            self.damaged = True
            self._fragments = []

    def _add(self, number: int | None, unit: bytes) -> None:
        if number is None:
            self.units.append(unit)
        else:
            self.numbered.append((number & 0xFFFF, 0, unit))

    def _edge(self, bits: int, header: bytes, number: int | None, body: bytes) -> None:
        """The first or last fragment of a NAL unit; `header` and `number` count in the first."""
        if bits & START:
            self._whole()
            self._number = number
            self._fragments = [header, body]
        elif self._fragments:
            self._fragments.append(body)
        else:
            self.damaged = True
            return
        if bits & END:
            self._add(self._number, b"".join(self._fragments))
            self._fragments = []


def integer(data: bytes, position: int, size: int, stop: int) -> int:
    """`size` bytes at `position`, before `stop`. Raises MalformedError."""
    if position + size > stop:
        raise MalformedError("aggregation packet is cut off")
    return int.from_bytes(data[position : position + size], "big")


def sized(data: bytes, position: int, stop: int, *, least: int) -> tuple[bytes, int]:
    """A NAL unit of `least` bytes or more after its size, and where the next begins. Raises
    MalformedError."""
    end = position + 2 + integer(data, position, 2, stop)
    if end > stop or end < position + 2 + least:
        raise MalformedError("aggregation packet with an impossible size")
    return data[position + 2 : end], end


def split_annex_b(data: bytes) -> tuple[bytes, ...]:
    """The NAL units of a byte stream (H.264 Annex B), without start codes and padding."""
    units = []
    for piece in data.split(b"\x00\x00\x01")[1:]:
        units.append(piece.rstrip(b"\x00"))
    return tuple(units)

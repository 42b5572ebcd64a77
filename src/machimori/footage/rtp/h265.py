# SPDX-License-Identifier: AGPL-3.0-or-later
"""H.265 in RTP (RFC 7798): NAL units out of payloads: single, AP, FU, each with or without DONL."""

from machimori.kernel.errors import MalformedError

_AP, _FU, _PACI = 48, 49, 50
VPS, SPS, PPS = 32, 33, 34
_MAX_SLICE = 31
_IRAP = range(16, 24)


class H265Payloads:
    """Collects the NAL units of one access unit. `numbered` payloads carry DONL fields."""

    def __init__(self, *, numbered: bool = False) -> None:
        self.units: list[bytes] = []
        """Whole NAL units in the order sent."""
        self.numbered: list[tuple[int, int, bytes]] = []
        """(decoding order number, 0, NAL unit), if the payloads are numbered."""
        self.damaged = False
        """A payload was malformed, or a fragment of a NAL unit is missing."""
        self._donl = 2 if numbered else 0
        self._fragments: list[bytes] = []
        self._number = 0

    def push(self, data: bytes, start: int, stop: int) -> None:
        """Take the payload `data[start:stop]`, at least one byte."""
        kind = data[start] >> 1 & 0x3F
        if stop - start < (4 if kind == _FU else 2):
            self.damaged = True
            return
        if kind == _FU:
            head = data[start + 2]
            if head < 0x40:
                if self._fragments:
                    self._fragments.append(data[start + 3 : stop])
                else:
                    self.damaged = True
            else:
                self._fragment(data, start, stop)
            return
        self._whole()
        try:
            if kind == _AP:
                self._aggregate(data, start + 2, stop)
            elif kind < _AP:
                self._single(data, start, stop)
            else:
                raise MalformedError("reserved payload structure", where=f"type {kind}")
        except MalformedError:
            self.damaged = True

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

    def _add(self, number: int, unit: bytes) -> None:
        if self._donl:
            self.numbered.append((number & 0xFFFF, 0, unit))
        else:
            self.units.append(unit)

    def _single(self, data: bytes, start: int, stop: int) -> None:
        """A NAL unit whose payload follows its header and DONL (section 4.4.1)."""
        if not self._donl:
            self.units.append(data[start:stop])
            return
        if stop - start < 4:
            raise MalformedError("H.265 payload is cut off")
        number = int.from_bytes(data[start + 2 : start + 4], "big")
        self._add(number, data[start : start + 2] + data[start + 4 : stop])

    def _fragment(self, data: bytes, start: int, stop: int) -> None:
        """The first or last fragment of a NAL unit (section 4.4.3)."""
        head = data[start + 2]
        body = start + 3
        if head & 0x80:
            self._whole()
            if self._donl:
                self._number = int.from_bytes(data[body : body + 2], "big")
                body += 2
            first = data[start] & 0x81 | (head & 0x3F) << 1
            self._fragments = [bytes((first, data[start + 1])), data[body:stop]]
        elif self._fragments:
            self._fragments.append(data[body:stop])
        else:
            self.damaged = True
            return
        if head & 0x40:
            self._add(self._number, b"".join(self._fragments))
            self._fragments = []

    def _aggregate(self, data: bytes, position: int, stop: int) -> None:
        """Several NAL units in one packet (section 4.4.2)."""
        number = 0
        skip = self._donl
        while position < stop:
            if skip == 2:
                number = int.from_bytes(data[position : position + 2], "big")
            elif skip:
                number += 1 + data[position]
            position += skip
            skip = 1 if self._donl else 0
            end = position + 2 + int.from_bytes(data[position : position + 2], "big")
            if position + 2 > stop or end > stop or end - position < 4:
                raise MalformedError("aggregation packet with an impossible size")
            self._add(number, data[position + 2 : end])
            position = end


def first_slice(unit: bytes) -> bool | None:
    """Whether a NAL unit is the first slice segment of a picture; None if it is no slice."""
    if unit[0] >> 1 & 0x3F > _MAX_SLICE:
        return None
    return len(unit) > 2 and unit[2] >= 0x80


def is_key(units: list[bytes]) -> bool:
    """Whether decoding can begin here: an IRAP picture (BLA, IDR or CRA)."""
    return any(unit[0] >> 1 & 0x3F in _IRAP for unit in units)

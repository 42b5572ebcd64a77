# SPDX-License-Identifier: AGPL-3.0-or-later
"""H.265 in RTP (RFC 7798): NAL units out of payloads: single, AP, FU, each with or without DONL."""

from machimori.footage.rtp.nal import END, START, NalPayloads, integer, sized
from machimori.kernel.errors import MalformedError

_AP, _FU, _PACI = 48, 49, 50
VPS, SPS, PPS = 32, 33, 34
_MAX_SLICE = 31
_IRAP = range(16, 24)


class H265Payloads(NalPayloads):
    """Collects the NAL units of one access unit. `numbered` payloads carry DONL fields."""

    def __init__(self, *, numbered: bool = False) -> None:
        super().__init__()
        self._donl = 2 if numbered else 0

    def push(self, data: bytes, start: int, stop: int) -> None:
        """Take the payload `data[start:stop]`, at least one byte."""
        kind = data[start] >> 1 & 0x3F
        if stop - start < (4 if kind == _FU else 2):
            self.damaged = True
            return
        if kind == _FU:
            head = data[start + 2]
            # Nearly every packet is a fragment between first and last: no call for those.
            if head < END:
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
        """The first or last fragment of a NAL unit; DONL is in the first (section 4.4.3)."""
        head = data[start + 2]
        header = bytes((data[start] & 0x81 | (head & 0x3F) << 1, data[start + 1]))
        body, number = start + 3, None
        if self._donl and head & START:
            number = int.from_bytes(data[body : body + 2], "big")
            body += 2
        self._edge(head, header, number, data[body:stop])

    def _aggregate(self, data: bytes, position: int, stop: int) -> None:
        """Several NAL units in one packet; with DONL the first is numbered, the others say by how
        much more than one they follow (section 4.4.2)."""
        number = None
        while position < stop:
            if self._donl and number is None:
                number = integer(data, position, 2, stop)
                position += 2
            elif number is not None:
                number += 1 + data[position]
                position += 1
            unit, position = sized(data, position, stop, least=2)
            self._add(number, unit)


def first_slice(unit: bytes) -> bool | None:
    """Whether a NAL unit is the first slice segment of a picture; None if it is no slice."""
    if unit[0] >> 1 & 0x3F > _MAX_SLICE:
        return None
    return len(unit) > 2 and unit[2] >= 0x80


def is_key(units: list[bytes]) -> bool:
    """Whether decoding can begin here: an IRAP picture (BLA, IDR or CRA)."""
    return any(unit[0] >> 1 & 0x3F in _IRAP for unit in units)

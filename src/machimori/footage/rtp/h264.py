# SPDX-License-Identifier: AGPL-3.0-or-later
"""H.264 in RTP (RFC 6184): NAL units out of payloads, in all three packetisation modes.

Single NAL units, STAP-A and FU-A come in decoding order. STAP-B, MTAP16, MTAP24 and FU-B (the
interleaved mode) carry decoding order numbers and are sorted by `rtp.order`.
"""

from machimori.kernel.errors import MalformedError

_STAP_A, _STAP_B, _MTAP16, _MTAP24, _FU_A, _FU_B = 24, 25, 26, 27, 28, 29
SLICE_TYPES = range(1, 6)
IDR, SEI, SPS, PPS, AUD = 5, 6, 7, 8, 9
_RECOVERY_POINT = 6


class H264Payloads:
    """Collects the NAL units of one access unit."""

    def __init__(self) -> None:
        self.units: list[bytes] = []
        """Whole NAL units in the order sent."""
        self.numbered: list[tuple[int, int, bytes]] = []
        """(decoding order number, time stamp offset, NAL unit) of the interleaved mode."""
        self.damaged = False
        """A payload was malformed, or a fragment of a NAL unit is missing."""
        self._fragments: list[bytes] = []
        self._number: int | None = None

    def push(self, data: bytes, start: int, stop: int) -> None:
        """Take the payload `data[start:stop]`, at least one byte."""
        kind = data[start] & 0x1F
        if kind == _FU_A:
            if stop - start < 3:
                self.damaged = True
                return
            head = data[start + 1]
            if head < 0x40:
                if self._fragments:
                    self._fragments.append(data[start + 2 : stop])
                else:
                    self.damaged = True
            else:
                self._fragment(data, start, stop, start + 2)
        elif 1 <= kind <= 23:
            self._whole()
            self.units.append(data[start:stop])
        else:
            self._whole()
            try:
                self._aggregate(kind, data, start, stop)
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

    def _fragment(self, data: bytes, start: int, stop: int, body: int) -> None:
        """The first or last fragment of a NAL unit (section 5.8)."""
        head = data[start + 1]
        if head & 0x80:
            self._whole()
            if data[start] & 0x1F == _FU_B:
                self._number = int.from_bytes(data[body : body + 2], "big")
                body += 2
            else:
                self._number = None
            self._fragments = [bytes((data[start] & 0xE0 | head & 0x1F,)), data[body:stop]]
        elif self._fragments:
            self._fragments.append(data[body:stop])
        else:
            self.damaged = True
            return
        if head & 0x40:
            unit = b"".join(self._fragments)
            self._fragments = []
            if self._number is None:
                self.units.append(unit)
            else:
                self.numbered.append((self._number, 0, unit))

    def _aggregate(self, kind: int, data: bytes, start: int, stop: int) -> None:
        position = start + 1
        if kind == _STAP_A:
            while position < stop:
                unit, position = _sized(data, position, stop)
                self.units.append(unit)
        elif kind == _STAP_B:
            number = _integer(data, position, 2, stop)
            position += 2
            while position < stop:
                unit, position = _sized(data, position, stop)
                self.numbered.append((number, 0, unit))
                number = (number + 1) & 0xFFFF
        elif kind in (_MTAP16, _MTAP24):
            base = _integer(data, position, 2, stop)
            position += 2
            width = 2 if kind == _MTAP16 else 3
            while position < stop:
                # The size covers the number difference and the time stamp offset (section 5.7.2).
                size = _integer(data, position, 2, stop)
                difference = _integer(data, position + 2, 1, stop)
                offset = _integer(data, position + 3, width, stop)
                body = position + 3 + width
                position += 2 + size
                if body >= position or position > stop:
                    raise MalformedError("MTAP unit with an impossible size")
                self.numbered.append(((base + difference) & 0xFFFF, offset, data[body:position]))
        elif kind == _FU_B and stop - start > 4 and data[start + 1] & 0x80:
            self._fragment(data, start, stop, start + 2)
        else:
            raise MalformedError("reserved payload structure", where=f"type {kind}")


def _integer(data: bytes, position: int, size: int, stop: int) -> int:
    if position + size > stop:
        raise MalformedError("aggregation packet is cut off")
    return int.from_bytes(data[position : position + size], "big")


def _sized(data: bytes, position: int, stop: int) -> tuple[bytes, int]:
    end = position + 2 + _integer(data, position, 2, stop)
    if end > stop or end == position + 2:
        raise MalformedError("aggregation packet with an impossible size")
    return data[position + 2 : end], end


def first_slice(unit: bytes) -> bool | None:
    """Whether a NAL unit is the first slice of a picture; None if it is no slice.

    `first_mb_in_slice` is 0 exactly if the first bit of the slice header is 1.
    """
    if unit[0] & 0x1F not in SLICE_TYPES:
        return None
    return len(unit) > 1 and unit[1] >= 0x80


def is_key(units: list[bytes]) -> bool:
    """Whether decoding can begin here: an IDR picture, or a recovery point with an exact match.

    Cameras with intra refresh send no IDR after the first; their recovery point SEI message with
    `recovery_frame_cnt` 0 marks pictures from which a decoder shows everything (Annex D.2.8).
    """
    for unit in units:
        kind = unit[0] & 0x1F
        if kind == IDR:
            return True
        if kind == SEI and unit[1:2] == bytes((_RECOVERY_POINT,)) and len(unit) > 3:
            return unit[3] >= 0x80
    return False

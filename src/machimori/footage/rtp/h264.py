# SPDX-License-Identifier: AGPL-3.0-or-later
"""H.264 in RTP (RFC 6184): NAL units out of payloads, in all three packetisation modes.

Single NAL units, STAP-A and FU-A come in decoding order. STAP-B, MTAP16, MTAP24 and FU-B (the
interleaved mode) carry decoding order numbers and are sorted by `rtp.order`.
"""

from machimori.footage.rtp.nal import END, START, NalPayloads, integer, sized
from machimori.kernel.errors import MalformedError

_STAP_A, _STAP_B, _MTAP16, _MTAP24, _FU_A, _FU_B = 24, 25, 26, 27, 28, 29
SLICE_TYPES = range(1, 6)
IDR, SEI, SPS, PPS, AUD = 5, 6, 7, 8, 9
_RECOVERY_POINT = 6


class H264Payloads(NalPayloads):
    """Collects the NAL units of one access unit."""

    def push(self, data: bytes, start: int, stop: int) -> None:
        """Take the payload `data[start:stop]`, at least one byte."""
        kind = data[start] & 0x1F
        if kind == _FU_A:
            if stop - start < 3:
                self.damaged = True
                return
            head = data[start + 1]
            # Nearly every packet is a fragment between first and last: no call for those.
            if head < END:
                if self._fragments:
                    self._fragments.append(data[start + 2 : stop])
                else:
                    self.damaged = True
            else:
                self._edge(head, _header(data, start), None, data[start + 2 : stop])
        elif 1 <= kind <= 23:
            self._whole()
            self.units.append(data[start:stop])
        else:
            self._whole()
            try:
                self._several(kind, data, start, stop)
            except MalformedError:
                self.damaged = True

    def _several(self, kind: int, data: bytes, start: int, stop: int) -> None:
        """An aggregation packet (section 5.7), or the fragment that begins a numbered NAL unit."""
        position = start + 1
        if kind == _STAP_A:
            while position < stop:
                unit, position = sized(data, position, stop, least=1)
                self.units.append(unit)
        elif kind == _STAP_B:
            number = integer(data, position, 2, stop)
            position += 2
            while position < stop:
                unit, position = sized(data, position, stop, least=1)
                self._add(number, unit)
                number += 1
        elif kind in (_MTAP16, _MTAP24):
            base = integer(data, position, 2, stop)
            position += 2
            width = 2 if kind == _MTAP16 else 3
            while position < stop:
                # The size covers the number difference and the time stamp offset (section 5.7.2).
                size = integer(data, position, 2, stop)
                difference = integer(data, position + 2, 1, stop)
                offset = integer(data, position + 3, width, stop)
                body = position + 3 + width
                position += 2 + size
                if body >= position or position > stop:
                    raise MalformedError("MTAP unit with an impossible size")
                self.numbered.append(((base + difference) & 0xFFFF, offset, data[body:position]))
        elif kind == _FU_B and stop - start > 4 and data[start + 1] & START:
            number = int.from_bytes(data[start + 2 : start + 4], "big")
            self._edge(data[start + 1], _header(data, start), number, data[start + 4 : stop])
        else:
            raise MalformedError("reserved payload structure", where=f"type {kind}")


def _header(data: bytes, start: int) -> bytes:
    """A NAL unit's header out of the FU indicator and the FU header (section 5.8)."""
    return bytes((data[start] & 0xE0 | data[start + 1] & 0x1F,))


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

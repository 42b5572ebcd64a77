# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changes of parameter sets in the stream that break decoding across a segment.

A segment must decode from its own first key frame on. When the camera sends a sequence parameter
set (H.265: or video parameter set) whose bytes differ from the one it sent before under the same
id (another resolution, another profile), a new segment begins there. Picture parameter sets may
differ from picture to picture and break nothing.
"""

from machimori.recorder.framing import Codec
from machimori.recorder.peek import sequence_sets

_WHOLE = {"h264": {7, 24, 25, 26, 27}, "h265": {32, 33, 48}}
_PLAIN_HEADER = 0x80
_RTP_HEADER = 12
"""Bytes of an RTP header; a packet that ends there carries nothing."""


class Parameters:
    """The parameter sets in force on one session."""

    __slots__ = ("_codec", "_current", "_kinds", "_shift")

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._kinds = _WHOLE.get(codec, set())
        self._shift = 0 if codec == "h264" else 1
        self._current: dict[tuple[int, int], bytes] = {}

    def changed_at(self, buffer: bytearray, small: list[int]) -> int | None:
        """Offset of the first of the short frames that changes a parameter set; None: none does.

        A set that is seen for the first time changes nothing. All of them are taken in.
        """
        kinds = self._kinds
        if not kinds:
            return None
        mask = 31 if self._shift == 0 else 63
        found: int | None = None
        for position in small:
            if int.from_bytes(buffer[position + 2 : position + 4], "big") <= _RTP_HEADER:
                continue
            # Without CSRCs and extension the payload begins 16 bytes on: the ordinary case.
            plain = buffer[position + 4] == _PLAIN_HEADER
            if plain and (buffer[position + 16] >> self._shift) & mask not in kinds:
                continue
            for kind, data in sequence_sets(self._codec, buffer, position):
                place = (kind, self._identity(kind, data))
                before = self._current.get(place)
                if before == data:
                    continue
                if len(self._current) < 64 or before is not None:
                    self._current[place] = data
                if before is not None and found is None:
                    found = position
        return found

    def _identity(self, kind: int, data: bytes) -> int:
        """The set's id, where it can be had cheaply; 0 otherwise."""
        if self._codec == "h264":
            return _exp_golomb(data[4:12])
        if kind == 32 and len(data) > 2:
            return data[2] >> 4
        # H.265 SPS: the id follows a profile of 12 bytes if there is one temporal layer.
        if len(data) > 15 and not data[2] & 0x0E:
            return _exp_golomb(data[15:23])
        return 0


def _exp_golomb(data: bytes) -> int:
    """The unsigned Exp-Golomb number at the beginning of `data`, at most 31; 32: none."""
    bits = int.from_bytes(data[:8].ljust(8, b"\0"), "big")
    zeros = 64 - bits.bit_length()
    if zeros > 5:
        return 32
    return (bits >> (63 - 2 * zeros)) - 1

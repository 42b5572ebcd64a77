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
"""RTP's first byte without padding, extension and CSRCs: the payload begins 16 bytes on."""


class Parameters:
    """The parameter sets in force on one session."""

    __slots__ = ("_codec", "_current", "_may_hold")

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        kinds = _WHOLE.get(codec, set())
        shift, mask = (0, 31) if codec == "h264" else (1, 63)
        self._may_hold = bytes(first >> shift & mask in kinds for first in range(256))
        """By a payload's first byte, whether a whole parameter set may stand in it."""
        self._current: dict[tuple[int, int], bytes] = {}

    def changed_at(self, buffer: bytearray, small: list[int]) -> int | None:
        """Offset of the first of the short frames that changes a parameter set; None: none does.

        `small` are offsets of frames of more than an RTP header. A set that is seen for the first
        time changes nothing. All of them are taken in.
        """
        may_hold = self._may_hold
        found: int | None = None
        # Once per short packet and drain, hence in one expression.
        for position in [
            place
            for place in small
            if may_hold[buffer[place + 16]] or buffer[place + 4] != _PLAIN_HEADER
        ]:
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

# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera's own clock against the recorder's, from RTCP sender reports (RFC 3550 §6.4.1).

A report carries the camera's wall clock (NTP format) at the moment it was sent. It is seen when
the socket is drained, up to a period later, so the smallest difference of some reports is the best
estimate, and what is reported is an estimate: the evidence is the arrival interval.
"""

import struct

from machimori.kernel.instants import Micros

_REPORT = struct.Struct(">BBHIII")
_SENDER_REPORT = 200
_NTP_EPOCH = 2_208_988_800
_WINDOW = 8
_LONGEST = 4
"""RTCP packets of one compound that are looked at."""


class Drift:
    """Offset and drift of one camera's clock over one session."""

    __slots__ = ("_first", "_recent", "offset", "ppm")

    def __init__(self) -> None:
        self._recent: list[tuple[int, int]] = []
        self._first: tuple[int, int] | None = None
        self.offset: int | None = None
        """Recorder's clock minus the camera's, µs; None: the camera never said."""
        self.ppm: float | None = None
        """How fast the offset grows, in millionths; None until ten minutes were seen."""

    def report(self, rtcp: bytes, arrived: Micros) -> None:
        """Take in one RTCP payload. What is malformed is ignored: it only informs."""
        position = 0
        for _ in range(_LONGEST):
            if position + _REPORT.size > len(rtcp):
                return
            first, kind, words, _, seconds, fraction = _REPORT.unpack_from(rtcp, position)
            if first >> 6 != 2:
                return
            if kind == _SENDER_REPORT and seconds > _NTP_EPOCH:
                camera = (seconds - _NTP_EPOCH) * 1_000_000 + (fraction * 1_000_000 >> 32)
                self._add(arrived, arrived - camera)
                return
            position += 4 * (words + 1)

    def _add(self, arrived: int, offset: int) -> None:
        self._recent.append((arrived, offset))
        del self._recent[:-_WINDOW]
        at, self.offset = min(self._recent, key=lambda item: item[1])
        if len(self._recent) < _WINDOW:
            return
        if self._first is None:
            self._first = (at, self.offset)
        elif at - self._first[0] >= 600_000_000:
            self.ppm = round((self.offset - self._first[1]) * 1e6 / (at - self._first[0]), 1)

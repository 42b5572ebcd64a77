# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decoding order out of decoding order numbers (RFC 6184 section 7.2, RFC 7798 section 6)."""

import heapq


class DecodingOrder:
    """Holds `depth` NAL units back and gives out the one that decodes first."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._heap: list[tuple[int, int, int, bytes]] = []
        self._last = 0
        self._count = 0

    def push(self, number: int, timestamp: int, unit: bytes) -> list[tuple[int, bytes]]:
        """Take a NAL unit with its 16-bit number; (time stamp, NAL unit) that are now due."""
        difference = (number - self._last) & 0xFFFF
        # Half the number space ahead is later, the other half earlier (RFC 6184 section 5.5).
        extended = self._last + difference - (0x10000 if difference >= 0x8000 else 0)
        if not self._count:
            extended = number
        self._last = extended
        self._count += 1
        heapq.heappush(self._heap, (extended, self._count, timestamp, unit))
        return self._out(self._depth)

    def flush(self) -> list[tuple[int, bytes]]:
        """The rest, in order."""
        return self._out(0)

    def _out(self, keep: int) -> list[tuple[int, bytes]]:
        due: list[tuple[int, bytes]] = []
        while len(self._heap) > keep:
            _, _, timestamp, unit = heapq.heappop(self._heap)
            due.append((timestamp, unit))
        return due

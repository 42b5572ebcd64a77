# SPDX-License-Identifier: AGPL-3.0-or-later
"""A limit on operations and bytes a second, for work that must not disturb recording."""

from machimori.kernel.clock import Clock

_BURST = 1.0
"""Seconds of allowance that may be saved up."""


class Pace:
    """Sleeps whenever more was spent than the limits allow. Not for use by several threads."""

    def __init__(self, clock: Clock, *, operations: float, size: float) -> None:
        """`operations` and `size` (bytes) a second, both above 0."""
        self._clock = clock
        self._operations = operations
        self._size = size
        self._free_at = clock.monotonic() - _BURST

    def spend(self, *, operations: int = 1, size: int = 0) -> None:
        """Account for work about to be done; returns when it may be done."""
        now = self._clock.monotonic()
        cost = max(operations / self._operations, size / self._size)
        self._free_at = max(self._free_at, now - _BURST) + cost
        if self._free_at > now:
            self._clock.sleep(self._free_at - now)

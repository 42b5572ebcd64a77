# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing past the page cache (`O_DIRECT`, open(2)), where that is the cheaper way.

Footage is written once and almost never looked at: through the page cache each byte is copied once
more, and a page is found for it and given back. Past it, the disk takes the sealed chunk from where
it was sealed, and a write ends when the disk has it. A disk that answers in less than a
millisecond does that while the drain goes on; one with heads that move cannot, and is better off
with what the kernel collects and sorts. So direct writing is tried, and left for an hour when
chunks wait and it is the writes that take long: at a start it is the making of files.
"""

import errno
import fcntl
import logging
import os
from collections.abc import Callable

PAGE = 4096
"""Bytes to which place, length and memory of a direct write are aligned."""
AGAIN = 3600.0
"""Seconds until direct writing is tried again after the disk was too slow for it."""
SLOW = 0.001
"""Seconds that a write takes on average from which the disk is too slow, if chunks wait for it."""
_LONGEST = 0.005
"""Seconds that one write may count for: one that had to wait says little."""
_WRITES = 64
"""Over about as many writes goes the average."""
WAITED = 0.05
"""Seconds that chunks may wait for a writer while less than half of all blocks is free."""

log = logging.getLogger(__name__)


class Direct:
    """Whether parts are to be written directly now. Any writer may say that it does not work."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._from = 0.0
        self._average = 0.0

    @property
    def wanted(self) -> bool:
        """Whether a new part is to be written directly."""
        return self._monotonic() >= self._from

    def turn_on(self, descriptor: int) -> bool:
        """Write this file directly, if its file system can; whether it does."""
        try:
            flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
            fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_DIRECT)
        except OSError as error:
            self.refused(error)
            return False
        return True

    def turn_off(self, descriptor: int) -> None:
        """Write this file through the page cache. Raises OSError."""
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags & ~os.O_DIRECT)

    def refused(self, error: OSError) -> None:
        """The file system does not take direct writes, or none that are aligned as ours are."""
        log.info("no direct writes here (%s)", errno.errorcode.get(error.errno or 0, "?"))
        self._from = float("inf")

    def took(self, seconds: float) -> None:
        """A direct write took so long."""
        self._average += (min(seconds, _LONGEST) - self._average) / _WRITES

    def wait(self) -> None:
        """Chunks begin to wait."""
        if self.wanted and self._average > SLOW:
            log.info("the disk is too slow for direct writes; trying again in %g s", AGAIN)
            self._from = self._monotonic() + AGAIN

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether the machine's clock is synchronised, which boot this is, and the rehearsal clock."""

import ctypes
from pathlib import Path
from typing import Protocol

from machimori.kernel.instants import Micros
from machimori.vault.errors import VaultMalformedError

_STA_UNSYNC = 0x0040
_TIME_ERROR = 5
_TIMEX_SIZE = 208
_STATUS_OFFSET = 40
"""`struct timex` on 64-bit Linux: modes, offset, freq, maxerror, esterror, then status."""


class ClockStatus(Protocol):
    """Tells whether the clock may be trusted with an irreversible act."""

    def synchronised(self) -> bool: ...

    def boot(self) -> str:
        """Differs between two boots of the machine: monotonic times compare within one only."""
        ...


class KernelClockStatus:
    """What the kernel says: chrony and ntpd clear STA_UNSYNC through adjtimex(2)."""

    def synchronised(self) -> bool:
        """True if the kernel's clock is disciplined; False also where it cannot be asked."""
        buffer = ctypes.create_string_buffer(_TIMEX_SIZE)
        try:
            state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
        except (OSError, AttributeError):
            return False
        status = int.from_bytes(buffer.raw[_STATUS_OFFSET : _STATUS_OFFSET + 4], "little")
        return state not in (-1, _TIME_ERROR) and not status & _STA_UNSYNC

    def boot(self) -> str:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class FixedClockStatus:
    """A status that is told what to say: for tests and rehearsal vaults."""

    def __init__(self, *, synchronised: bool = True, boot: str = "boot-1") -> None:
        self._synchronised = synchronised
        self._boot = boot

    def synchronised(self) -> bool:
        return self._synchronised

    def boot(self) -> str:
        return self._boot


class FileClock:
    """A rehearsal's clock and its status: the microseconds that a file holds, so that days pass at
    a word. A second word, `unsynchronised`, makes it a clock that nothing vouches for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> Micros:
        text = self._path.read_text().partition(" ")[0].strip()
        if not text.isdigit():
            raise VaultMalformedError("the rehearsal clock's file holds no microseconds")
        return Micros(int(text))

    def synchronised(self) -> bool:
        return not self._path.read_text().partition(" ")[2]

    def boot(self) -> str:
        return "rehearsal"

    def monotonic(self) -> float:
        return self.now() / 1_000_000

    def sleep(self, seconds: float) -> None:
        """Nothing waits: the file's owner moves this clock."""

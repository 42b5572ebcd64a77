# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the vault's process does so that its memory stays its own."""

import ctypes
import os
import resource

_PR_SET_DUMPABLE = 4
_MCL_CURRENT = 1
_MCL_FUTURE = 2
_MCL_ONFAULT = 4


def harden() -> tuple[str, ...]:
    """No core dumps, no ptrace by the same user, no swap; returns what could not be had.

    RLIMIT_CORE 0 and PR_SET_DUMPABLE 0 (which also gives /proc/<pid>/mem to root alone) always
    work on Linux. Locking all memory needs CAP_IPC_LOCK or an unlimited RLIMIT_MEMLOCK; without
    it the machine should have no swap, or an encrypted one.
    """
    missing = []
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        missing.append("not dumpable")
    # With a finite limit MCL_FUTURE would make later allocations fail, so root alone asks.
    if os.geteuid() != 0 or libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
        missing.append("locked memory")
    return tuple(missing)

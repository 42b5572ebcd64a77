# SPDX-License-Identifier: AGPL-3.0-or-later
"""Syncing a whole local file system with one call (Linux's syncfs(2), which Python lacks).

A thousand files that grow side by side cost a thousand calls of fdatasync, and a commit of the file
system's journal each; syncfs costs one. It is used where it is known to bring data, sizes and names
to the disk and to report errors (Linux 5.8 and newer), and not on network or FUSE file systems,
whose servers it does not reach.
"""

import ctypes
import os
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_STATFS_SIZE = 256
"""Bytes, at the least, of struct statfs."""
_LOCAL = frozenset({0xEF53, 0x58465342, 0x9123683E})
"""`f_type` of ext2 to ext4, XFS and Btrfs (linux/magic.h)."""


def syncs_whole(path: Path) -> bool:
    """Whether `sync_whole` makes durable what was written below `path`. Raises OSError."""
    found = (ctypes.c_char * _STATFS_SIZE)()
    if _LIBC.statfs(os.fsencode(path), found):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))
    return ctypes.c_long.from_buffer(found).value in _LOCAL


def sync_whole(descriptor: int) -> None:
    """Make durable all that was written to the open file's or directory's file system.

    Raises OSError, also for what could not be written back since `descriptor` was opened or last
    synced.
    """
    if _LIBC.syncfs(descriptor):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

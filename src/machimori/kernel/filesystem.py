# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Linux offers for files that grow and Python lacks: syncfs(2), and fallocate(2) as it is.

A thousand files that grow side by side cost a thousand calls of fdatasync, and a commit of the file
system's journal each; syncfs costs one. It is used where it is known to bring data, sizes and names
to the disk and to report errors (Linux 5.8 and newer), and not on network or FUSE file systems,
whose servers it does not reach. `os.posix_fallocate` would make the file longer, and write zeros
where the file system cannot reserve.
"""

import ctypes
import os
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
_KEEP_SIZE = 1
"""FALLOC_FL_KEEP_SIZE (linux/falloc.h)."""
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


def reserve(descriptor: int, start: int, length: int) -> None:
    """Have the file system set aside space for bytes [start, start + length) of the open file.

    The file's size stays; truncating it to that gives back what was not written. Raises OSError,
    EOPNOTSUPP where the file system cannot.
    """
    if _LIBC.fallocate(descriptor, _KEEP_SIZE, start, length):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Python's garbage collector in a process that does the same few things for months.

Reference counts free everything that a drain leaves behind. Left to itself the collector looks at
ten thousands of objects that never die, several times a second and in caches that the drain needs:
a twentieth of all CPU time with 300 cameras. So what lives when recording begins is set aside, and
rare cycles are collected by housekeeping once a minute.
"""

import gc


def set_aside() -> None:
    """Call once, in a process that only records, when every lane and thread has been made."""
    gc.collect()
    gc.freeze()
    gc.disable()


def collect() -> None:
    """Free the cycles that came about since; nothing in a process that collects by itself."""
    if not gc.isenabled():
        gc.collect()

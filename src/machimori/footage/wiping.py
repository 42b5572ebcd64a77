# SPDX-License-Identifier: AGPL-3.0-or-later
"""Overwrite a secret in memory, so that a recorder stolen while it runs gives away less.

CPython frees `bytes` without clearing them, and the libraries that use keys want `bytes`. The
objects given here are fresh and shared with nobody, so writing over their content harms no one.
"""

import ctypes

_CONTENT = bytes.__basicsize__ - 1
"""Offset of the content in a CPython `bytes` object; the last byte of its size is the NUL."""


def wipe(secret: bytes) -> None:
    """Overwrite with zeros. The caller owns the only use of `secret`, of at least two bytes."""
    if len(secret) < 2:
        raise ValueError("CPython shares bytes objects shorter than two bytes")
    ctypes.memset(id(secret) + _CONTENT, 0, len(secret))

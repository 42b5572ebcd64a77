# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many prints of a use are still out: told by whoever makes prints, an app above this one."""

from collections.abc import Callable
from typing import Final

_counts: Final[list[Callable[[str], int]]] = []


def count_by(count: Callable[[str], int]) -> None:
    """Ask `count` from now on: the prints of the use of this name that have not ended."""
    _counts[:] = [count]


def out(use: str) -> int:
    """Prints of this use that have not ended."""
    return sum(count(use) for count in _counts)

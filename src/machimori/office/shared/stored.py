# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files about cases beside the tables: each app says how its own are erased.

Asked when the records of a case are disposed of, perhaps more than once: what is gone already is
passed over.
"""

from collections.abc import Callable
from typing import Final

Erase = Callable[[str], None]
"""Erases what the app has stored about the case of this id."""
_places: Final[dict[str, Erase]] = {}


def register(name: str, erase: Erase) -> None:
    """Ask `erase` whenever a case is disposed of; registering a name again replaces it."""
    _places[name] = erase


def erase(case: str) -> None:
    """Erase every file about the case."""
    for one in _places.values():
        one(case)

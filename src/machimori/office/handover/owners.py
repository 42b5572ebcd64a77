# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who wants which package: what nobody wants any more is discarded, whatever its time.

A package's name begins with its owner's word and a dot. Each owner says of its names whether they
are still wanted; asked every minute, so that a package ends with its case even if the process that
ended the case was killed.
"""

import datetime as dt
from collections.abc import Callable
from typing import Final

from machimori.office.handover import packages

Wanted = Callable[[str, dt.datetime], bool]
_owners: Final[dict[str, Wanted]] = {}


def register(owner: str, wanted: Wanted) -> None:
    """Ask `wanted` about every package of this owner; registering it again replaces it."""
    _owners[owner] = wanted


def sweep(at: dt.datetime) -> int:
    """Discard what is not wanted now; how many there were. Another owner's names are left."""
    found = [
        name
        for name in packages.names()
        if (wanted := _owners.get(name.partition(".")[0])) is not None and not wanted(name, at)
    ]
    for name in found:
        packages.discard(name)
    return len(found)

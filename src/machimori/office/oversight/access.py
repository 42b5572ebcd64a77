# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who reads the registers, and whose lines they see."""

from typing import Final

from machimori.office.people.acting import Acting
from machimori.office.police.access import stations
from machimori.office.shared.posts import Post

KEEPERS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor")
"""Who corrects a register and answers for it."""
CITY: Final[tuple[Post, ...]] = (*KEEPERS, "auditor")
STATION: Final[tuple[Post, ...]] = ("police_image_manager",)
READERS: Final[tuple[Post, ...]] = (*CITY, *STATION)


def own_stations(acting: Acting) -> tuple[str, ...] | None:
    """The stations whose lines alone the acting person sees; None: everybody's."""
    return None if acting.holds(*CITY) else tuple(stations(acting))

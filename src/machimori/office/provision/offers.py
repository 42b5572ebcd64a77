# SPDX-License-Identifier: AGPL-3.0-or-later
"""Buttons that apps above provision put on the page of a case."""

from collections.abc import Callable
from typing import Final

from machimori.office.people.acting import Acting
from machimori.office.provision.history import File

Offer = Callable[[File, Acting], tuple[str, str] | None]
"""Text and address of what the acting person may do with the case now; None: nothing."""

_offers: Final[dict[str, Offer]] = {}


def register(key: str, offer: Offer) -> None:
    """Ask `offer` for every page of a case from now on; registering a key again replaces it."""
    _offers[key] = offer


def offers(file: File, acting: Acting) -> list[tuple[str, str]]:
    """What the acting person is offered, in order of the keys."""
    found = (_offers[key](file, acting) for key in sorted(_offers))
    return [one for one in found if one is not None]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whose matter a letter is: the app that says who signs it, and where one goes on afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from machimori.office.custody.models import Letter
from machimori.office.people.acting import Acting


@dataclass(frozen=True, kw_only=True)
class Owner:
    """An app's answers about its letters."""

    title: Callable[[Letter], str]
    """What the letter belongs to: a case's number; may be empty."""
    back: Callable[[Letter], str]
    """The address of that."""
    may_sign: Callable[[Letter, Acting], bool]


_owners: Final[dict[str, Owner]] = {}


def register(key: str, owner: Owner) -> None:
    """Ask this owner about letters of `key` from now on."""
    _owners[key] = owner


def owner_of(letter: Letter) -> Owner:
    """The letter's owner. Raises KeyError if the app that drafted it is not installed."""
    return _owners[letter.owner]

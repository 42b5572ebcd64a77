# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whose matter a letter is: the app that says who signs it, and where one goes on afterwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from machimori.office.custody.models import Letter
from machimori.office.people.acting import Acting


@dataclass(frozen=True, kw_only=True)
class Owner:
    """An app's answers about its letters."""

    titles: Callable[[Sequence[Letter]], Mapping[str, str]]
    """By `about`, what letters belong to: a case's number, a person's name. None for some."""
    back: Callable[[Letter], str]
    """The address of that."""
    may_sign: Callable[[Letter, Acting], bool]


_owners: Final[dict[str, Owner]] = {}


def register(key: str, owner: Owner) -> None:
    """Ask this owner about letters of `key` from now on."""
    _owners[key] = owner


def titles_of(letters: Sequence[Letter]) -> list[str]:
    """What each of these letters belongs to, "" where it has no name; a few queries an owner."""
    found: dict[tuple[str, str], str] = {}
    for key in {one.owner for one in letters}:
        named = _owners[key].titles([one for one in letters if one.owner == key])
        found |= {(key, about): title for about, title in named.items()}
    return [found.get((one.owner, one.about), "") for one in letters]


def owner_of(letter: Letter) -> Owner:
    """The letter's owner. Raises KeyError if the app that drafted it is not installed."""
    return _owners[letter.owner]

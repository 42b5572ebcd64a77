# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whose case a scan belongs to: that app says who sees it and who attaches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from machimori.office.people.acting import Acting


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A case, to whoever may see it."""

    title: str
    """Its number."""
    back: str
    """The address of its page."""
    may_attach: bool
    """Whether this person attaches and takes back here."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """An app's answers about its cases."""

    find: Callable[[str, Acting], Subject | None]
    """The case of this name, if this person may see it."""


_owners: Final[dict[str, Owner]] = {}


def register(key: str, owner: Owner) -> None:
    """Ask this owner about scans of `key` from now on."""
    _owners[key] = owner


def owner_of(key: str) -> Owner | None:
    """The owner of this name."""
    return _owners.get(key)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The line of pages under the header: each app registers its own, everybody sees theirs."""

from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise

from machimori.office.shared.posts import Post


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A page in the menu. `order` follows the table of pages."""

    route: str
    text: str | Promise
    order: int
    posts: frozenset[Post] = frozenset()
    """Who sees it; empty: everybody who has signed in."""


_entries: Final[dict[str, Entry]] = {}


def register(entry: Entry) -> None:
    """Show this page from now on; registering its route again replaces it."""
    _entries[entry.route] = entry


def entries(posts: frozenset[Post]) -> list[tuple[str, str | Promise]]:
    """Address and text of the pages that these posts see, in order."""
    mine = (one for one in _entries.values() if not one.posts or one.posts & posts)
    return [(reverse(one.route), one.text) for one in sorted(mine, key=lambda one: one.order)]

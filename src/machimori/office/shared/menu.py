# SPDX-License-Identifier: AGPL-3.0-or-later
"""The line of pages under the header: each app registers its own, everybody sees theirs.

Whoever sees many finds them in groups that open by a click or a key, so that the line stays one
line at 1280 px; whoever sees few finds the pages themselves.
"""

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.shared.addresses import address
from machimori.office.shared.posts import Post

Group = Literal["", "cases", "equipment", "registers", "people", "rules", "own"]
GROUPS: Final[dict[Group, str | Promise]] = {
    "": "",
    "cases": _("案件"),
    "equipment": _("カメラと機器"),
    "registers": _("簿冊"),
    "people": _("人と鍵"),
    "rules": _("きまりと監査"),
    "own": _("自分"),
}
"""In the order of the line. Pages of the group without a name stand in the line themselves."""
_BANDS: Final[tuple[tuple[int, Group], ...]] = (
    (10, ""),
    (70, "cases"),
    (90, "equipment"),
    (130, "registers"),
    (140, "people"),
    (190, "rules"),
)
FEW: Final = 6
"""Up to so many pages are shown without groups."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A page in the menu. `order` follows the table of pages, and says the group if none is."""

    route: str
    text: str | Promise
    order: int
    posts: frozenset[Post] = frozenset()
    """Who sees it; empty: everybody who has signed in."""
    group: Group | None = None

    @property
    def place(self) -> Group:
        """The group that it belongs to."""
        if self.group is not None:
            return self.group
        return next((name for end, name in _BANDS if self.order < end), "own")


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page as the line shows it."""

    href: str
    text: str | Promise
    here: bool


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What stands in the line: a page (`text` empty), or a group that opens."""

    text: str | Promise
    pages: tuple[Page, ...]

    @property
    def here(self) -> bool:
        """Whether the page that is open is among them."""
        return any(page.here for page in self.pages)


_entries: Final[dict[str, Entry]] = {}


def register(entry: Entry) -> None:
    """Show this page from now on; registering its route again replaces it."""
    _entries[entry.route] = entry


def line(posts: frozenset[Post], path: str) -> list[Opening]:
    """The line of these posts, the page at `path`, or the one above it, marked."""
    known = list(GROUPS)
    mine = sorted(
        (one for one in _entries.values() if not one.posts or one.posts & posts),
        key=lambda one: (known.index(one.place), one.order),
    )
    hrefs = [address(one.route) for one in mine]
    above = [href for href in hrefs if path == href or (href != "/" and path.startswith(href))]
    here = max(above, key=len, default="")
    pages = [
        (one.place, Page(href=href, text=one.text, here=href == here))
        for one, href in zip(mine, hrefs, strict=True)
    ]
    found: list[Opening] = []
    for name, members in groupby(pages, itemgetter(0)):
        inside = tuple(page for _group, page in members)
        if not name or len(inside) == 1 or len(mine) <= FEW:
            found.extend(Opening(text="", pages=(page,)) for page in inside)
        else:
            found.append(Opening(text=GROUPS[name], pages=inside))
    return found

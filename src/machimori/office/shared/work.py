# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits for somebody: each app registers its lists, きょうの仕事 shows them by post.

An app's `ready` (AppConfig) calls `register`. Lists that are empty stand together at the end, with
what it means.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise

from machimori.office.shared.posts import Post

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that waits. `due` is shown as it is, `urgent` marks it."""

    text: str
    href: str
    due: str = ""
    urgent: bool = False


@dataclass(frozen=True, kw_only=True)
class Start:
    """How work begins: the main button of the first page."""

    text: Text
    href: str


def none_begins(acting: Any) -> Start | None:
    """No work of this list begins on the first page."""
    del acting
    return None


def always(acting: Any) -> bool:
    """The list is there whatever the scheme's rules are."""
    del acting
    return True


@dataclass(frozen=True, kw_only=True)
class Work:
    """A list on the first page of some posts. `find` is given the acting person (Acting)."""

    key: str
    order: int
    """Smaller first; the order of pages.md per post."""
    title: Text
    empty: Text
    """What to do, or what it means, when nothing waits."""
    posts: frozenset[Post]
    find: Callable[[Any], Sequence[Item]]
    start: Callable[[Any], Start | None] = none_begins
    """Whether the acting person begins such work here; the first that does is the main button."""
    applies: Callable[[Any], bool] = always
    """Whether the scheme knows such work at all; if not, nothing is said of it."""


_registered: Final[dict[str, Work]] = {}


def register(work: Work) -> None:
    """Show this list from now on; registering its key again replaces it."""
    _registered[work.key] = work


def waiting(acting: Any, posts: frozenset[Post]) -> list[tuple[Work, Sequence[Item]]]:
    """The lists of these posts with what is in them, in order."""
    return [(work, work.find(acting)) for work in _of(posts) if work.applies(acting)]


def start(acting: Any, posts: frozenset[Post]) -> Start | None:
    """What the first page's main button begins."""
    return next((found for work in _of(posts) if (found := work.start(acting))), None)


def _of(posts: frozenset[Post]) -> list[Work]:
    mine = [work for work in _registered.values() if work.posts & posts]
    return sorted(mine, key=lambda work: work.order)

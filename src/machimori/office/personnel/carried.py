# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the holder of a post has open: every app that has cases or things says it here.

The apps stand above this one; each registers a source in its `AppConfig.ready`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from machimori.office.paper.forms.people import HandoverItem, OpenCase
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person
from machimori.office.shared.posts import Post

Cases = Callable[[Acting, Post], Sequence[OpenCase]]
"""The cases that the post works with and that the acting person may see."""
Items = Callable[[Acting, Post, Person], Sequence[HandoverItem]]
"""The things that this holder of the post has, or answers for."""
_cases: Final[dict[str, Cases]] = {}
_items: Final[dict[str, Items]] = {}


@dataclass(frozen=True, kw_only=True)
class Carried:
    """Everything that goes from one holder to the next."""

    cases: tuple[OpenCase, ...]
    items: tuple[HandoverItem, ...]


def register(name: str, *, cases: Cases | None = None, items: Items | None = None) -> None:
    """Ask these from now on; registering a name again replaces it."""
    if cases is not None:
        _cases[name] = cases
    if items is not None:
        _items[name] = items


def carried(acting: Acting, post: Post, holder: Person) -> Carried:
    """What this holder of the post has open now, as far as the acting person may see it."""
    return Carried(
        cases=tuple(one for find in _cases.values() for one in find(acting, post)),
        items=tuple(one for find in _items.values() for one in find(acting, post, holder)),
    )

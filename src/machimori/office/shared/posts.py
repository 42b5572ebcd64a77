# SPDX-License-Identifier: AGPL-3.0-or-later
"""Posts, and which of them may enter a page: every view says so, or nothing runs.

`@posts("system_manager")` only declares; `people/admission.py` enforces, so that a view without a
declaration cannot be reached at all. What a post may do with an object is the app's `access` and
`actions`; this is the outer door.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeVar, get_args

from django.http.response import HttpResponseBase
from django.urls import resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.shared.errors import ActionError

Post = Literal[
    "system_manager",
    "handling_supervisor",
    "operator",
    "viewer",
    "police_image_manager",
    "police_operator",
    "guard",
    "auditor",
    "system_administrator",
    "host",
    "installer",
]
POSTS: Final[tuple[Post, ...]] = get_args(Post)
LABELS: Final[dict[Post, Promise]] = {
    "system_manager": _("管理責任者"),
    "handling_supervisor": _("取扱責任者"),
    "operator": _("取扱者"),
    "viewer": _("視聴者"),
    "police_image_manager": _("画像管理責任者（警察）"),
    "police_operator": _("画像取扱者（警察）"),
    "guard": _("警備員"),
    "auditor": _("監査"),
    "system_administrator": _("システム担当"),
    "host": _("設置世帯・事業所"),
    "installer": _("設置者"),
}
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True, kw_only=True)
class Admission:
    """Who may enter a view."""

    posts: frozenset[Post] = frozenset()
    person: bool = True
    """A person must have signed in. Without it the page is public."""

    def admits(self, held: frozenset[Post] | None) -> bool:
        """Whether somebody with these posts may enter; None: nobody has signed in."""
        if not self.person:
            return True
        return held is not None and (not self.posts or bool(self.posts & held))


def posts(*names: Post) -> Callable[[View], View]:
    """Only persons who hold one of these posts in the scheme they work in, now."""
    if not names or set(names) - set(POSTS):
        raise ActionError("a view names at least one post, and only known ones", where=str(names))
    return _declare(Admission(posts=frozenset(names)))


def signed_in(view: View) -> View:
    """Whoever has signed in, whatever their posts: their own keys, the change of person."""
    return _declare(Admission())(view)


def public(view: View) -> View:
    """Everybody, without signing in."""
    return _declare(Admission(person=False))(view)


def admission(view: object) -> Admission | None:
    """What the view declared; None if it forgot."""
    found = getattr(view, "admission", None)
    return found if isinstance(found, Admission) else None


def address_for(held: frozenset[Post], route: str, *args: object) -> str:
    """The page's address, if somebody with these posts may enter it; else empty."""
    address = reverse(route, args=args)
    declared = admission(resolve(address).func)
    return address if declared is not None and declared.admits(held) else ""


def _declare(value: Admission) -> Callable[[View], View]:
    def declare(view: View) -> View:
        view.admission = value  # type: ignore[attr-defined]  # read back by admission()
        return view

    return declare

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits once an extraction was ordered, and the register of copies in the menu."""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import local_day, micros
from machimori.office.handover import access
from machimori.office.handover.models import Head
from machimori.office.people.acting import Acting
from machimori.office.provision import access as cases
from machimori.office.provision.work import in_states, items
from machimori.office.shared.addresses import address_of
from machimori.office.shared.instances import Query
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.posts import Post
from machimori.office.shared.prepared import Given
from machimori.office.shared.templatetags.office import day
from machimori.office.shared.work import Item, Work, register

SHOWN: Final = 20
SOON: Final = dt.timedelta(days=14)
"""A copy that is due within these days is in the list; one whose day has passed is marked."""
_OVER: Final = (
    "refused",
    "not_found",
    "withdrawn",
    "lapsed",
    "revoked",
    "provided",
    "instructed",
    "reviewing",
)
"""Cases in whose states a medium that the city holds goes nowhere any more."""


def to_extract(acting: Acting) -> Sequence[Item]:
    """Cases in which an extraction was ordered."""
    return items(
        in_states(acting, "instructed", "reviewing", "extracting"), "provision:case", acting
    )


def to_check(acting: Acting) -> Sequence[Item]:
    """Copies whose completion is to be checked."""
    return items(in_states(acting, "awaiting_check"), "handover:check", acting)


def to_hand_over(acting: Acting) -> Sequence[Item]:
    """Copies that wait for who takes them."""
    return items(in_states(acting, "ready_for_handover"), "handover:hand_over", acting)


def due(acting: Acting) -> Sequence[Item]:
    """Copies whose 返却・消去 is due soon or overdue, the one that is due first first."""
    today = local_day(micros(acting.at))
    return [_due_item(head, today) for head in _waiting(acting) if head.state == "handed_over"]


def to_destroy(acting: Acting) -> Sequence[Item]:
    """Media in the city's hands that go nowhere any more: written wrongly, or the case ended."""
    return [_item(head, "") for head in _waiting(acting) if head.state == "in_custody"]


def _waiting(acting: Acting) -> Sequence[Head]:
    """The most urgent copies of both lists; fetched once a request."""
    if "handover.waiting" not in acting.memo:
        every = cases.sees_all(acting)
        query = _every() if every else _wanted(access.copies(acting).order_by())
        given = {"scheme": acting.scheme.pk, "soon": local_day(micros(acting.at)) + SOON}
        acting.memo["handover.waiting"] = query.ask(given)
    found: Sequence[Head] = acting.memo["handover.waiting"]
    return found


@cache
def _every() -> Query:
    """For who sees every case."""
    return _wanted(access.of_scheme(Given("scheme")))


def _wanted(rows: "QuerySet[Head]") -> Query:
    """Of these copies; `soon` is given."""
    late = rows.filter(state="handed_over", due__lte=Given("soon")).order_by("due", "copy")
    left = rows.filter(state="in_custody", case__head__state__in=_OVER).order_by("at", "copy")
    names = late.values("copy")[:SHOWN].union(left.values("copy")[:SHOWN], all=True)
    found = rows.filter(copy__in=names).order_by("due", "at", "copy")
    return Query.of(found, "copy", "copy__case", "copy__case__numbered")


def _due_item(head: Head, today: dt.date) -> Item:
    assert head.due is not None
    late = head.due < today
    said = _t("期限を過ぎています") if late else _t("期限")
    return _item(head, f"{said} {day(head.due)}", urgent=late)


def _item(head: Head, said: str, *, urgent: bool = False) -> Item:
    numbered = getattr(head.copy.case, "numbered", None)
    return Item(
        text=_t("媒体 %(number)s　%(case)s")
        % {"number": head.number, "case": numbered.text if numbered else ""},
        href=address_of("handover:copy", head.copy_id),
        due=said,
        urgent=urgent,
    )


def install() -> None:
    """Called once, when the app is ready."""
    desk: frozenset[Post] = frozenset(access.DESK)
    makers: frozenset[Post] = frozenset({"operator", "handling_supervisor"})
    checkers: frozenset[Post] = frozenset(access.CHECKERS)
    lists = (
        (
            "extract",
            13,
            _("指示された取出し"),
            _("指示された取出しはありません。"),
            makers,
            to_extract,
        ),
        (
            "check",
            14,
            _("完了確認待ち"),
            _("完了の確認を待つ複製はありません。"),
            checkers,
            to_check,
        ),
        (
            "hand_over",
            15,
            _("引渡し待ち"),
            _("引渡しを待つ複製はありません。"),
            desk,
            to_hand_over,
        ),
        (
            "due",
            16,
            _("複製の返却・消去の期限"),
            _("期限が近い複製や、期限を過ぎた複製はありません。"),
            desk,
            due,
        ),
        (
            "destroy",
            17,
            _("廃棄する媒体"),
            _("廃棄を待つ媒体はありません。"),
            desk,
            to_destroy,
        ),
    )
    for key, order, title, empty, posts, find in lists:
        register(
            Work(
                key=f"handover.{key}", order=order, title=title, empty=empty, posts=posts, find=find
            )
        )
    register_page(
        Entry(
            route="handover:copies",
            text=_("複製・媒体簿"),
            order=100,
            posts=frozenset(access.READERS),
        )
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in the rules: open questions, decisions without a number, a scheme to start."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.people.acting import Acting
from machimori.office.rules import access
from machimori.office.rules.posts import READERS
from machimori.office.shared import menu
from machimori.office.shared.work import Item, Work, register
from machimori.policy.adoption import open_points


def undecided(acting: Acting) -> Sequence[Item]:
    """What the city must still decide or do before the scheme can start."""
    items = []
    left = len(open_points(access.rules_of(acting).on(access.viewed_day(acting))))
    if left:
        text = _t("決まっていないこと　あと%(n)s項目") % {"n": left}
        items.append(Item(text=text, href=reverse("rules:open"), urgent=True))
    elif acting.scheme.started_on is None:
        items.append(
            Item(text=_t("すべて決まりました。制度を始められます"), href=reverse("rules:start"))
        )
    waiting = access.rules_of(acting).unnumbered
    if waiting:
        text = _t("決裁番号がまだ入っていない決定　%(n)s件") % {"n": waiting}
        items.append(Item(text=text, href=reverse("rules:resolutions")))
    return items


def install() -> None:
    """Register the list and the page of the menu."""
    menu.register(
        menu.Entry(route="rules:answers", text=_("きまり"), order=140, posts=frozenset(READERS))
    )
    register(
        Work(
            key="rules.undecided",
            order=70,
            title=_("きまり"),
            empty=_("決まっていないことはありません。"),
            posts=frozenset({"system_manager"}),
            find=undecided,
        )
    )

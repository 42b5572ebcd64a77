# SPDX-License-Identifier: AGPL-3.0-or-later
"""監視 on a guard's first page; it and its register in the menu."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.custody.difference import Source
from machimori.office.custody.difference import register as register_source
from machimori.office.people.acting import Acting
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.work import Item, Work, register
from machimori.office.watching import access, telling_vault


def screen(acting: Acting) -> Sequence[Item]:
    """The way to the screen, where the rules know one."""
    if rules_of(acting).on(today(acting)).text("live.mode") != "named_posts":
        return []
    return [Item(text=_t("監視の画面を開く"), href=reverse("watching:page"))]


def install() -> None:
    """Called once, when the app is ready."""
    register_source("watching", Source(find=telling_vault.find))
    register(
        Work(
            key="watching.screen",
            order=3,
            title=_("監視"),
            empty=_("この制度では、現在の映像を見ません。"),
            posts=frozenset({"guard"}),
            find=screen,
        )
    )
    register_page(
        Entry(route="watching:page", text=_("監視"), order=45, posts=frozenset(access.WATCHERS))
    )
    register_page(
        Entry(
            route="watching:shifts",
            text=_("監視の記録"),
            order=96,
            posts=frozenset(access.READERS),
        )
    )

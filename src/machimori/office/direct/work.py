# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits of direct acquisitions, and their pages in the menu."""

from collections.abc import Callable, Sequence
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.custody.difference import Source
from machimori.office.custody.difference import register as register_source
from machimori.office.direct import access, telling_vault
from machimori.office.direct.agreements import agreements
from machimori.office.direct.history import File
from machimori.office.direct.reminding import statement_due
from machimori.office.direct.states import STATES, State
from machimori.office.people.acting import Acting
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.addresses import address_of
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.posts import Post
from machimori.office.shared.templatetags.office import day
from machimori.office.shared.work import Item, Start, Work, register

_UNFETCHED: Final[tuple[State, ...]] = ("requested", "acquiring", "acquired")


def _in(*states: State) -> Callable[[Acting], Sequence[Item]]:
    def find(acting: Acting) -> Sequence[Item]:
        return [_item(file, acting) for file in access.files(acting, *states)]

    return find


def _item(file: File, acting: Acting) -> Item:
    due = statement_due(file) if file.state == "awaiting_reconciliation" else None
    late = due is not None and due < today(acting)
    said = _t("署の記録が期限を過ぎています") if late else _t("署の記録の期限")
    return Item(
        text=f"{file.number}　{STATES[file.state]}　{file.request.data['reference']}",
        href=address_of("direct:acquisition", file.case.pk),
        due=f"{said} {day(due)}" if due else "",
        urgent=late,
    )


def request(acting: Acting) -> Start | None:
    """An acquisition, where the scheme has an agreement."""
    if not agreements(rules_of(acting).on(today(acting))):
        return None
    return Start(text=_t("直接取得を申し込む"), href=reverse("direct:new"))


def install() -> None:
    """Called once, when the app is ready."""
    register_source("direct", Source(find=telling_vault.find, posts=telling_vault.posts))
    city: frozenset[Post] = frozenset(access.COMPARERS)
    register(
        Work(
            key="direct.fetch",
            order=25,
            title=_("直接取得"),
            empty=_("取り出していない直接取得はありません。"),
            posts=frozenset(access.FETCHERS),
            find=_in(*_UNFETCHED),
            start=request,
        )
    )
    register(
        Work(
            key="direct.compare",
            order=26,
            title=_("直接取得の突合"),
            empty=_("突合を待つ直接取得はありません。"),
            posts=city,
            find=_in("awaiting_reconciliation", "unmatched"),
        )
    )
    register_page(
        Entry(
            route="direct:acquisitions",
            text=_("直接取得"),
            order=41,
            posts=frozenset(access.READERS),
        )
    )
    register_page(
        Entry(
            route="direct:reconciliation",
            text=_("直接取得の突合"),
            order=42,
            posts=frozenset((*access.COMPARERS, "auditor")),
        )
    )
    register_page(
        Entry(
            route="direct:agreements",
            text=_("協定のカメラ"),
            order=93,
            posts=frozenset(access.READERS),
        )
    )

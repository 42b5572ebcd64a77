# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in internal use, and its pages in the menu."""

from collections.abc import Sequence

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import local_day, micros
from machimori.office.internal import access
from machimori.office.internal.history import File
from machimori.office.internal.states import STATES
from machimori.office.people.acting import Acting
from machimori.office.shared.addresses import address_of
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.templatetags.office import day, minute
from machimori.office.shared.work import Item, Work, register


def to_permit(acting: Acting) -> Sequence[Item]:
    """Uses that wait for a signature."""
    return [_item(file) for file in access.in_states(acting, "drafted")]


def to_use(acting: Acting) -> Sequence[Item]:
    """The acting person's own that are permitted, or whose result is not recorded."""
    found = access.in_states(acting, "permitted", "in_use")
    return [_item(file) for file in found if file.draft.by_id == acting.person.pk]


def copies_out(acting: Acting) -> Sequence[Item]:
    """Copies that have not ended, the one that is due first first."""
    today = local_day(micros(acting.at))
    files = access.in_states(acting, "in_use", "recorded")
    waiting = [
        (copy.due, copy.written.data["number"], file)
        for file in files
        for copy in file.copies
        if copy.ended is None
    ]
    return [
        Item(
            text=_t("媒体 %(number)s　%(use)s") % {"number": number, "use": file.number},
            href=address_of("internal:use", file.use.pk),
            due=f"{_t('期限を過ぎています') if due < today else _t('期限')} {day(due)}",
            urgent=due <= today,
        )
        for due, number, file in sorted(waiting, key=lambda one: one[:2])
    ]


def _item(file: File) -> Item:
    due = ""
    if file.usable:
        due = _t("%(until)sまで開けます") % {"until": minute(file.valid_until)}
    return Item(
        text=f"{STATES[file.state]}　{file.number}　{file.draft.by.name}",
        href=address_of("internal:use", file.use.pk),
        due=due,
    )


def install() -> None:
    """Called once, when the app is ready."""
    register(
        Work(
            key="internal.permit",
            order=12,
            title=_("許可を待つ内部利用"),
            empty=_("許可を待つ内部利用はありません。"),
            posts=frozenset({"system_manager"}),
            find=to_permit,
        )
    )
    register(
        Work(
            key="internal.use",
            order=17,
            title=_("自分の内部利用"),
            empty=_("許可された内部利用はありません。"),
            posts=frozenset(access.USERS),
            find=to_use,
        )
    )
    register(
        Work(
            key="internal.copies",
            order=18,
            title=_("内部利用の複製の期限"),
            empty=_("消去や廃棄を待つ内部利用の複製はありません。"),
            posts=frozenset({"system_manager", "handling_supervisor", "operator"}),
            find=copies_out,
        )
    )
    register_page(
        Entry(route="internal:uses", text=_("内部利用"), order=60, posts=frozenset(access.READERS))
    )
    register_page(
        Entry(
            route="internal:copies",
            text=_("内部利用の複製"),
            order=97,
            posts=frozenset(access.READERS),
        )
    )

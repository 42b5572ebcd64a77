# SPDX-License-Identifier: AGPL-3.0-or-later
"""The button 「画像を開く」 on the page of a case, and 「閲覧の履歴」 in the menu."""

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import local_day, micros
from machimori.office.internal.prints import count_by
from machimori.office.people.acting import Acting
from machimori.office.provision import offers
from machimori.office.provision.history import File
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.templatetags.office import day
from machimori.office.shared.work import Item, Work, register
from machimori.office.viewing.access import AUDITORS, KEEPERS, VIEWERS, prints
from machimori.office.viewing.printing import prints_out


def offer(file: File, acting: Acting) -> tuple[str, str] | None:
    """Text and address, if the case has an instruction and the person a post that may view."""
    if file.state not in ("instructed", "reviewing") or not acting.holds(*VIEWERS):
        return None
    return _t("画像を開く"), reverse("viewing:open", args=[file.case.pk])


def waiting_prints(acting: Acting) -> list[Item]:
    """Prints that have not ended, the one that is due first first; at most thirty."""
    today = local_day(micros(acting.at))
    return [
        Item(
            text=f"{row.numbered.text}　{row.viewing.title}",
            href=reverse("viewing:print", args=[row.pk]),
            due=f"{_t('期限を過ぎています') if row.due < today else _t('期限')} {day(row.due)}",
            urgent=row.due <= today,
        )
        for row in prints(acting).filter(end__isnull=True).order_by("due", "pk")[:30]
    ]


def install() -> None:
    """Called once, when the app is ready."""
    offers.register("viewing", offer)
    count_by(prints_out)
    register(
        Work(
            key="viewing.prints",
            order=19,
            title=_("印画の期限"),
            empty=_("廃棄を待つ印画はありません。"),
            posts=frozenset({"system_manager", "handling_supervisor", "operator"}),
            find=waiting_prints,
        )
    )
    register_page(
        Entry(route="viewing:prints", text=_("印画簿"), order=96, posts=frozenset(KEEPERS))
    )
    register_page(
        Entry(
            route="viewing:listing",
            text=_("閲覧の履歴"),
            order=95,
            posts=frozenset(AUDITORS),
        )
    )

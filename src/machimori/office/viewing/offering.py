# SPDX-License-Identifier: AGPL-3.0-or-later
"""The button 「画像を開く」 on the page of a case, and 「閲覧の履歴」 in the menu."""

from functools import cache

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import local_day, micros
from machimori.office.internal.prints import count_by
from machimori.office.people.acting import Acting
from machimori.office.provision import offers
from machimori.office.provision.history import File
from machimori.office.shared.instances import Query
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.prepared import Given
from machimori.office.shared.templatetags.office import day
from machimori.office.shared.work import Item, Work, register
from machimori.office.viewing.access import AUDITORS, KEEPERS, VIEWERS, of_person
from machimori.office.viewing.printing import prints_out


def offer(file: File, acting: Acting) -> tuple[str, str] | None:
    """Text and address, if the case has an instruction and the person a post that may view."""
    if file.state not in ("instructed", "reviewing") or not acting.holds(*VIEWERS):
        return None
    return _t("画像を開く"), reverse("viewing:open", args=[file.case.pk])


def waiting_prints(acting: Acting) -> list[Item]:
    """Prints that have not ended, the one that is due first first; at most thirty."""
    today, every = local_day(micros(acting.at)), acting.holds(*AUDITORS)
    return [
        Item(
            text=f"{row.numbered.text}　{row.viewing.title}",
            href=reverse("viewing:print", args=[row.pk]),
            due=f"{_t('期限を過ぎています') if row.due < today else _t('期限')} {day(row.due)}",
            urgent=row.due <= today,
        )
        for row in _waiting(every=every).ask(
            {"scheme": acting.scheme.pk, "person": acting.person.pk}
        )
    ]


@cache
def _waiting(*, every: bool) -> Query:
    """Of everybody or of the `person`."""
    rows = of_person(Given("scheme"), None if every else Given("person"))
    return Query.of(rows.filter(end__isnull=True).order_by("due", "pk")[:30], "numbered", "viewing")


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

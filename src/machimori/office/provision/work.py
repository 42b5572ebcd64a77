# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in provision, and its pages in the menu."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.people.acting import Acting
from machimori.office.provision import access
from machimori.office.provision.history import File, file_of
from machimori.office.provision.states import STATES, State
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.templatetags.office import day
from machimori.office.shared.work import Item, Work, register


def to_sign(acting: Acting) -> Sequence[Item]:
    """Cases whose draft waits for the acting person's signature, the oldest draft first."""
    waiting = [
        file
        for file in _in_states(acting, "under_decision")
        if all(one.by_id != acting.person.pk for one in file.signatures)
    ]
    return [_item(file, "provision:decide") for file in waiting]


def to_instruct(acting: Acting) -> Sequence[Item]:
    """Approved cases in which nobody has been instructed."""
    return [_item(file, "provision:instruct") for file in _in_states(acting, "approved")]


def to_complete(acting: Acting) -> Sequence[Item]:
    """Consultations, applications to complete or to draft."""
    found = _in_states(acting, "received", "consultation", "awaiting_correction")
    return [_item(file, "provision:case") for file in found]


def to_extract(acting: Acting) -> Sequence[Item]:
    """Cases in which an extraction was ordered."""
    return [_item(file, "provision:case") for file in _in_states(acting, "instructed")]


def _in_states(acting: Acting, *states: State) -> Iterable[File]:
    found = access.cases(acting).filter(state__in=states).order_by("at", "id")
    return [file_of(fact.case) for fact in found]


def _item(file: File, route: str) -> Item:
    application, fact = file.application, file.facts[-1]
    who = application.body or application.name
    title = f"{file.number or STATES[file.state]}　{who}"
    if file.state == "awaiting_correction":
        due = _t("補正の期限 %(day)s") % {"day": _due(fact.data["due"])}
    else:
        due = day(fact.at)
    return Item(
        text=title,
        href=reverse(route, args=[file.case.pk]),
        due=due,
        urgent=application.urgent,
    )


def _due(text: str) -> str:
    return day(dt.date.fromisoformat(text))


def install() -> None:
    """Called once, when the app is ready."""
    register(
        Work(
            key="provision.sign",
            order=10,
            title=_("決裁待ち"),
            empty=_("署名を待つ案件はありません。"),
            posts=frozenset({"system_manager"}),
            find=to_sign,
        )
    )
    register(
        Work(
            key="provision.instruct",
            order=11,
            title=_("指示待ち"),
            empty=_("承認が済んで、指示を待つ案件はありません。"),
            posts=frozenset({"system_manager"}),
            find=to_instruct,
        )
    )
    register(
        Work(
            key="provision.complete",
            order=12,
            title=_("動かす案件"),
            empty=_("受け付けて、起案を待つ案件はありません。"),
            posts=frozenset(access.DESK),
            find=to_complete,
        )
    )
    register(
        Work(
            key="provision.extract",
            order=13,
            title=_("指示された取出し"),
            empty=_("指示された取出しはありません。"),
            posts=frozenset({"operator"}),
            find=to_extract,
        )
    )
    register_page(
        Entry(
            route="provision:intake",
            text=_("相談・受付"),
            order=20,
            posts=frozenset(access.CLERKS),
        )
    )
    register_page(
        Entry(
            route="provision:cases",
            text=_("案件一覧"),
            order=30,
            posts=frozenset(access.READERS),
        )
    )

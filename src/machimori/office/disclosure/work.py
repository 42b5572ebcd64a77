# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in disclosure, and its page in the menu."""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Final

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.custody.holding import RENEWED
from machimori.office.disclosure import access, dues, holding
from machimori.office.disclosure.history import File, day_of
from machimori.office.disclosure.models import Fact
from machimori.office.disclosure.states import STATES
from machimori.office.people.acting import Acting
from machimori.office.people.history import asking_facts, with_facts
from machimori.office.rules.access import rules_of
from machimori.office.shared import menu
from machimori.office.shared.addresses import address_of
from machimori.office.shared.prepared import Given, Statement
from machimori.office.shared.templatetags.office import day
from machimori.office.shared.work import Item, Work, register

MOST: Final = 30
"""Requests that the first page looks at; the others are in the list."""


def open_requests(acting: Acting) -> Sequence[Item]:
    """The oldest requests that are not completed, what is due first; overdue ones are marked."""
    rules, given = rules_of(acting), {"scheme": acting.scheme.pk}
    items = [
        _item(File(case=case, facts=facts, rulebook=rules), day_of(acting))
        for case, facts in with_facts(Fact, _oldest(), given)
    ]
    return [item for _, item in sorted(items, key=lambda one: one[0])]


@cache
def _oldest() -> Statement:
    """The oldest that are not completed: the list is the clerks', who see all."""
    rows = access.of_scheme(Given("scheme"), but="closed").reverse()
    return asking_facts(Fact, rows[:MOST].values("pk"))


def _item(file: File, today: dt.date) -> tuple[dt.date, Item]:
    due, until = dues.next_due(file, today), holding.last_day(file)
    said = []
    urgent = due is not None and due.urgent(today)
    if due is not None:
        late = _t("（過ぎています）") if due.over(today) else ""
        said.append(f"{due.text} {day(due.last_day)}{late}")
    if file.appeal is not None:
        said.append(_t("審査請求中"))
    if holding.pending(file) is not None:
        said.append(_t("消去がまだ止まっていません"))
        urgent = True
    elif until is not None and until - today <= RENEWED:
        said.append(_t("保全は%(day)sまで") % {"day": day(until)})
        urgent = True
    item = Item(
        text=f"{file.number}　{STATES[file.state]}　{file.asked.name}",
        href=address_of("disclosure:case", file.case.pk),
        due="　".join(said),
        urgent=urgent,
    )
    return (due.last_day if due else dt.date.max), item


def install() -> None:
    """Called once, when the app is ready."""
    register(
        Work(
            key="disclosure.open",
            order=16,
            title=_("開示請求"),
            empty=_("期限のある開示請求はありません。"),
            posts=frozenset(access.CLERKS),
            find=open_requests,
        )
    )
    menu.register(
        menu.Entry(
            route="disclosure:cases",
            text=_("開示請求"),
            order=60,
            posts=frozenset(access.READERS),
        )
    )

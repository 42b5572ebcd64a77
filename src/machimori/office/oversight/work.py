# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in oversight, and its pages in the menu."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.oversight import (
    access,
    complaints,
    disposing,
    months,
    reporting,
    runs,
    statements,
    verifying,
)
from machimori.office.oversight.access import own_stations
from machimori.office.oversight.history import File
from machimori.office.oversight.models import Fact, Record
from machimori.office.oversight.reconciling import FOUND
from machimori.office.oversight.statements import Statement as Returned
from machimori.office.oversight.states import Record as RecordKind
from machimori.office.people.acting import Acting
from machimori.office.people.history import asking_facts, with_facts
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.addresses import address_of
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.prepared import Given, Statement
from machimori.office.shared.templatetags.office import day
from machimori.office.shared.work import Item, Work, register
from machimori.policy.wareki import wareki_fiscal_year

SHOWN: Final = 10


def to_return(acting: Acting) -> Sequence[Item]:
    """Months that the station has not returned."""
    return [_item(one, acting) for one in _statements(acting) if _open(one)]


def to_confirm(acting: Acting) -> Sequence[Item]:
    """Months that wait for the manager, and those that the station owes."""
    on = today(acting)
    return [
        _item(one, acting)
        for one in _statements(acting)
        if one.state == "returned" or one.overdue(on)
    ]


def to_answer(acting: Acting) -> Sequence[Item]:
    """Findings of the last runs without an answer, and a run that is due."""
    found = [
        Item(
            text=f"{FOUND[file.opened['what']]}　{file.opened.get('number') or ''}",
            href=address_of("oversight:finding", file.record.pk),
            urgent=True,
        )
        for file in _waiting(acting, "finding")[:SHOWN]
    ]
    last = next(iter(_waiting(acting, "reconciliation")), None)
    wanted = runs.due(rules_of(acting), last, today(acting))
    if wanted is not None and wanted <= today(acting):
        text = _t("突合の時期です")
        found.append(Item(text=text, href=reverse("oversight:reconciliation"), due=day(wanted)))
    return found


def to_reply(acting: Acting) -> Sequence[Item]:
    """Complaints without an answer, the oldest first."""
    rules, on = rules_of(acting), today(acting)
    found = []
    for file in _waiting(acting, "complaint")[::-1][:SHOWN]:
        due, late = complaints.due(file, rules), complaints.overdue(file, rules, on)
        said = _t("期限を過ぎています") if late else _t("期限")
        found.append(
            Item(
                text=file.opened["content"][:40],
                href=address_of("oversight:complaint", file.record.pk),
                due=f"{said} {day(due)}" if due else "",
                urgent=late,
            )
        )
    return found


def to_dispose(acting: Acting) -> Sequence[Item]:
    """年度 whose records wait for the decision that they are disposed of."""
    return [
        Item(
            text=_t("%(year)s末までの文書　%(n)s件")
            % {"year": wareki_fiscal_year(file.opened["year"]), "n": file.opened["count"]},
            href=f"{reverse('oversight:disposal')}?year={file.opened['year']}",
            due=_t("保存年限が過ぎています"),
        )
        for file in _waiting(acting, "disposal")
    ]


def _waiting(acting: Acting, kind: RecordKind) -> list[File]:
    """What waits of this kind, and every statement and run; the newest first. One query a request
    for all kinds."""
    if "oversight.waiting" not in acting.memo:
        found = [
            File(record=row, facts=facts)
            for row, facts in with_facts(Fact, _asking(), {"scheme": acting.scheme.pk}, by=True)
        ]
        acting.memo["oversight.waiting"] = sorted(
            found, key=lambda file: (file.record.at, file.record.pk), reverse=True
        )
    files: list[File] = acting.memo["oversight.waiting"]
    return [file for file in files if file.record.kind == kind]


@cache
def _asking() -> Statement:
    last = Fact.objects.filter(case=OuterRef("pk")).order_by("-serial")
    rows = Record.objects.filter(scheme=Given("scheme")).annotate(
        now=Subquery(last.values("state")[:1])
    )
    wanted = rows.filter(
        Q(kind="finding", now="found")
        | Q(kind="complaint", now="received")
        | Q(kind="disposal", now="listed")
        | Q(kind__in=("statement", "reconciliation"))
    )
    return asking_facts(Fact, wanted.values("pk"), by=True)


def _statements(acting: Acting) -> list[Returned]:
    """Those that the rules ask for; no query where they ask for none."""
    rules, on = rules_of(acting), today(acting)
    if rules.on(on).flag("audit.monthly_statement") is not True:
        return []
    known = _waiting(acting, "statement")
    return statements.asked_of(acting.scheme, rules, on, own_stations(acting), known=known)


def _open(one: Returned) -> bool:
    return one.state in ("asked", "sent_back")


def _item(one: Returned, acting: Acting) -> Item:
    late = one.overdue(today(acting))
    said = _t("期限を過ぎています") if late else _t("期限")
    return Item(
        text=f"{months.named(one.month)}　{one.terminal.lent_to}　{one.terminal.number}",
        href=reverse("oversight:statement", args=[one.month, one.terminal.pk]),
        due=f"{said} {day(one.due)}" if _open(one) else "",
        urgent=late,
    )


def install() -> None:
    """Called once, when the app is ready."""
    runs.install()
    reporting.install()
    verifying.install()
    disposing.install()
    register(
        Work(
            key="oversight.return",
            order=24,
            title=_("保存履歴の報告"),
            empty=_("報告を待つ月はありません。"),
            posts=frozenset({"police_image_manager"}),
            find=to_return,
        )
    )
    register(
        Work(
            key="oversight.confirm",
            order=24,
            title=_("保存履歴の確認"),
            empty=_("確認を待つ保存履歴はありません。"),
            posts=frozenset({"system_manager"}),
            find=to_confirm,
        )
    )
    register(
        Work(
            key="oversight.answer",
            order=23,
            title=_("突合で見つかったもの"),
            empty=_("回答を待つものはありません。"),
            posts=frozenset(access.KEEPERS),
            find=to_answer,
        )
    )
    register(
        Work(
            key="oversight.reply",
            order=25,
            title=_("苦情への回答"),
            empty=_("回答を待つ苦情はありません。"),
            posts=frozenset(access.KEEPERS),
            find=to_reply,
        )
    )
    register(
        Work(
            key="oversight.dispose",
            order=60,
            title=_("文書の廃棄"),
            empty=_("廃棄の決定を待つ文書はありません。"),
            posts=frozenset(access.KEEPERS),
            find=to_dispose,
        )
    )
    register_page(
        Entry(
            route="oversight:registers",
            text=_("簿冊"),
            order=100,
            posts=frozenset(access.READERS),
        )
    )
    register_page(
        Entry(
            route="oversight:counts",
            text=_("集計"),
            order=150,
            posts=frozenset(access.CITY),
        )
    )
    register_page(
        Entry(
            route="oversight:audit",
            text=_("監査"),
            order=160,
            posts=frozenset(access.CITY),
        )
    )

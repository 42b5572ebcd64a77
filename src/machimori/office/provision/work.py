# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in provision, and its pages in the menu."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import local_day, micros
from machimori.office.deputies.access import standing_in
from machimori.office.jobs import registry as jobs
from machimori.office.people.acting import Acting, now
from machimori.office.people.history import asking_facts, with_facts
from machimori.office.provision import access, circulating, ending, endorsing
from machimori.office.provision.history import APPLIED, File
from machimori.office.provision.models import Fact, Head
from machimori.office.provision.states import STATES, State
from machimori.office.rules.access import rules_of
from machimori.office.shared.addresses import address_of
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.prepared import Given, Statement
from machimori.office.shared.templatetags.office import day
from machimori.office.shared.work import Item, Start, Work, register

SHOWN: Final = 20
"""Cases of a list on the first page; the others are in the list of cases."""
MOVING: Final[tuple[tuple[State, ...], ...]] = (
    ("consultation", "received", "awaiting_correction"),
    ("under_decision",),
    ("approved",),
    ("instructed", "reviewing", "extracting"),
    ("awaiting_check",),
    ("ready_for_handover",),
    ("provided",),
)
"""States in which a case waits for somebody, together as a list shows them."""
_SHOWN: Final[Any] = (
    Q(serial=1)
    | Q(kind__in=APPLIED)
    | Q(serial=F("case__head__serial"))
    | Q(case__head__state="under_decision")
    | Exists(Fact.objects.filter(case=OuterRef("case"), kind="deputised"))
)
"""Of a case's facts those by which a line is written: the first and the last and its application;
all, where it depends on who agreed and signed whether somebody is asked."""
WARNED: Final = dt.timedelta(days=3)
"""Footage that is erased within these days is marked."""


def to_sign(acting: Acting) -> Sequence[Item]:
    """Cases whose draft waits for the acting person's signature, after its round."""
    waiting = [
        file
        for file in in_states(acting, "under_decision")
        if all(one.by_id != acting.person.pk for one in file.signatures)
        and not circulating.agreed_by(file, acting.person)
        and not circulating.keeps_waiting(file)
    ]
    return items(waiting, "provision:decide", acting)


def to_agree(acting: Acting) -> Sequence[Item]:
    """Drafts on their round that wait for the acting person."""
    found = in_states(acting, "under_decision")
    waiting = [file for file in found if circulating.is_asked(file, acting)]
    return items(waiting, "provision:round", acting)


def _goes_round(acting: Acting) -> bool:
    """Whether drafts go round today, or one is on its round by the rules of its own day."""
    today = rules_of(acting).on(local_day(micros(acting.at)))
    return bool(circulating.posts_of(today)) or bool(to_agree(acting))


def to_deputise(acting: Acting) -> Sequence[Item]:
    """The same for whoever stands in for the manager now."""
    return to_sign(acting) if standing_in(acting) else []


def to_review(acting: Acting) -> Sequence[Item]:
    """Cases that a deputy decided and no manager has reviewed since."""
    found = [
        file
        for file in moving(acting)
        if endorsing.asked_for(file, acting) and not endorsing.has_signed(file, acting)
    ]
    oldest = sorted(found, key=lambda file: file.facts[-1].at)[:SHOWN]
    lines = items(oldest, "provision:review", acting)
    marked = [
        replace(line, due=_t("代決の委任が終わり、画像が開けません"), urgent=True)
        if endorsing.opens_no_longer(file, acting)
        else line
        for line, file in zip(lines, oldest, strict=False)
    ]
    return [*marked, *lines[len(oldest) :]]


def to_instruct(acting: Acting) -> Sequence[Item]:
    """Approved cases in which nobody has been instructed."""
    return items(in_states(acting, "approved"), "provision:instruct", acting)


def to_complete(acting: Acting) -> Sequence[Item]:
    """Consultations, applications to complete or to draft."""
    found = in_states(acting, "received", "consultation", "awaiting_correction")
    return items(found, "provision:case", acting)


def _lapse() -> None:
    ending.lapse(now())


def in_states(acting: Acting, *states: State) -> Sequence[File]:
    """The cases in these states, as many as a page bears: those first whose footage is erased
    first."""
    found = [file for file in moving(acting) if file.state in states]
    return sorted(found, key=lambda file: file.last_day or dt.date.max)[:SHOWN]


def moving(acting: Acting) -> Sequence[File]:
    """The most urgent cases of each list, and for a manager those that a deputy decided; fetched
    once a request, by one query. Of their facts those that `_SHOWN` names."""
    if "provision.moving" not in acting.memo:
        manager = acting.holds("system_manager")
        if access.sees_all(acting):
            statement = _every(manager=manager)
        else:
            rows = _wanted(access.cases(acting), acting.scheme, manager=manager)
            statement = asking_facts(Fact, rows, only=_SHOWN)
        rules = rules_of(acting)
        acting.memo["provision.moving"] = [
            File(case=case, facts=facts, rulebook=rules)
            for case, facts in with_facts(Fact, statement, {"scheme": acting.scheme.pk})
        ]
    found: Sequence[File] = acting.memo["provision.moving"]
    return found


@cache
def _every(*, manager: bool) -> Statement:
    """For who sees every case."""
    scheme = Given("scheme")
    return asking_facts(
        Fact, _wanted(access.of_scheme(scheme), scheme, manager=manager), only=_SHOWN
    )


def _wanted(seen: "QuerySet[Head]", scheme: Any, *, manager: bool) -> "QuerySet[Any, Any]":
    """The cases' keys."""
    chosen = [
        seen.filter(state__in=states).order_by(F("start").asc(nulls_last=True), "at", "case")
        for states in MOVING
    ]
    if manager:
        chosen.append(seen.filter(case__in=_deputised(scheme)).order_by("at", "case"))
    first, *others = (rows.values("case")[:SHOWN] for rows in chosen)
    return first.union(*others)


def _deputised(scheme: Any) -> "QuerySet[Fact, Any]":
    """Cases that a deputy decided and no manager has reviewed since."""
    facts = Fact.objects.filter(case=OuterRef("case"))
    since = facts.filter(kind="reviewed", serial__gt=OuterRef("serial"))
    waiting = Fact.objects.filter(~Exists(since), kind="deputised", case__scheme=scheme)
    return waiting.values("case")


def items(files: Sequence[File], route: str, acting: Acting) -> Sequence[Item]:
    """The cases as lines that lead to this page of theirs."""
    found = [_item(file, route, acting) for file in files]
    if len(files) == SHOWN:
        found.append(Item(text=_t("ほかの案件も見る"), href=reverse("provision:cases")))
    return found


def _item(file: File, route: str, acting: Acting) -> Item:
    soon = local_day(micros(acting.at)) + WARNED
    application, fact = file.application, file.facts[-1]
    who = application.body or application.name
    title = f"{file.number or STATES[file.state]}　{who}"
    dues = []
    if file.state == "awaiting_correction":
        until = dt.date.fromisoformat(fact.data["due"])
        dues.append(_t("補正の期限 %(day)s") % {"day": day(until)})
    if file.last_day is not None:
        dues.append(_t("消去 %(day)s 24時") % {"day": day(file.last_day)})
    return Item(
        text=title,
        href=address_of(route, file.case.pk),
        due="　".join(dues),
        urgent=application.urgent or (file.last_day is not None and file.last_day < soon),
    )


def intake(acting: Acting) -> Start | None:
    """An application comes by telephone, over the counter or by post."""
    if not access.takes_in(acting):
        return None
    return Start(text=_t("電話・窓口の申請を受ける"), href=reverse("provision:intake"))


def install() -> None:
    """Called once, when the app is ready."""
    jobs.every("*/10 * * * *", "provision.lapse", lambda _work: _lapse())
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
            key="provision.round",
            order=9,
            title=_("回議を待つ起案"),
            empty=_("あなたの確認を待つ起案はありません。"),
            posts=frozenset(access.DESK),
            find=to_agree,
            applies=_goes_round,
        )
    )
    register(
        Work(
            key="provision.deputise",
            order=10,
            title=_("代決を待つ案件"),
            empty=_("代決を頼まれている案件はありません。"),
            posts=frozenset({"handling_supervisor", "operator"}),
            find=to_deputise,
        )
    )
    register(
        Work(
            key="provision.review",
            order=11,
            title=_("後閲"),
            empty=_("後閲を待つ代決はありません。"),
            posts=frozenset({"system_manager"}),
            find=to_review,
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
            start=intake,
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
    register_page(
        Entry(
            route="provision:apply",
            text=_("申請のしかた"),
            order=25,
            posts=frozenset(access.CLERKS),
        )
    )

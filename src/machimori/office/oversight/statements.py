# SPDX-License-Identifier: AGPL-3.0-or-later
"""保存履歴: what was saved at a lent terminal in a month and is still kept (旭川 3(5); A18).

A statement is asked for by the rules themselves: for each month in which a terminal was lent it is
due on their day of the month after. What it lists are the facts of the police's extractions, as
they stood when the station returned it; a month without a saving is a return too.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.instants import local_day, micros
from machimori.office.oversight import months
from machimori.office.oversight.access import own_stations
from machimori.office.oversight.history import File, add, begin, by, files_of, records
from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.office.police.access import extractions
from machimori.office.police.history import File as Extraction
from machimori.office.police.models import Fact
from machimori.office.police.states import OVER
from machimori.office.rules.access import Rulebook, rules_of, today
from machimori.office.shared.errors import refusal
from machimori.office.terminals.models import Custody, Terminal

LOOKED_BACK: Final = 24
"""Months for which a statement that never came is still asked for."""


@dataclass(frozen=True, kw_only=True)
class Saving:
    """One saving at a terminal, as of some instant."""

    extraction: Extraction
    saved: Fact
    erased: Fact | None
    filed: Fact | None
    until: dt.date | None
    """The last day on which it may be kept; None: the rules name none."""

    @property
    def digest(self) -> str:
        taken = self.extraction.latest("extracted")
        return str(taken.data["digest"]) if taken else ""

    @property
    def document(self) -> str:
        """Number of the 申請書; empty while it has not come."""
        return str(self.filed.data["document"]) if self.filed else ""

    def overdue(self, on: dt.date) -> bool:
        """Whether it is kept beyond its day."""
        return self.erased is None and self.until is not None and on > self.until


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What is asked of a station for one terminal and month, and what came of it."""

    terminal: Terminal
    month: str
    due: dt.date
    file: File | None

    @property
    def key(self) -> str:
        """What its record is about."""
        return f"{self.month}/{self.terminal.pk}"

    @property
    def state(self) -> str:
        """`asked`, or the record's state."""
        return self.file.state if self.file else "asked"

    def overdue(self, on: dt.date) -> bool:
        """Whether the station should have returned it."""
        return self.state in ("asked", "sent_back") and on > self.due


def statements(acting: Acting) -> list[Statement]:
    """Those of the stations that the acting person sees."""
    return asked_of(acting.scheme, rules_of(acting), today(acting), own_stations(acting))


def asked_of(
    scheme: Scheme,
    rules: Rulebook,
    day: dt.date,
    own: Collection[str] | None = None,
    *,
    known: Sequence[File] | None = None,
) -> list[Statement]:
    """Every statement that is due or came, of the stations `own` or of all; the newest month first.
    Three queries, one if the records are `known`."""
    withdrawn = Custody.objects.filter(terminal=OuterRef("pk"), kind="withdrawn").order_by("-pk")
    lent = Terminal.objects.filter(scheme=scheme).exclude(lent_to="").order_by("number")
    lent = lent.annotate(ended=Subquery(withdrawn.values("at")[:1]))
    if own is not None:
        lent = lent.filter(lent_to__in=own)
    terminals = list(lent)
    if not terminals:
        return []
    if known is None:
        known = files_of(list(records(scheme, "statement")))
    files = {file.record.key: file for file in known}
    found = [
        Statement(terminal=one, month=month, due=due, file=files.get(f"{month}/{one.pk}"))
        for one in terminals
        for month in _months(one, one.ended, day)
        if (due := _due(rules, month)) is not None
    ]
    return sorted(found, key=lambda one: (one.month, one.terminal.number), reverse=True)


def find(acting: Acting, month: str, number: int) -> Statement | None:
    """The statement of a terminal's month, if it is one of `statements`."""
    found = (one for one in statements(acting) if (one.month, one.terminal.pk) == (month, number))
    return next(found, None)


def savings(statement: Statement, *, acting: Acting, at: dt.datetime) -> list[Saving]:
    """What the statement lists as of this instant: savings of the month, and those before it of
    which footage was still kept when it began."""
    begins, ends = months.bounds(statement.month)
    over = Q(head__state__in=OVER, head__at__lt=begins)
    rows = extractions(acting).filter(station=statement.terminal.lent_to, head__began__lt=ends)
    rows = rows.exclude(over).order_by("head__began", "pk")
    facts: dict[str, list[Fact]] = {row.pk: [] for row in rows}
    known = Fact.objects.filter(case__in=list(facts), at__lte=at).select_related("by")
    for fact in known.order_by("serial") if facts else ():
        facts[fact.case_id].append(fact)
    found = []
    for row in rows:
        if not facts[row.pk]:
            continue
        file = Extraction(extraction=row, facts=tuple(facts[row.pk]))
        saved, erased = file.latest("saved"), file.latest("erased")
        if saved is None or saved.data["terminal"] != statement.terminal.number:
            continue
        if saved.at >= ends or (saved.at < begins and erased is not None and erased.at < begins):
            continue
        found.append(
            Saving(
                extraction=file,
                saved=saved,
                erased=erased,
                filed=file.latest("filed"),
                until=_until(file, saved, acting),
            )
        )
    return sorted(found, key=lambda one: one.saved.at)


@transaction.atomic
def give_back(statement: Statement, *, remarks: str, others: str, acting: Acting) -> File:
    """報告する: the station's chief states that this is what was saved and is kept. `others` are
    savings that the list does not know. Raises ActionRefusedError."""
    heading = _t("報告できません")
    if not acting.holds("police_image_manager"):
        raise refusal(heading, _t("報告するのは、画像管理責任者です。"))
    if acting.at < months.bounds(statement.month)[1]:
        raise refusal(heading, _t("この月はまだ終わっていません。"))
    listed = savings(statement, acting=acting, at=acting.at)
    data: dict[str, Json] = {
        "kept": [one.extraction.extraction.pk for one in listed if one.erased is None],
        "others": others.strip(),
        "remarks": remarks.strip(),
        "saved": [one.extraction.extraction.pk for one in listed],
    }
    if statement.file is None:
        return begin(
            "statement_returned", data, key=statement.key, scheme=acting.scheme, **by(acting)
        )
    return add(statement.file, "statement_returned", data, **by(acting))


@transaction.atomic
def confirm(statement: Statement, *, note: str, acting: Acting) -> File:
    """確認する: the manager checked what is stored there. Raises ActionRefusedError."""
    file = _returned(statement, acting)
    return add(file, "statement_confirmed", {"note": note.strip()}, **by(acting))


@transaction.atomic
def send_back(statement: Statement, *, reason: str, acting: Acting) -> File:
    """差し戻す, with why. Raises ActionRefusedError."""
    file = _returned(statement, acting)
    if not reason.strip():
        raise refusal(_t("差し戻せません"), _t("差し戻す理由を入れてください。"))
    return add(file, "statement_sent_back", {"reason": reason.strip()}, **by(acting))


def _returned(statement: Statement, acting: Acting) -> File:
    heading = _t("確認できません")
    if not acting.holds("system_manager"):
        raise refusal(heading, _t("確認するのは、管理責任者です。"))
    if statement.file is None:
        raise refusal(heading, _t("警察署の報告がまだです。"))
    return statement.file


def _months(terminal: Terminal, ended: dt.datetime | None, day: dt.date) -> Sequence[str]:
    """The months in which it was lent and which are over, as far back as is asked for."""
    month = months.month_of(local_day(micros(terminal.registered_at)))
    last = months.month_of(local_day(micros(ended))) if ended else months.month_of(day)
    found = []
    while month <= last and month < months.month_of(day):
        found.append(month)
        month = months.following(month)
    return found[-LOOKED_BACK:]


def _due(rulebook: Rulebook, month: str) -> dt.date | None:
    """By the rules of the day after the month; None if they ask for no statement."""
    after = months.first_day(months.following(month))
    rules = rulebook.on(after)
    if rules.flag("audit.monthly_statement") is not True:
        return None
    day = rules.number("audit.statement_day")
    return None if day is None else after.replace(day=day)


def _until(file: Extraction, saved: Fact, acting: Acting) -> dt.date | None:
    rules = rules_of(acting).on(local_day(micros(file.order.at)))
    days = rules.number("copies.due_days")
    return None if days is None else local_day(micros(saved.at)) + dt.timedelta(days=days)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""By when a case must do what: the law's periods, from the facts of the case."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _t

from machimori.office.disclosure.history import File, said_day
from machimori.office.disclosure.states import UNDECIDED
from machimori.policy.calendar import OfficeCalendar
from machimori.policy.deadlines import (
    Correction,
    Deadline,
    DisclosurePeriods,
    appeal_deadline,
    decision_deadline,
    large_request_deadline,
    manner_deadline,
    opposed_disclosure_from,
)

CALENDAR = OfficeCalendar()
_MOST = 30
"""Days of 83条1項, where the city has decided nothing shorter."""


@dataclass(frozen=True, kw_only=True)
class Due:
    """What must be done by when. `remind` is the day at which pages begin to press."""

    text: str
    last_day: dt.date
    remind: dt.date
    clause: str = ""

    def over(self, today: dt.date) -> bool:
        """Whether it is late."""
        return today > self.last_day

    def urgent(self, today: dt.date) -> bool:
        """Whether a page marks it: late, or within three days."""
        return today >= self.remind - dt.timedelta(days=3)


def corrections(file: File, today: dt.date) -> tuple[Correction, ...]:
    """The days of correction so far; one that is still awaited counts up to today."""
    found, asked = [], None
    for fact in file.facts:
        if fact.kind == "correction_asked":
            asked = said_day(fact, "on")
        elif fact.kind == "corrected" and asked is not None:
            found.append(Correction(asked=asked, arrived=said_day(fact, "on")))
            asked = None
    if asked is not None:
        found.append(Correction(asked=asked, arrived=max(today, asked)))
    return tuple(found)


def decision_due(file: File, today: dt.date, *, extended: bool | None = None) -> Deadline:
    """By when the decision is due, as things stand (83条, 84条)."""
    extension = file.extension
    periods = DisclosurePeriods(decision_days=file.rules.number("disclosure.days") or _MOST)
    received = file.asked.received
    if extended is None:
        extended = extension is not None
    if extended and extension is not None and extension.data["large"]:
        return large_request_deadline(received, calendar=CALENDAR, periods=periods)
    return decision_deadline(
        received,
        calendar=CALENDAR,
        periods=periods,
        corrections=corrections(file, today),
        extended=extended,
    )


def manner_due(file: File) -> Deadline | None:
    """By when the requester says how disclosure shall be done (87条4項); None before notice."""
    notice = file.since_decided("notified")
    return manner_deadline(said_day(notice, "on"), calendar=CALENDAR) if notice else None


def appeal_due(file: File) -> Deadline | None:
    """Until when the requester can appeal (行審法18条1項): the notice counts as learned of on its
    day. None before notice, and where everything is disclosed and nobody opposed."""
    notice = file.since_decided("notified")
    if notice is None or (file.result == "full" and not file.opposed):
        return None
    return appeal_deadline(said_day(notice, "on"), calendar=CALENDAR)


def disclosed_from(file: File) -> dt.date | None:
    """The first day on which disclosure may happen; None before a decision that discloses."""
    decision = file.decision
    if decision is None or not file.discloses:
        return None
    decided = said_day(decision, "on")
    return opposed_disclosure_from(decided) if file.opposed else decided


def next_due(file: File, today: dt.date) -> Due | None:
    """What is due next, and by when; None if nothing has a day."""
    if file.state == "awaiting_correction":
        fact = file.latest("correction_asked")
        assert fact is not None
        return _plain(_t("補正の期限"), said_day(fact, "due"))
    if file.state in UNDECIDED:
        found = decision_due(file, today)
        return _from(_t("決定の期限"), found)
    if file.appeal is not None:
        return None
    if file.state == "decided" and file.since_decided("notified") is None:
        assert file.decision is not None
        return _plain(_t("通知（すみやかに）"), said_day(file.decision, "on"))
    if file.state == "awaiting_manner" and file.since_decided("manner_chosen") is None:
        manner = manner_due(file)
        assert manner is not None
        return _from(_t("方法の申出の期限"), manner)
    if file.state == "awaiting_manner":
        day = disclosed_from(file)
        return _plain(_t("開示できる日"), day) if day else None
    return None


def _from(text: str, found: Deadline) -> Due:
    return Due(
        text=text,
        last_day=found.last_day,
        remind=found.prudent_day,
        clause="、".join(found.clauses),
    )


def _plain(text: str, day: dt.date) -> Due:
    return Due(text=text, last_day=day, remind=day)

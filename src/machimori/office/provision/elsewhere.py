# SPDX-License-Identifier: AGPL-3.0-or-later
"""市の文書管理システムで決裁済み: what the city decided there, beside the signatures here.

It opens nothing. The vault obeys keys of those who decide, and this record is about them, not
instead of them.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.instants import local_day, micros
from machimori.office.people.acting import Acting
from machimori.office.provision import asking, scanning
from machimori.office.provision.history import File, add, check_state
from machimori.office.provision.models import Fact
from machimori.office.shared.errors import refusal
from machimori.policy.wareki import wareki

RULE = "provision.decided_elsewhere"


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """A decision in the city's document system."""

    number: str
    """決裁番号, as that system writes it."""
    day: dt.date
    post: str
    """Who decided, by post and not by name: 「市民部長」."""

    @classmethod
    def of(cls, fact: Fact) -> "Elsewhere":
        """What this fact records."""
        said = fact.data
        return cls(number=said["number"], day=dt.date.fromisoformat(said["day"]), post=said["post"])

    @property
    def line(self) -> str:
        """「令和8年5月14日　市総第45号　市民部長」, as papers print it."""
        return f"{wareki(self.day, weekday=False)}　{self.number}　{self.post}"


def fact_of(file: File) -> Fact | None:
    """The last record about the draft that is, or was last, before the signers. A draft that was
    narrowed since is still the one that was decided; one that was sent back is not."""
    draft, found = file.latest("drafted"), file.latest("decided_elsewhere")
    return found if draft and found and found.serial > draft.serial else None


def narrowed_since(file: File) -> bool:
    """Whether what was decided elsewhere was wider than the draft that is before the signers."""
    draft, found = file.latest_draft, fact_of(file)
    return draft is not None and found is not None and draft.serial > found.serial


def of(file: File) -> Elsewhere | None:
    """What the city decided elsewhere about that draft."""
    found = fact_of(file)
    return Elsewhere.of(found) if found else None


def may_record(file: File, acting: Acting) -> bool:
    """Whether the case's rules know such a record, and the acting person's post makes it now."""
    takes_in = file.rules.names("acts.take_in") or ()
    allowed = file.rules.flag(RULE) is True and not acting.posts.isdisjoint(takes_in)
    return allowed and file.state == "under_decision"


@transaction.atomic
def record(
    file: File, said: Elsewhere, *, scan: bytes = b"", reason: str = "", acting: Acting
) -> File:
    """Record it, or with `reason` correct an earlier record; `scan` is a copy of the decision.

    Raises ActionRefusedError if the rules do not know it, the post does not take in, the day lies
    before the application or after today, a correction has no reason, or the scan is none.
    """
    check_state(file, "decided_elsewhere")
    heading = _t("この決裁は記録できません")
    may = asking.ask(file.rules, "take_in", file.application, acting=acting)
    asking.require(heading, *asking.shown(may.reasons))
    answer = file.rules.answer(RULE)
    if answer.value is not True:
        text = _t("市のきまりに、市の文書管理システムでの決裁を記録する定めがありません。")
        raise refusal(heading, text, answer.clause)
    if not local_day(micros(file.facts[0].at)) <= said.day <= local_day(micros(acting.at)):
        raise refusal(heading, _t("決裁の日には、受付の日から今日までの日を入れてください。"))
    if fact_of(file) is not None and not reason.strip():
        raise refusal(heading, _t("もう記録があります。直す理由を入れてください。"))
    data: dict[str, Json] = {
        "day": said.day.isoformat(),
        "number": said.number,
        "post": said.post,
        "reason": reason.strip(),
        "scan": scanning.attach(file, scan, "decision", acting=acting) if scan else "",
    }
    return add(file.case, file, "decided_elsewhere", data, acting=acting)

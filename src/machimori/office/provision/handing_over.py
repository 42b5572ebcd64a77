# SPDX-License-Identifier: AGPL-3.0-or-later
"""完了確認から完結まで: checking, handing over, the end of the copy. Every write of it."""

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.people.acting import Acting
from machimori.office.provision import asking, packages
from machimori.office.provision.history import File, add, check_state
from machimori.office.provision.states import Kind
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.policy.profile import Profile
from machimori.policy.wareki import fiscal_year, fiscal_year_start

FATES: Final = ("returned", "erasure_reported", "destroyed", "kept")
_MY_NUMBER: Final = re.compile(r"(?<!\d)(?:\d[\s-]?){11}\d(?!\d)")
"""Twelve digits: 個人番号 is never written down (番号法 20条)."""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who takes the medium, and how that was checked."""

    body: str
    name: str
    identity_means: str
    """The kind of paper, never its number or a copy."""
    identity_by: str


@transaction.atomic
def check(file: File, *, note: str, acting: Acting) -> File:
    """完了を確認する: made as instructed, and readable; never by who made it (堺 11(2)).

    The package leaves the office's disk. Raises ActionRefusedError.
    """
    _check_completion(file, "checked", acting)
    made = add(file.case, file, "checked", {"note": note.strip()}, acting=acting)
    transaction.on_commit(lambda: packages.discard(file))
    return made


@transaction.atomic
def reject(file: File, *, reason: str, acting: Acting) -> File:
    """やり直しを求める, with why; the extraction can be begun anew. Raises ActionRefusedError."""
    _check_completion(file, "check_failed", acting)
    made = add(file.case, file, "check_failed", {"reason": reason.strip()}, acting=acting)
    transaction.on_commit(lambda: packages.discard(file))
    return made


@transaction.atomic
def hand_over(
    file: File, recipient: Recipient, *, due: dt.date, conditions: str, acting: Acting
) -> File:
    """引き渡す: to whom, how their identity was checked, and by when the copy ends.

    Raises ActionRefusedError with the rules' reasons, and if a 個人番号 was typed.
    """
    check_state(file, "handed_over")
    heading = _t("引渡しを記録できません")
    texts = (recipient.body, recipient.name, recipient.identity_means, recipient.identity_by)
    if any(_MY_NUMBER.search(text) for text in (*texts, conditions)):
        raise ActionRefusedError(
            heading, Reason(text=_t("12けたの番号は書かないでください。個人番号は記録しません。"))
        )
    if due < local_day(micros(acting.at)):
        raise ActionRefusedError(
            heading, Reason(text=_t("期限には、これからの日を入れてください。"))
        )
    application = replace(
        file.application,
        identity_means=recipient.identity_means,
        identity_by=recipient.identity_by,
    )
    found = asking.ask(
        file.rules,
        "hand_over",
        application,
        acting=acting,
        approved=True,
        completion_checked=file.latest("checked") is not None,
        recorded=_recorded(file, recipient),
    )
    asking.require(heading, *asking.shown(found.reasons))
    data = {
        "body": recipient.body,
        "conditions": conditions.strip(),
        "due": due.isoformat(),
        "identity_by": recipient.identity_by,
        "identity_means": recipient.identity_means,
        "name": recipient.name,
    }
    return add(file.case, file, "handed_over", data, acting=acting)


@transaction.atomic
def settle(file: File, *, fate: str, on: dt.date, note: str, acting: Acting) -> File:
    """複製の終わりを記録する: returned, reported as erased, destroyed, or kept by the conditions.

    Raises ActionRefusedError.
    """
    check_state(file, "copy_settled")
    heading = _t("複製の終わりを記録できません")
    found = asking.ask(file.rules, "dispose_copy", file.application, acting=acting)
    asking.require(heading, *asking.shown(found.reasons))
    if not file.copy_out:
        raise ActionRefusedError(heading, Reason(text=_t("もう記録してあります。")))
    if on > local_day(micros(acting.at)):
        raise ActionRefusedError(heading, Reason(text=_t("まだ来ていない日です。")))
    data = {"fate": fate, "note": note.strip(), "on": on.isoformat()}
    return add(file.case, file, "copy_settled", data, acting=acting)


@transaction.atomic
def complete(file: File, *, acting: Acting) -> File:
    """完結にする: every copy has ended. The records are kept from the next April 1st on.

    Raises ActionRefusedError while a copy is out.
    """
    check_state(file, "completed")
    heading = _t("完結にできません")
    found = asking.ask(file.rules, "dispose_copy", file.application, acting=acting)
    asking.require(heading, *asking.shown(found.reasons))
    if file.copy_out:
        raise ActionRefusedError(
            heading, Reason(text=_t("複製の返却・消去・廃棄が、まだ記録されていません。"))
        )
    today = local_day(micros(acting.at))
    data = {"records_until": _records_until(file.rules, today).isoformat()}
    return add(file.case, file, "completed", data, acting=acting)


def due_day(file: File, today: dt.date) -> dt.date | None:
    """The day by which the rules want a copy back that is handed over today; None if they name
    none."""
    days = file.rules.number("copies.due_days")
    return None if days is None else today + dt.timedelta(days=days)


def _records_until(rules: Profile, completed: dt.date) -> dt.date:
    """The last day of 文書保存年限. Raises ActionRefusedError if the city has not set it."""
    years = rules.number("records.years")
    if years is None:
        raise ActionRefusedError(
            _t("完結にできません"),
            Reason(text=_t("文書保存年限が決まっていません。きまりで決めてください。")),
        )
    begins = fiscal_year_start(fiscal_year(completed) + 1)
    return begins.replace(year=begins.year + years) - dt.timedelta(days=1)


def _recorded(file: File, recipient: Recipient) -> frozenset[str]:
    """Which of `provision.recorded` this hand-over puts on record."""
    application = file.application
    found = {"time", "content"}
    if recipient.name or recipient.body:
        found.add("recipient")
    if application.purpose:
        found.add("purpose")
    if application.reason or application.case:
        found.add("reason")
    return frozenset(found)


def _check_completion(file: File, kind: Kind, acting: Acting) -> None:
    check_state(file, kind)
    by = {one.by_id for one in file.facts if one.kind in ("extraction_begun", "written")}
    found = asking.ask(
        file.rules,
        "check_completion",
        file.application,
        acting=acting,
        own_act=acting.person.pk in by,
    )
    asking.require(_t("完了を確認できません"), *asking.shown(found.reasons))

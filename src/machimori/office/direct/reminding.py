# SPDX-License-Identifier: AGPL-3.0-or-later
"""催促: a station has not sent the record (保存履歴) with which an acquisition is compared."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.direct.access import COMPARERS
from machimori.office.direct.history import File, add, check_state
from machimori.office.people.acting import Acting
from machimori.office.rules.access import rulebook
from machimori.office.shared.errors import refusal
from machimori.office.shared.templatetags.office import day


def statement_due(file: File) -> dt.date | None:
    """The last day for the station's record: of the month after it was saved, by the rules of then.

    None while nothing was saved, or if the rules ask for no monthly record.
    """
    saved = file.latest("saved")
    if saved is None:
        return None
    within = local_day(micros(saved.at)).replace(day=1)
    after = (within + dt.timedelta(days=31)).replace(day=1)
    rules = (file.rulebook or rulebook(file.case.scheme)).on(after)
    if rules.flag("audit.monthly_statement") is not True:
        return None
    number = rules.number("audit.statement_day")
    return None if number is None else after.replace(day=number)


def may_remind(file: File, acting: Acting) -> bool:
    """Whether the acting person may ask for the record now: it is late, or has no day."""
    due, today = statement_due(file), local_day(micros(acting.at))
    waits = file.state == "awaiting_reconciliation" and acting.holds(*COMPARERS)
    return waits and (due is None or due < today)


@transaction.atomic
def remind(file: File, *, due: dt.date, note: str, acting: Acting) -> File:
    """催促する: the letter asks for the record by `due`; its day and the new one stay on record.

    Raises ActionRefusedError if nothing is late, somebody else's post does it, or `due` has passed.
    """
    check_state(file, "reminded")
    heading = _t("催促できません")
    today, was_due = local_day(micros(acting.at)), statement_due(file)
    if not acting.holds(*COMPARERS):
        raise refusal(heading, _t("催促は、市の管理責任者か取扱責任者が行います。"))
    if was_due is not None and today <= was_due:
        text = _t("保存履歴の期限は%(day)sです。過ぎてから催促してください。")
        raise refusal(heading, text % {"day": day(was_due)})
    if due < today:
        raise refusal(heading, _t("期限には、きょうからあとの日を入れてください。"))
    data = {
        "due": due.isoformat(),
        "note": note.strip(),
        "was_due": was_due.isoformat() if was_due else "",
    }
    return add(file.case, file, "reminded", data, acting=acting)

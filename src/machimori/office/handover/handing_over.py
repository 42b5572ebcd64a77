# SPDX-License-Identifier: AGPL-3.0-or-later
"""引渡し: to whom, how their identity was checked, and by when the copies end."""

import datetime as dt
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.instants import local_day, micros
from machimori.office.handover import history
from machimori.office.handover.history import copies_of, current
from machimori.office.people.acting import Acting
from machimori.office.provision import asking
from machimori.office.provision.history import File, add, check_state
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.policy.wareki import wareki


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who takes the medium, and how that was checked."""

    body: str
    name: str
    identity_means: str
    """The kind of paper, never its number or a copy."""
    identity_by: str


@transaction.atomic
def hand_over(
    file: File, recipient: Recipient, *, due: dt.date, conditions: str, acting: Acting
) -> File:
    """引き渡す: to whom, how their identity was checked, and by when the copy ends.

    Every medium of the last extraction goes. Raises ActionRefusedError with the rules' reasons.
    """
    check_state(file, "handed_over")
    heading = _t("引渡しを記録できません")
    if due < local_day(micros(acting.at)):
        raise ActionRefusedError(
            heading, Reason(text=_t("期限には、これからの日を入れてください。"))
        )
    if file.return_by is not None and due > file.return_by:
        text = _t("承認の条件は、%(day)sまでの返却・消去です。") % {"day": wareki(file.return_by)}
        raise ActionRefusedError(heading, Reason(text=text))
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
    data: dict[str, Json] = {
        "body": recipient.body,
        "conditions": conditions,
        "due": due.isoformat(),
        "identity_by": recipient.identity_by,
        "identity_means": recipient.identity_means,
        "name": recipient.name,
    }
    known = {name: data[name] for name in ("body", "due", "name")}
    for copy in current(file, copies_of(file)):
        history.add(copy.copy, copy, "handed_over", known, at=acting.at, by=acting.person)
    return add(file.case, file, "handed_over", data, acting=acting)


def due_day(file: File, today: dt.date) -> dt.date | None:
    """The day by which a copy comes back that is handed over today: the approval's condition, or
    what the rules want, whichever is earlier; None if neither names one."""
    days = file.rules.number("copies.due_days")
    found = [] if days is None else [today + dt.timedelta(days=days)]
    if file.return_by is not None:
        found.append(file.return_by)
    return min(found, default=None)


def _recorded(file: File, recipient: Recipient) -> frozenset[str]:
    """Which of `provision.recorded` this hand-over puts on record."""
    application = file.application
    found = {"time", "content"}
    if recipient.name or recipient.body:
        found.add("recipient")
    if application.purpose:
        found.add("purpose")
    # Where the ground asks for neither (旭川3(4)②), the document says why.
    if application.reason or application.case or application.document:
        found.add("reason")
    return frozenset(found)

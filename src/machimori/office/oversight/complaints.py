# SPDX-License-Identifier: AGPL-3.0-or-later
"""苦情: received, answered by its day, closed (印西 3(7); I14)."""

import datetime as dt
import secrets
from dataclasses import asdict, dataclass
from typing import Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.oversight.access import KEEPERS
from machimori.office.oversight.history import File, add, begin, by
from machimori.office.people.acting import Acting
from machimori.office.rules.access import Rulebook, today
from machimori.office.shared.errors import refusal

CHANNELS: Final[dict[str, Promise]] = {
    "counter": _("窓口"),
    "telephone": _("電話"),
    "post": _("郵送"),
    "other": _("そのほか"),
}


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """What was said. `who` may be empty: a complaint needs no name."""

    on: dt.date
    channel: str
    who: str
    camera: str
    content: str


@transaction.atomic
def receive(said: Complaint, *, acting: Acting) -> File:
    """苦情を受ける. Raises ActionRefusedError."""
    heading = _t("苦情を記録できません")
    _check(acting, heading)
    if said.on > today(acting):
        raise refusal(heading, _t("まだ来ていない日です。"))
    data = asdict(said) | {"on": said.on.isoformat()}
    key = secrets.token_hex(8)
    return begin("complaint_received", data, key=key, scheme=acting.scheme, **by(acting))


@transaction.atomic
def reply(file: File, *, action: str, reply: str, acting: Acting) -> File:
    """回答する: what was done, and what was answered. Raises ActionRefusedError."""
    heading = _t("回答を記録できません")
    _check(acting, heading)
    data = {"action": action.strip(), "reply": reply.strip()}
    return add(file, "complaint_replied", data, **by(acting))


@transaction.atomic
def close(file: File, *, acting: Acting) -> File:
    """終わりにする. Raises ActionRefusedError before it was answered."""
    _check(acting, _t("終わりにできません"))
    return add(file, "complaint_closed", {}, **by(acting))


def received(file: File) -> dt.date:
    """The day on which it came."""
    return dt.date.fromisoformat(file.opened["on"])


def due(file: File, rules: Rulebook) -> dt.date | None:
    """By when it is to be answered; None if the rules of that day name no number of days."""
    day = received(file)
    days = rules.on(day).number("audit.complaint_days")
    return None if days is None else day + dt.timedelta(days=days)


def overdue(file: File, rules: Rulebook, on: dt.date) -> bool:
    """Whether it should have been answered."""
    last = due(file, rules)
    return file.state == "received" and last is not None and on > last


def _check(acting: Acting, heading: str) -> None:
    if not acting.holds(*KEEPERS):
        raise refusal(heading, _t("苦情を扱うのは、管理責任者と取扱責任者です。"))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""訂正 of a line of 鍵簿: old and new both stay, with who, when and why.

What the lines come to must be possible still: a key that was given comes back before it is given
again. A line that should not be there is struck, never removed.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person
from machimori.office.personnel.keys import AFTER, Line, check_keeps, lines
from machimori.office.personnel.models import STRUCK, KeyCorrection, KeyEvent
from machimori.office.rules.access import today
from machimori.office.shared.errors import refusal
from machimori.office.shared.recording import record


@transaction.atomic
def correct(
    event: KeyEvent,
    kind: str,
    *,
    holder: Person | None,
    witness: str,
    on: dt.date,
    text: str,
    reason: str,
    acting: Acting,
) -> KeyCorrection:
    """訂正する. Raises ActionRefusedError without a reason, without a change, or if the key's lines
    would contradict each other."""
    check_keeps(acting)
    heading, holder = _t("訂正できません"), holder if kind == "issued" else None
    if not reason.strip():
        raise refusal(heading, _t("訂正の理由を入れてください。"))
    if on > today(acting):
        raise refusal(heading, _t("起きた日を入れてください。これからの日は記録できません。"))
    if kind == "issued" and holder is None:
        raise refusal(heading, _t("だれに渡したかを選んでください。"))
    (line,) = lines([event.key])
    _check_possible(line, event, kind)
    old = event.now
    given = old.holder_id if old.kind == "issued" else None
    said = (kind, holder.pk if holder else None, witness.strip(), on, text.strip())
    if said == (old.kind, given, old.witness, old.on, old.note):
        raise refusal(heading, _t("前と同じ内容です。"))
    made = KeyCorrection.objects.create(
        event=event,
        kind=kind,
        holder=holder,
        witness=witness.strip(),
        on=on,
        note=text.strip(),
        reason=reason.strip(),
        at=acting.at,
        by=acting.person,
    )
    subject = {"by": acting.person.officer, "scheme": acting.scheme.scheme_id}
    if holder is not None:
        subject["officer"] = holder.officer
    record(
        Entry(
            type="key.corrected",
            at=micros(acting.at),
            subject=subject,
            data={
                "event": event.pk,
                "key": event.key_id,
                "kind": kind,
                "on": on.isoformat(),
            },
        )
    )
    return made


def _check_possible(line: Line, event: KeyEvent, kind: str) -> None:
    now = ""
    for one in line.history:
        said = kind if one.event.pk == event.pk else one.kind
        if said == STRUCK:
            continue
        if now not in AFTER[said]:
            raise refusal(
                _t("訂正できません"),
                _t(
                    "訂正すると、前後の記録とつながりません。鍵の経過を見て、ほかの行も確かめてください。"
                ),
            )
        now = said

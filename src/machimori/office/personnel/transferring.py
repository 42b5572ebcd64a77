# SPDX-License-Identifier: AGPL-3.0-or-later
"""一括の異動: all who come and go on one day, in one transaction under one 決裁番号."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import day_start, instant, micros
from machimori.ledger.entry import Entry, EntryType
from machimori.office.people import actions
from machimori.office.people.acting import Acting
from machimori.office.people.forms import start_of
from machimori.office.people.models import Person
from machimori.office.personnel import access, sheet
from machimori.office.personnel.models import Move, Transfer
from machimori.office.rules.access import today
from machimori.office.shared.errors import refusal
from machimori.office.shared.recording import record


def check_day(on: dt.date, *, acting: Acting) -> None:
    """Raise ActionRefusedError unless this day is today or to come."""
    if on < today(acting):
        raise refusal(
            _t("過ぎた日には異動できません"), _t("きょうか、これからの日を入れてください。")
        )


@transaction.atomic
def transfer(rows: sheet.Rows, on: dt.date, decision: str, *, acting: Acting) -> Transfer:
    """Make every change of these lines, or none.

    Who comes has the post from the start of the day, and who goes has it until then. Raises
    ActionRefusedError with what is wrong in which line.
    """
    check_day(on, acting=acting)
    lines = sheet.check(rows, on, acting=acting)
    start = start_of(acting.at, on)
    made = Transfer.objects.create(
        scheme=acting.scheme, on=on, decision=decision, at=acting.at, by=acting.person
    )
    new: dict[str, Person] = {}
    for line in (one for one in lines if one.ends is None):
        person = line.person or new.get(line.login)
        if person is None:
            typed = actions.NewPerson(
                login=line.login, name=line.name, kana=line.kana, section=line.section
            )
            person = new[line.login] = actions.enter_person(typed, acting=acting)
        appointed = actions.appoint(
            person, line.post, acting=acting, valid_from=start, decision=decision
        )
        Move.objects.create(transfer=made, appointment=appointed, begins=True)
    for line in lines:
        if line.ends is not None:
            until = max(instant(day_start(on)), acting.at)
            actions.end_appointment(line.ends, acting=acting, until=until)
            Move.objects.create(transfer=made, appointment=line.ends, begins=False)
    _record("transfer.made", made, acting)
    return made


@transaction.atomic
def note_decision(one: Transfer, decision: str, *, acting: Acting) -> None:
    """Enter the 決裁番号 that did not exist yet, for the transfer and all that began with it; once.

    Raises ActionRefusedError.
    """
    found = access.transfers(acting).select_for_update(of=("self",), no_key=True).get(pk=one.pk)
    if found.decision:
        raise refusal(_t("決裁番号は、もう入っています"), _t("番号だけを直すことはできません。"))
    found.decision = decision
    found.save(update_fields=["decision"])
    for move in found.moves.filter(begins=True).select_related("appointment"):
        if not move.appointment.decision:
            actions.note_decision(move.appointment, decision, acting=acting)
    _record("transfer.decided", found, acting)


def _record(kind: EntryType, one: Transfer, acting: Acting) -> None:
    record(
        Entry(
            type=kind,
            at=micros(acting.at),
            subject={"by": acting.person.officer, "scheme": acting.scheme.scheme_id},
            data={"moves": one.moves.count(), "on": one.on.isoformat(), "transfer": one.pk},
        )
    )

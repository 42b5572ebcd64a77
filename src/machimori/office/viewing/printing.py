# SPDX-License-Identifier: AGPL-3.0-or-later
"""印画: a still on paper, and what becomes of it. Every write of it.

The paper is made in memory, handed out once and kept nowhere. A print is footage as the original is
(堺 3): it has a number, a day by which it is destroyed, and a record of that (堺 11(3), 旭川 3(3)).
"""

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.evidence.stills import Still
from machimori.kernel import canonical
from machimori.kernel.instants import instant, local_day, micros
from machimori.ledger.entry import Entry, EntryType, commit
from machimori.office.people.acting import Acting
from machimori.office.people.facts import give_number, series_name
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.office.terminals.presence import Established
from machimori.office.viewing.models import (
    Print,
    PrintCheck,
    PrintEnd,
    PrintNumber,
    PrintSeries,
    Viewing,
)
from machimori.office.viewing.subjects import Subject
from machimori.policy.profile import Profile

FATES: Final = ("destroyed", "handed_over", "filed")
"""How a print ends: destroyed, handed over with the case, or put into the case's file."""


def due_day(rules: Profile, at: dt.datetime) -> dt.date | None:
    """The day by which the rules want a print ended that is made now; None if they name none."""
    days = rules.number("copies.due_days")
    return None if days is None else local_day(micros(at)) + dt.timedelta(days=days)


def check_may_print(subject: Subject, *, where: Established, acting: Acting) -> None:
    """Raise ActionRefusedError unless the rules let the acting person print this, here."""
    subject.check("print", 0, where, acting)


@transaction.atomic
def make_print(
    viewing: Viewing, camera: str, still: Still, *, reason: str, due: dt.date, acting: Acting
) -> Print:
    """Put on record that this still is printed, before it is. Raises ActionRefusedError."""
    today = local_day(micros(acting.at))
    if due < today:
        raise ActionRefusedError(
            _t("印刷できません"), Reason(text=_t("期限には、これからの日を入れてください。"))
        )
    made = Print.objects.create(
        scheme=acting.scheme,
        viewing=viewing,
        camera=camera,
        shown=instant(still.at),
        reason=reason.strip(),
        at=acting.at,
        by=acting.person,
        due=due,
    )
    name = series_name(acting.scheme, "印画")
    give_number(PrintSeries, PrintNumber, case=made, scheme=acting.scheme, name=name, on=today)
    _enter(made, "print.made", {"camera": camera, "shown": still.at, "viewing": viewing.pk}, acting)
    return made


@transaction.atomic
def check_print(made: Print, *, acting: Acting) -> None:
    """確かめた: made as instructed, by somebody else than who made it. Raises
    ActionRefusedError."""
    heading = _t("完了を確認できません")
    if made.by_id == acting.person.pk:
        text = _t("自分で作った印画は、自分では確認できません。")
        raise ActionRefusedError(heading, Reason(text=text))
    _, new = PrintCheck.objects.get_or_create(
        print=made, defaults={"at": acting.at, "by": acting.person}
    )
    if not new:
        raise ActionRefusedError(heading, Reason(text=_t("もう記録してあります。")))
    _enter(made, "print.checked", {}, acting)


@transaction.atomic
def end_print(made: Print, *, fate: str, on: dt.date, witness: str, acting: Acting) -> None:
    """印画の終わりを記録する. Raises ActionRefusedError."""
    heading = _t("印画の終わりを記録できません")
    if on > local_day(micros(acting.at)):
        raise ActionRefusedError(heading, Reason(text=_t("まだ来ていない日です。")))
    _, new = PrintEnd.objects.get_or_create(
        print=made,
        defaults={
            "fate": fate,
            "on": on,
            "witness": witness.strip(),
            "at": acting.at,
            "by": acting.person,
        },
    )
    if not new:
        raise ActionRefusedError(heading, Reason(text=_t("もう記録してあります。")))
    _enter(made, "print.ended", {"fate": fate, "on": on.isoformat()}, acting)


def prints_out(use: str) -> int:
    """Prints of an internal use that have not ended."""
    return Print.objects.filter(viewing__use=use, end__isnull=True).count()


def _enter(made: Print, kind: EntryType, data: dict[str, canonical.Json], acting: Acting) -> None:
    said = canonical.dumps({"number": made.numbered.text, "reason": made.reason}).decode()
    record(
        Entry(
            type=kind,
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "case": made.viewing.subject,
                "scheme": acting.scheme.scheme_id,
            },
            data={"print": made.pk, **data},
            commitments={"print": commit(said).digest},
        )
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""所属: at which station a person of the police serves. The city enters it from the notice."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person
from machimori.office.police import access
from machimori.office.police.models import Posting
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record


@transaction.atomic
def post(person: Person, station: str, *, acting: Acting) -> Posting:
    """Enter that the person serves at this station from now on. Raises ActionRefusedError."""
    heading = _t("所属を登録できません")
    if not acting.holds("system_manager"):
        raise ActionRefusedError(heading, Reason(text=_t("管理責任者が登録します。")))
    if person not in access.police(acting):
        raise ActionRefusedError(heading, Reason(text=_t("警察の職に任命された人だけです。")))
    return write(person, station, document="", notified_on=None, acting=acting)


def write(
    person: Person,
    station: str,
    *,
    document: str,
    notified_on: dt.date | None,
    acting: Acting,
) -> Posting:
    """The row and its ledger entry, inside the transaction of whoever has checked it."""
    made = Posting.objects.create(
        scheme=acting.scheme,
        person=person,
        station=station,
        document=document,
        notified_on=notified_on,
        at=acting.at,
        by=acting.person,
    )
    record(
        Entry(
            type="police.posted",
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "officer": person.officer,
                "scheme": acting.scheme.scheme_id,
            },
            data={"posting": made.pk},
        )
    )
    return made

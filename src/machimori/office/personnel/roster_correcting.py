# SPDX-License-Identifier: AGPL-3.0-or-later
"""訂正 of a line of 従事者名簿: old and new both stay, with who, when and why.

Place, company and day of the report are the list's own. Who serves, and from when to when, is an
appointment: it is ended on its own page, and whoever should have stood there is reported.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.people.acting import Acting
from machimori.office.personnel import access
from machimori.office.personnel.models import Duty, DutyCorrection
from machimori.office.rules.access import today
from machimori.office.shared.errors import refusal
from machimori.office.shared.recording import record


@transaction.atomic
def correct(
    duty: Duty,
    *,
    place: str,
    company: str,
    reported_on: dt.date,
    reason: str,
    acting: Acting,
) -> DutyCorrection:
    """訂正する; where the person may watch follows at once. Raises ActionRefusedError without a
    reason, without a change, or for a place that the rules have not."""
    heading = _t("訂正できません")
    if not acting.holds("system_manager"):
        raise refusal(heading, _t("名簿を訂正するのは、管理責任者です。"))
    if not reason.strip():
        raise refusal(heading, _t("訂正の理由を入れてください。"))
    if place not in access.rules_today(acting).members("places"):
        raise refusal(heading, _t("きまりにない場所です。"))
    if reported_on > today(acting):
        raise refusal(heading, _t("報告の日がまだ来ていません。"))
    old = duty.now
    if (place, company.strip(), reported_on) == (old.place, old.company, old.reported_on):
        raise refusal(heading, _t("前と同じ内容です。"))
    made = DutyCorrection.objects.create(
        duty=duty,
        place=place,
        company=company.strip(),
        reported_on=reported_on,
        reason=reason.strip(),
        at=acting.at,
        by=acting.person,
    )
    record(
        Entry(
            type="duty.corrected",
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "officer": duty.appointment.person.officer,
                "scheme": acting.scheme.scheme_id,
            },
            data={"duty": duty.pk, "place": place, "reported": reported_on.isoformat()},
        )
    )
    return made

# SPDX-License-Identifier: AGPL-3.0-or-later
"""誓約書: recording the day of the signature, correcting it. Pledges last beyond the post."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.ledger.entry import Entry, EntryType
from machimori.office.paper.fields import Party
from machimori.office.paper.forms.people import Pledge as Paper
from machimori.office.people.acting import Acting
from machimori.office.people.models import Appointment, Person
from machimori.office.personnel import access
from machimori.office.personnel.models import Pledge
from machimori.office.rules.access import today
from machimori.office.shared.errors import refusal
from machimori.office.shared.recording import record
from machimori.policy.profile import Profile
from machimori.policy.wording import post_name


@transaction.atomic
def enter(person: Person, signed_on: dt.date, kept_at: str, *, acting: Acting) -> Pledge:
    """Record that the person signed on this day. Raises ActionRefusedError."""
    access.check_records(acting, person)
    _check_day(signed_on, acting)
    return _write(
        Pledge(person=person, signed_on=signed_on, kept_at=kept_at), "pledge.recorded", acting
    )


@transaction.atomic
def correct(
    wrong: Pledge, signed_on: dt.date | None, kept_at: str, reason: str, *, acting: Acting
) -> Pledge:
    """訂正: put another day and place in the place of a record; None: it had not been signed.

    Old and new both stay visible. Raises ActionRefusedError.
    """
    access.check_records(acting, wrong.person)
    if signed_on is not None:
        _check_day(signed_on, acting)
    made = Pledge(
        person=wrong.person, signed_on=signed_on, kept_at=kept_at, corrects=wrong, reason=reason
    )
    return _write(made, "pledge.corrected", acting)


def paper(appointment: Appointment, rules: Profile) -> Paper:
    """The 誓約書 to sign, for one appointment."""
    person = appointment.person
    return Paper(
        person=Party(body=person.section, name=person.name),
        post=post_name(rules, appointment.post)[0],
        appointed=local_day(micros(appointment.valid_from)),
    )


def _check_day(signed_on: dt.date, acting: Acting) -> None:
    if signed_on > today(acting):
        raise refusal(
            _t("これからの日は記録できません"), _t("署名を受け取ってから入れてください。")
        )


def _write(made: Pledge, kind: EntryType, acting: Acting) -> Pledge:
    made.scheme, made.by, made.at = acting.scheme, acting.person, acting.at
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise refusal(
            _t("この記録は、もう訂正されています"), _t("いまの記録を訂正してください。")
        ) from error
    record(
        Entry(
            type=kind,
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "officer": made.person.officer,
                "scheme": acting.scheme.scheme_id,
            },
            data={"pledge": made.pk, "signed": made.signed_on is not None},
        )
    )
    return made

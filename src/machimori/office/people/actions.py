# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every write about people. Each takes `acting`, checks it, and records what it did.

Where a key stands in for a person that acts (signing in), the action takes the instant instead.
"""

import datetime as dt
import secrets
from dataclasses import dataclass

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t

from machimori.kernel.ids import new_id
from machimori.kernel.instants import local_day, micros
from machimori.ledger.entry import Entry
from machimori.office.people import access
from machimori.office.people.acting import Acting, password_rule_of
from machimori.office.people.codes import code_digest, new_code
from machimori.office.people.keys import NewKey
from machimori.office.people.models import Appointment, Credential, Enrolment, Person, Scheme
from machimori.office.people.rules import ENROLMENT
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.posts import LABELS, Post
from machimori.office.shared.recording import record


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """Who is entered."""

    login: str
    name: str
    kana: str = ""
    section: str = ""


def enter_person(new: NewPerson, *, acting: Acting) -> Person:
    """A person without posts, keys or password. Raises ActionRefusedError if the login is taken,
    or the acting person appoints nobody."""
    access.check_appoints_somebody(acting)
    return install_person(new, at=acting.at)


def install_person(new: NewPerson, *, at: dt.datetime) -> Person:
    """A person whom the installation enters, before anybody can act."""
    try:
        with transaction.atomic():
            return Person.objects.create(
                officer=f"o-{secrets.token_hex(8)}",
                login=new.login,
                name=new.name,
                kana=new.kana,
                section=new.section,
                sessions_from=at,
                created_at=at,
            )
    except IntegrityError as error:
        raise ActionRefusedError(
            _t("この番号はもう使われています"),
            Reason(
                text=_t(
                    "同じ人なら、名前で探して任命してください。別の人なら番号を変えてください。"
                )
            ),
        ) from error


@transaction.atomic
def appoint(
    person: Person,
    post: Post,
    *,
    acting: Acting,
    valid_from: dt.datetime,
    valid_until: dt.datetime | None = None,
    decision: str = "",
    reported: bool = False,
) -> Appointment:
    """Appoint a person in the scheme that `acting` works in, now or from a day to come.

    `reported`: the contractor's report names them. Raises ActionRefusedError if `acting` may not,
    the past is meant, the person holds the post in that time already, or the report is missing.
    """
    access.check_appoints(acting, post, local_day(micros(valid_from)))
    if not reported:
        access.check_unreported(acting, post, local_day(micros(valid_from)))
    if valid_from < acting.at - dt.timedelta(minutes=5):
        raise ActionRefusedError(
            _t("過ぎた日からは任命できません"),
            Reason(text=_t("きょうか、これからの日を入れてください。")),
        )
    if valid_until is not None and valid_until <= valid_from:
        raise ActionRefusedError(
            _t("終わりの日が始まりの日より前です"), Reason(text=_t("任期の日付を直してください。"))
        )
    return install_appointment(
        person,
        acting.scheme,
        post,
        at=acting.at,
        valid_from=valid_from,
        valid_until=valid_until,
        decision=decision,
        appointed_by=acting.person,
    )


@transaction.atomic
def install_appointment(
    person: Person,
    scheme: Scheme,
    post: Post,
    *,
    at: dt.datetime,
    valid_from: dt.datetime,
    valid_until: dt.datetime | None = None,
    decision: str = "",
    appointed_by: Person | None = None,
) -> Appointment:
    """An appointment as the installation makes the first one, before anybody can act."""
    try:
        with transaction.atomic():
            made = Appointment.objects.create(
                scheme=scheme,
                person=person,
                post=post,
                valid_from=valid_from,
                valid_until=valid_until,
                decision=decision,
                appointed_by=appointed_by,
                created_at=at,
            )
    except IntegrityError as error:
        raise ActionRefusedError(
            _t("この期間は、もう任命されています"),
            Reason(text=_t("いまの任命を終わらせるか、始まりの日を変えてください。")),
        ) from error
    record(_appointment_entry("appointment.made", made, at, by=appointed_by))
    return made


@transaction.atomic
def end_appointment(appointment: Appointment, *, acting: Acting, until: dt.datetime) -> None:
    """End an appointment, now or on a day to come; rights end with it.

    Raises ActionRefusedError if it has ended, `until` is past, or no 管理責任者 would be left.
    """
    access.check_enters(acting, post_of(appointment))
    found = Appointment.objects.select_for_update(of=("self",), no_key=True).get(pk=appointment.pk)
    if found.valid_until is not None and found.valid_until <= acting.at:
        raise ActionRefusedError(
            _t("この任命は終わっています"), Reason(text=_t("あたらしく任命してください。"))
        )
    if until < acting.at - dt.timedelta(minutes=5):
        raise ActionRefusedError(
            _t("過ぎた日には終われません"),
            Reason(text=_t("きょうか、これからの日を入れてください。")),
        )
    if found.post == "system_manager" and not access.managed_at(
        acting.scheme, max(until, found.valid_from), but=found
    ):
        raise ActionRefusedError(
            _t("管理責任者がいなくなります"),
            Reason(text=_t("先に後任を任命してください。任命は先の日付でもできます。")),
        )
    found.valid_until = max(until, found.valid_from)
    found.save(update_fields=["valid_until"])
    record(_appointment_entry("appointment.ended", found, acting.at, by=acting.person))


@transaction.atomic
def note_decision(appointment: Appointment, decision: str, *, acting: Acting) -> None:
    """Enter the 決裁番号 that did not exist yet when the appointment was made; once.

    Raises ActionRefusedError if there is one already, or `acting` may not appoint to this post.
    """
    access.check_enters(acting, post_of(appointment))
    found = Appointment.objects.select_for_update(of=("self",), no_key=True).get(pk=appointment.pk)
    if found.decision:
        raise ActionRefusedError(
            _t("決裁番号は、もう入っています"),
            Reason(text=_t("訂正は管理責任者に相談してください。")),
        )
    found.decision = decision
    found.save(update_fields=["decision"])
    record(
        Entry(
            type="appointment.decided",
            at=micros(acting.at),
            subject=_subject(found.person, acting.person) | {"scheme": found.scheme_id},
            data={"post": found.post},
        )
    )


def post_of(appointment: Appointment) -> Post:
    """The post, as the type that it is."""
    return next(post for post in LABELS if post == appointment.post)


@transaction.atomic
def issue_code(person: Person, *, acting: Acting) -> str:
    """A one-time registration code for a person: a first key, or another after one was lost.

    It is shown once, to be handed over on paper. Raises ActionRefusedError.
    """
    access.check_manages(acting, person)
    return install_code(person, at=acting.at, issued_by=acting.person)


@transaction.atomic
def install_code(person: Person, *, at: dt.datetime, issued_by: Person | None = None) -> str:
    """The code of the first person, which the installation prints. Earlier codes end."""
    Enrolment.objects.filter(person=person, used_at__isnull=True).update(used_at=at)
    code = new_code()
    made = Enrolment.objects.create(
        person=person,
        digest=code_digest(code),
        issued_by=issued_by,
        issued_at=at,
        valid_until=at + ENROLMENT,
    )
    record(
        Entry(
            type="enrolment.issued",
            at=micros(at),
            subject=_subject(person, issued_by),
            data={"until": micros(made.valid_until)},
        )
    )
    return code


@transaction.atomic
def register_key(
    key: NewKey, *, label: str, acting: Acting, software_demo: bool = False
) -> Credential:
    """Register a key for the person that acts. Raises ActionRefusedError."""
    return install_key(acting.person, key, label=label, at=acting.at, software_demo=software_demo)


@transaction.atomic
def install_key(
    person: Person, key: NewKey, *, label: str, at: dt.datetime, software_demo: bool = False
) -> Credential:
    """A key as the installation gives it to a demo's people. Raises ActionRefusedError."""
    if software_demo and not access.is_demo():
        raise ActionRefusedError(
            _t("ソフトウェアのキーは使えません"),
            Reason(text=_t("デモではないので、登録できません。")),
        )
    try:
        with transaction.atomic():
            made = Credential.objects.create(
                person=person,
                credential_id=key.credential_id,
                cose=key.cose,
                spki=key.spki,
                algorithm=key.algorithm,
                keyid=f"k-{new_id()[:16]}",
                counter=key.counter,
                label=label,
                software_demo=software_demo,
                registered_at=at,
            )
    except IntegrityError as error:
        raise ActionRefusedError(
            _t("このキーは、もう登録されています"), Reason(text=_t("別のキーを使ってください。"))
        ) from error
    record(
        Entry(
            type="key.registered",
            at=micros(at),
            subject={"officer": person.officer, "key": made.keyid},
            data={"algorithm": key.algorithm, "demo": software_demo},
        )
    )
    return made


@transaction.atomic
def revoke_key(credential: Credential, *, acting: Acting) -> None:
    """A key was lost or handed in: it signs in no more, and every session of its owner ends.

    Raises ActionRefusedError unless it is the acting person's own or they manage its owner.
    """
    person = credential.person
    if person != acting.person:
        access.check_manages(acting, person)
    if credential.revoked_at is not None:
        raise ActionRefusedError(
            _t("このキーは、もう使えません"), Reason(text=_t("することはありません。"))
        )
    credential.revoked_at = acting.at
    credential.save(update_fields=["revoked_at"])
    person.sessions_from = acting.at
    person.save(update_fields=["sessions_from"])
    record(
        Entry(
            type="key.revoked",
            at=micros(acting.at),
            subject=_subject(person, acting.person) | {"key": credential.keyid},
        )
    )


@transaction.atomic
def set_password(password: str, *, acting: Acting) -> None:
    """Set the acting person's own password; their other sessions end.

    Raises ActionRefusedError if the person's schemes use none, or it is too short, too plain or the
    one before. Not recorded in the
    ledger: signing in with it is counted, and acts are recorded.
    """
    person = acting.person
    rule = password_rule_of(person, acting.at)
    if not rule.allowed:
        raise ActionRefusedError(
            _t("パスワードではサインインできません"), Reason(text=_t("キーを使ってください。"))
        )
    if len(password) < rule.shortest or len(set(password)) < 5 or person.login in password:
        raise ActionRefusedError(
            _t("このパスワードは使えません"),
            Reason(
                text=_t(
                    "%(n)s文字以上で、番号を含まず、同じ文字の繰り返しでないものを決めてください。"
                )
                % {"n": rule.shortest}
            ),
        )
    if person.password and check_password(password, person.password):
        raise ActionRefusedError(
            _t("前と同じパスワードです"), Reason(text=_t("前と違うパスワードを決めてください。"))
        )
    person.password = make_password(password)
    person.password_set_at, person.password_provisional = acting.at, False
    person.sessions_from = acting.at
    fields = ["password", "password_set_at", "password_provisional", "sessions_from"]
    person.save(update_fields=fields)


def _subject(person: Person, by: Person | None) -> dict[str, str]:
    subject = {"officer": person.officer}
    return subject | {"by": by.officer} if by else subject


def _appointment_entry(
    kind: "access.AppointmentEntry", made: Appointment, at: dt.datetime, *, by: Person | None
) -> Entry:
    until = micros(made.valid_until) if made.valid_until else None
    return Entry(
        type=kind,
        at=micros(at),
        subject=_subject(made.person, by) | {"scheme": made.scheme_id},
        data={"from": micros(made.valid_from), "post": made.post, "until": until},
    )

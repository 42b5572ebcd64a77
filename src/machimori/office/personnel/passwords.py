# SPDX-License-Identifier: AGPL-3.0-or-later
"""ID and password, as the 管理責任者 gives them out and has them changed (堺 10(2), 旭川 3(2)).

A password that somebody else has seen is provisional: its owner changes it before anything else.
"""

import datetime as dt

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.people import access as people
from machimori.office.people.acting import Acting, password_rule_of
from machimori.office.people.codes import new_code
from machimori.office.people.models import Person
from machimori.office.personnel.models import AccessChange
from machimori.office.shared.errors import refusal
from machimori.office.shared.recording import record


@transaction.atomic
def issue(person: Person, login: str, *, acting: Acting) -> str:
    """Give the person this number and a provisional password, to be handed over on paper.

    Their sessions end. Raises ActionRefusedError if the number is somebody else's, the acting
    person does not manage this one, or the scheme has no passwords.
    """
    people.check_manages(acting, person)
    if not password_rule_of(person, acting.at).allowed:
        raise refusal(_t("パスワードは使いません"), _t("この制度では、キーでサインインします。"))
    password = new_code()
    changed = login != person.login
    person.login, person.password = login, make_password(password)
    person.password_set_at, person.password_provisional = acting.at, True
    person.sessions_from, person.failures, person.locked_until = acting.at, 0, None
    fields = ["login", "password", "password_set_at", "password_provisional", "sessions_from"]
    try:
        with transaction.atomic():
            person.save(update_fields=[*fields, "failures", "locked_until"])
    except IntegrityError as error:
        raise refusal(_t("この番号はもう使われています"), _t("別の番号にしてください。")) from error
    _record(person, "issued", acting, number=changed)
    return password


@transaction.atomic
def force(person: Person, *, acting: Acting) -> None:
    """Have the password changed at the next sign-in; sessions that run end now.

    Raises ActionRefusedError.
    """
    people.check_manages(acting, person)
    if not person.password:
        raise refusal(_t("パスワードがありません"), _t("番号とパスワードを出してください。"))
    person.password_provisional, person.sessions_from = True, acting.at
    person.save(update_fields=["password_provisional", "sessions_from"])
    _record(person, "forced", acting)


@transaction.atomic
def unlock(person: Person, *, acting: Acting) -> None:
    """Let the person try again before the 15 minutes are over. Raises ActionRefusedError."""
    people.check_manages(acting, person)
    if not locked(person, acting.at):
        raise refusal(_t("閉じていません"), _t("することはありません。"))
    person.failures, person.locked_until = 0, None
    person.save(update_fields=["failures", "locked_until"])
    _record(person, "unlocked", acting)


def locked(person: Person, at: dt.datetime) -> bool:
    """Whether passwords of this person are refused now."""
    return person.locked_until is not None and at < person.locked_until


def due(person: Person, days: int | None) -> dt.datetime | None:
    """The instant from which the password must be changed before anything else; None: there is no
    password, or none is changed by age."""
    if person.password_set_at is None or not person.password:
        return None
    if person.password_provisional:
        return person.password_set_at
    return person.password_set_at + dt.timedelta(days=days) if days is not None else None


def _record(person: Person, kind: str, acting: Acting, *, number: bool = False) -> None:
    AccessChange.objects.create(
        scheme=acting.scheme, person=person, kind=kind, at=acting.at, by=acting.person
    )
    record(
        Entry(
            type="password.issued",
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "officer": person.officer,
                "scheme": acting.scheme.scheme_id,
            },
            data={"kind": kind, "number": number},
        )
    )

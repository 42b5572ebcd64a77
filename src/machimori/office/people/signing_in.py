# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signing in: by key, by password, by a registration code. Every attempt is counted. And signing.

Three limits: failed attempts from one network address; wrong passwords of one person, after which
passwords (never keys) are refused for a while; and the password's age. What is wrong is not told
apart to the person who tries: an unknown number takes as long as a wrong password.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.translation import gettext as _t
from fido2.webauthn import AuthenticationResponse

from machimori.kernel.envelope import Envelope, Signature
from machimori.office.people import access, second
from machimori.office.people.acting import password_rule_of
from machimori.office.people.codes import code_digest, origin_digest
from machimori.office.people.keys import Keys, State
from machimori.office.people.models import Credential, Enrolment, Person, SignIn
from machimori.office.people.rules import ATTEMPTS, ATTEMPTS_WITHIN, PASSWORDS
from machimori.office.shared.config import config
from machimori.office.shared.errors import ActionRefusedError, Reason

Means = Literal["key", "password", "code"]


def keys() -> Keys:
    """Ceremonies at this office's origin."""
    office = config()
    return Keys(origin=office.origin, host=office.host)


def by_key(state: State, response: Mapping[str, Any], *, address: str, at: dt.datetime) -> Person:
    """The owner of the key that answered. Raises ActionRefusedError."""
    _check_origin(address, at)
    try:
        credential_id, counter = keys().complete_sign_in(state, response)
    except ActionRefusedError:
        _count(None, "key", address, at, success=False)
        raise
    with transaction.atomic():
        credential = Credential.objects.select_for_update(of=("self",), no_key=True).get(
            credential_id=credential_id
        )
        if _refused_key(credential, counter):
            person = None
        else:
            credential.counter, credential.used_at = counter, at
            credential.save(update_fields=["counter", "used_at"])
            person = credential.person
        _count(credential.person, "key", address, at, success=person is not None)
    if person is None:
        raise ActionRefusedError(
            _t("このキーは使えません"),
            Reason(
                text=_t(
                    "複製されたおそれがあります。管理責任者に知らせて、別のキーを登録してください。"
                )
            ),
        )
    return person


def signature_of(person: Person, envelope: Envelope, response: Mapping[str, Any]) -> Signature:
    """The person's FIDO2 signature over a statement: the browser's answer to the challenge that is
    its digest, as the vault verifies it. Raises ActionRefusedError."""
    ceremonies = keys()
    _, state = ceremonies.begin_signature(person, envelope.digest())
    credential_id, counter = ceremonies.complete_sign_in(state, response)
    credential = Credential.objects.select_for_update(of=("self",), no_key=True).get(
        credential_id=credential_id
    )
    if credential.person_id != person.pk or _refused_key(credential, counter):
        raise ActionRefusedError(
            _t("このキーでは署名できません"),
            Reason(text=_t("サインインしている人の、登録したキーで署名してください。")),
        )
    credential.counter = counter
    credential.save(update_fields=["counter"])
    made = AuthenticationResponse.from_dict(response).response
    return Signature(
        keyid=credential.keyid,
        kind="fido2",
        sig=made.signature,
        authenticator_data=bytes(made.authenticator_data),
        client_data=bytes(made.client_data),
    )


def _refused_key(credential: Credential, counter: int) -> bool:
    """A counter that does not grow is a cloned key's (WebAuthn 7.2, step 21); many have none."""
    cloned = bool(counter or credential.counter) and counter <= credential.counter
    return cloned or (credential.software_demo and not access.is_demo())


def by_password(
    login: str, password: str, code: str = "", *, address: str, at: dt.datetime
) -> Person:
    """The person with this number and password, and with this 確認コード if they have one. Raises
    ActionRefusedError."""
    _check_origin(address, at)
    with transaction.atomic():
        person = Person.objects.select_for_update(no_key=True).filter(login=login).first()
        rule = password_rule_of(person, at) if person is not None else PASSWORDS
        good = (
            _check(person, password, at)
            and rule.allowed
            and person is not None
            and second.accepts(person, code, at)
        )
        if person is not None and not good and not _locked(person, at):
            person.failures += 1
            if person.failures >= rule.failures:
                person.failures, person.locked_until = 0, at + rule.locked
            person.save(update_fields=["failures", "locked_until"])
        elif person is not None and good:
            person.failures, person.locked_until = 0, None
            person.save(update_fields=["failures", "locked_until"])
        _count(person, "password", address, at, success=good)
    if person is None or not good:
        raise ActionRefusedError(
            _t("サインインできませんでした"),
            Reason(
                text=_t(
                    "番号かパスワードが違います。%(n)s回続けて違うと、%(minutes)s分のあいだ"
                    "パスワードでは入れません。キーはいつでも使えます。"
                )
                % {"n": rule.failures, "minutes": rule.locked.seconds // 60}
            ),
            *_about_codes(),
        )
    return person


def _about_codes() -> list[Reason]:
    """What whoever has registered for codes may have forgotten: the same for everybody."""
    if not second.used():
        return []
    return [
        Reason(
            text=_t(
                "確認コードを登録した人は、アプリに出ている6桁も入れてください。"
                "同じコードは一度だけ使えます。"
            )
        )
    ]


def _locked(person: Person, at: dt.datetime) -> bool:
    return person.locked_until is not None and at < person.locked_until


def _check(person: Person | None, password: str, at: dt.datetime) -> bool:
    if person is None or not person.password or _locked(person, at):
        make_password(password)  # as slow as a comparison
        return False
    return check_password(password, person.password)


def by_code(login: str, code: str, *, address: str, at: dt.datetime) -> Person:
    """The person to whom this code was issued; it is used up. Raises ActionRefusedError."""
    _check_origin(address, at)
    with transaction.atomic():
        found = (
            Enrolment.objects.select_for_update(of=("self",), no_key=True)
            .filter(
                digest=code_digest(code),
                person__login=login,
                used_at__isnull=True,
                valid_until__gt=at,
            )
            .first()
        )
        if found is not None:
            found.used_at = at
            found.save(update_fields=["used_at"])
        _count(found.person if found else None, "code", address, at, success=found is not None)
    if found is None:
        raise ActionRefusedError(
            _t("登録コードを確かめられませんでした"),
            Reason(text=_t("番号とコードを確かめてください。使えるのは一度だけ、7日以内です。")),
        )
    return found.person


def must_change(person: Person, at: dt.datetime) -> bool:
    """Whether the person's password is too old to go on with, or not their own yet."""
    if person.password_provisional:
        return True
    rule = password_rule_of(person, at)
    return person.password_set_at is not None and rule.expired(person.password_set_at, at)


def _check_origin(address: str, at: dt.datetime) -> None:
    failed = SignIn.objects.filter(
        origin=origin_digest(address), at__gt=at - ATTEMPTS_WITHIN, success=False
    ).count()
    if failed >= ATTEMPTS:
        raise ActionRefusedError(
            _t("しばらく待ってください"),
            Reason(
                text=_t(
                    "このパソコンから何度も失敗しました。5分たってから、もう一度ためしてください。"
                )
            ),
        )


def _count(
    person: Person | None, means: Means, address: str, at: dt.datetime, *, success: bool
) -> None:
    SignIn.objects.create(
        at=at, person=person, origin=origin_digest(address), means=means, success=success
    )

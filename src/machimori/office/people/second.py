# SPDX-License-Identifier: AGPL-3.0-or-later
"""確認コード: beside the password six digits of a telephone or computer, for whoever wants them.

TOTP (RFC 6238) as every such app has it: HMAC-SHA-1, six digits, thirty seconds. The code of the
step before and after is taken, for clocks that differ; each is good once (5.2). The secret is kept
encrypted under the office's secret, so that the database alone makes no code.
"""

import base64
import datetime as dt
import secrets
from typing import Final

import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _t

from machimori.office.people.acting import Acting, password_rule_of
from machimori.office.people.models import Person
from machimori.office.shared.errors import ActionRefusedError, Reason

DIGITS: Final = 6
STEP: Final = 30
"""Seconds for which a code is shown."""
_SECRET: Final = 20
"""Bytes: as long as SHA-1's output (RFC 4226, 4, R6)."""
_NONCE: Final = 12


def new_secret(person: Person) -> bytes:
    """A new secret for this person, encrypted."""
    return _encrypted(person, secrets.token_bytes(_SECRET))


def letters(person: Person, encrypted: bytes) -> str:
    """The secret as it is typed into an app: base32 in groups of four."""
    text = base64.b32encode(_decrypted(person, encrypted)).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def picture(person: Person, encrypted: bytes) -> str:
    """A QR code of the secret, as an SVG element."""
    address = _totp(_decrypted(person, encrypted)).get_provisioning_uri(person.login, "街守")
    code: str = segno.make(address, micro=False).svg_inline(scale=4, title=_t("確認コードの登録"))
    return code


def used() -> bool:
    """Whether anybody has registered one."""
    return Person.objects.filter(second__isnull=False).exists()


def step_of(
    person: Person, encrypted: bytes, typed: str, at: dt.datetime, *, after: int | None = None
) -> int | None:
    """Whose code was typed: the step before, of or after this instant, later than `after`; None: of
    none of them."""
    code = "".join(typed.split())
    if not (code.isascii() and code.isdigit() and len(code) == DIGITS):
        return None
    made, this = _totp(_decrypted(person, encrypted)), int(at.timestamp()) // STEP
    for step in (this - 1, this, this + 1):
        if bytes_eq(made.generate(step * STEP), code.encode()) and (after is None or step > after):
            return step
    return None


def accepts(person: Person, typed: str, at: dt.datetime) -> bool:
    """Whether the person, whose row is locked, may go on: with the code, which is used up, or
    because they have registered none."""
    if person.second is None:
        return True
    step = step_of(person, bytes(person.second), typed, at, after=person.second_step)
    if step is None:
        return False
    person.second_step = step
    person.save(update_fields=["second_step"])
    return True


@transaction.atomic
def register(encrypted: bytes, typed: str, *, acting: Acting) -> None:
    """Ask for codes of this secret from now on. Raises ActionRefusedError if the code is not of it,
    or the person signs in without a password."""
    person = Person.objects.select_for_update(no_key=True).get(pk=acting.person.pk)
    if not password_rule_of(person, acting.at).allowed or not person.password:
        raise ActionRefusedError(
            _t("パスワードがありません"),
            Reason(text=_t("確認コードは、パスワードでサインインする人のものです。")),
        )
    step = step_of(person, encrypted, typed, acting.at)
    if step is None:
        raise ActionRefusedError(
            _t("コードが違います"),
            Reason(
                text=_t(
                    "アプリにいま出ている6桁を入れてください。違うままなら、アプリの入った機器の時刻を"
                    "確かめてください。"
                )
            ),
        )
    person.second, person.second_step = encrypted, step
    person.save(update_fields=["second", "second_step"])


@transaction.atomic
def end(*, acting: Acting) -> None:
    """Ask the acting person for no code any more."""
    person = Person.objects.select_for_update(no_key=True).get(pk=acting.person.pk)
    person.second, person.second_step = None, None
    person.save(update_fields=["second", "second_step"])


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP)  # noqa: S303  # RFC 6238's, and every app's


def _encrypted(person: Person, secret: bytes) -> bytes:
    """Nonce and AES-256-GCM of the secret, which is no other person's."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher().encrypt(nonce, secret, person.officer.encode())


def _decrypted(person: Person, encrypted: bytes) -> bytes:
    """The secret. Raises ActionRefusedError under another office's secret than it was made."""
    nonce, sealed = encrypted[:_NONCE], encrypted[_NONCE:]
    try:
        return _cipher().decrypt(nonce, sealed, person.officer.encode())
    except InvalidTag as error:
        raise ActionRefusedError(
            _t("確認コードを確かめられません"),
            Reason(text=_t("登録コードでサインインして、登録しなおしてください。")),
        ) from error


def _cipher() -> AESGCM:
    return AESGCM(salted_hmac("machimori.second", "", algorithm="sha256").digest())

# SPDX-License-Identifier: AGPL-3.0-or-later
"""確認コード beside the password: registered, asked for, used once, ended; through the pages."""

import base64
import re

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.test import Client
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.people import actions, second
from machimori.office.people.models import Person, SignIn
from machimori.office.people.rules import PASSWORDS
from machimori.office.people.testing import Cast
from machimori.office.shared.errors import ActionRefusedError

PASSWORD = "正しい合言葉はとても長い"
WRONG = "まちがい合言葉もとても長い"


def with_password(cast: Cast) -> Person:
    person = cast.person("operator")
    actions.set_password(PASSWORD, acting=cast.acting(person))
    return person


def shown(browser: Client) -> bytes:
    """The secret, as the page shows it for an app without a camera."""
    page = browser.get(reverse("people:codes")).content.decode()
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found is not None
    return base64.b32decode(found[1].replace(" ", ""))


def code(secret: bytes, cast: Cast, *, steps: int = 0) -> str:
    """What an app shows now, or that many steps later."""
    at = int(cast.now.timestamp()) + steps * second.STEP
    return TOTP(secret, 6, SHA1(), second.STEP).generate(at).decode()


def registered(office: ManualClock, cast: Cast, person: Person) -> bytes:
    """The person's secret; the code with which they registered is over."""
    browser = cast.browser(person)
    secret = shown(browser)
    answer = browser.post(reverse("people:codes"), {"code": code(secret, cast)})
    assert answer.headers["Location"] == reverse("people:keys")
    office.advance(3 * second.STEP)
    return secret


def sign_in(cast: Cast, person: Person, password: str, typed: str) -> bool:
    said = {"login": person.login, "password": password, "code": typed}
    return bool(cast.browser().post(reverse("people:by_password"), said).status_code == 302)


@pytest.mark.parametrize(
    ("at", "said"),
    # RFC 6238, appendix B; the last six of its eight digits.
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(at: int, said: str) -> None:
    assert second._totp(b"12345678901234567890").generate(at).decode() == said


def test_A5_who_has_registered_needs_the_code_beside_the_password(office: ManualClock) -> None:
    """Whoever registers for 確認コード has the password alone refused; the code signs in."""
    cast = Cast.of(office)
    person = with_password(cast)
    assert sign_in(cast, person, PASSWORD, "")
    secret = registered(office, cast, person)
    assert not sign_in(cast, person, PASSWORD, "")
    assert not sign_in(cast, person, WRONG, code(secret, cast))
    assert sign_in(cast, person, PASSWORD, code(secret, cast))


def test_a_code_is_good_once_and_none_before_it(office: ManualClock) -> None:
    cast = Cast.of(office)
    person = with_password(cast)
    secret = registered(office, cast, person)
    assert sign_in(cast, person, PASSWORD, code(secret, cast))
    assert not sign_in(cast, person, PASSWORD, code(secret, cast))
    assert not sign_in(cast, person, PASSWORD, code(secret, cast, steps=-1))
    assert sign_in(cast, person, PASSWORD, code(secret, cast, steps=1))


def test_a_clock_may_be_half_a_minute_off_and_no_more(office: ManualClock) -> None:
    cast = Cast.of(office)
    person = with_password(cast)
    secret = registered(office, cast, person)
    assert not sign_in(cast, person, PASSWORD, code(secret, cast, steps=-2))
    assert not sign_in(cast, person, PASSWORD, code(secret, cast, steps=2))
    spaced = code(secret, cast, steps=-1)
    assert sign_in(cast, person, PASSWORD, f"{spaced[:3]} {spaced[3:]}")


def test_wrong_codes_close_passwords_as_wrong_passwords_do(office: ManualClock) -> None:
    cast = Cast.of(office)
    person = with_password(cast)
    secret = registered(office, cast, person)
    for _ in range(PASSWORDS.failures):
        assert not sign_in(cast, person, PASSWORD, "000000")
    assert not sign_in(cast, person, PASSWORD, code(secret, cast))
    assert SignIn.objects.filter(person=person, success=False).count() == PASSWORDS.failures + 1
    office.advance(int(PASSWORDS.locked.total_seconds()))
    assert sign_in(cast, person, PASSWORD, code(secret, cast))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "一二三四五六", "abcdef"])
def test_what_is_no_code_is_refused(office: ManualClock, typed: str) -> None:
    cast = Cast.of(office)
    person = with_password(cast)
    registered(office, cast, person)
    assert not sign_in(cast, person, PASSWORD, typed)


def test_nobody_registers_without_a_code_of_the_secret(office: ManualClock) -> None:
    cast = Cast.of(office)
    person = with_password(cast)
    browser = cast.browser(person)
    secret = shown(browser)
    wrong = browser.post(reverse("people:codes"), {"code": code(secret, cast, steps=5)})
    assert wrong.status_code == 403
    assert "機器の時刻" in wrong.content.decode()
    assert shown(browser) == secret
    assert sign_in(cast, person, PASSWORD, "")


def test_the_database_has_no_secret_and_no_other_person_s_is_taken(office: ManualClock) -> None:
    cast = Cast.of(office)
    person, other = with_password(cast), with_password(cast)
    secret = registered(office, cast, person)
    kept = bytes(Person.objects.get(pk=person.pk).second or b"")
    assert secret not in kept
    with pytest.raises(ActionRefusedError):
        second.letters(other, kept)


def test_the_form_asks_for_a_code_once_anybody_has_one(office: ManualClock) -> None:
    cast = Cast.of(office)
    person = with_password(cast)
    page = reverse("people:sign_in")
    assert "確認コード" not in cast.browser().get(page).content.decode()
    registered(office, cast, person)
    assert "確認コード" in cast.browser().get(page).content.decode()


def test_who_lost_the_app_ends_it_with_the_code_on_paper(office: ManualClock) -> None:
    cast = Cast.of(office)
    person, manager = with_password(cast), cast.person("system_manager")
    registered(office, cast, person)
    paper = actions.issue_code(person, acting=cast.acting(manager))
    browser = cast.browser()
    browser.post(reverse("people:by_code"), {"login": person.login, "code": paper})
    assert "確認コードをやめる" in browser.get(reverse("people:keys")).content.decode()
    browser.post(reverse("people:no_codes"))
    assert sign_in(cast, person, PASSWORD, "")


def test_who_signs_in_with_a_key_alone_registers_none(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("operator"))
    assert "確認コード" not in browser.get(reverse("people:keys")).content.decode()
    secret = shown(browser)
    refused = browser.post(reverse("people:codes"), {"code": code(secret, cast)})
    assert refused.status_code == 403
    assert "パスワードがありません" in refused.content.decode()

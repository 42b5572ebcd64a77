# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signing in: by key, password and code, with every limit, through the pages."""

import dataclasses
import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.ids import OfficerId
from machimori.office.people import actions, founding
from machimori.office.people.models import Credential, Person, SignIn
from machimori.office.people.rules import PASSWORDS
from machimori.office.people.softkey import SoftwareKey
from machimori.office.people.testing import Cast
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.errors import ActionRefusedError

PASSWORD = "正しい合言葉はとても長い"
WRONG = "まちがい合言葉もとても長い"


def soft(config: OfficeConfig, person: Person, **changed: str) -> SoftwareKey:
    place = {"origin": config.origin, "host": config.host} | changed
    return SoftwareKey.load(config.demo_keys, OfficerId(person.officer), **place)


def keyed(cast: Cast) -> Person:
    person = cast.person("operator")
    founding.give_demo_key(person, at=cast.now, disk=Disk())
    return person


def touch(browser: Client, key: SoftwareKey, change: Any = None) -> Any:
    options = json.loads(browser.post(reverse("people:key_options")).content)
    sent = key.sign_in(options)
    if change is not None:
        change(sent)
    return browser.post(
        reverse("people:key"), data=json.dumps(sent), content_type="application/json"
    )


def by_password(browser: Client, person: Person, password: str) -> Any:
    return browser.post(
        reverse("people:by_password"), {"login": person.login, "password": password}
    )


def with_password(cast: Cast) -> Person:
    person = cast.person("operator")
    actions.set_password(PASSWORD, acting=cast.acting(person))
    return person


def test_a_key_signs_in_and_a_new_session_begins(
    office: ManualClock, office_config: OfficeConfig
) -> None:
    cast = Cast.of(office)
    person = keyed(cast)
    browser = cast.browser()
    browser.post(reverse("people:key_options"))
    before = browser.session.session_key
    answer = touch(browser, soft(office_config, person))
    assert answer.json() == {"location": reverse("people:today")}
    assert browser.session.session_key != before
    assert person.name in browser.get("/").content.decode()


def test_a_key_at_another_origin_is_refused(
    office: ManualClock, office_config: OfficeConfig
) -> None:
    cast = Cast.of(office)
    key = soft(office_config, keyed(cast), origin="http://localhost:9999")
    assert touch(cast.browser(), key).status_code == 403


def test_an_answer_is_good_once(office: ManualClock, office_config: OfficeConfig) -> None:
    cast = Cast.of(office)
    browser = cast.browser()
    sent: dict[str, Any] = {}
    touch(browser, soft(office_config, keyed(cast)), sent.update)
    again = browser.post(
        reverse("people:key"), data=json.dumps(sent), content_type="application/json"
    )
    assert again.status_code == 400


@pytest.mark.parametrize(
    "damage",
    [
        lambda sent: sent["response"].update(signature="AAAA"),
        lambda sent: sent["response"].pop("clientDataJSON"),
        lambda sent: sent.update(rawId="AAAA", id="AAAA"),
        lambda sent: sent.clear(),
    ],
)
def test_a_damaged_answer_is_refused_and_counted(
    office: ManualClock, office_config: OfficeConfig, damage: Any
) -> None:
    cast = Cast.of(office)
    answer = touch(cast.browser(), soft(office_config, keyed(cast)), damage)
    assert answer.status_code == 403
    assert SignIn.objects.filter(success=False, means="key").count() == 1


def test_a_lost_key_is_refused_and_its_owner_s_sessions_end(
    office: ManualClock, office_config: OfficeConfig
) -> None:
    cast = Cast.of(office)
    person = keyed(cast)
    browser = cast.browser(person)
    office.advance(60)
    keyid = Credential.objects.get(person=person).keyid
    browser.post(reverse("people:lost", args=[keyid]))
    assert browser.get("/").status_code == 302
    assert touch(cast.browser(), soft(office_config, person)).status_code == 403


def test_a_cloned_key_is_told_by_its_counter(
    office: ManualClock, office_config: OfficeConfig
) -> None:
    cast = Cast.of(office)
    person = keyed(cast)
    Credential.objects.filter(person=person).update(counter=7)
    answer = touch(cast.browser(), soft(office_config, person))
    assert answer.status_code == 403
    assert "複製" in answer.json()["refused"]


def test_a_software_key_is_refused_outside_a_demo(
    office: ManualClock, office_config: OfficeConfig
) -> None:
    cast = Cast.of(office)
    person = keyed(cast)
    with override_settings(OFFICE=dataclasses.replace(office_config, demo=False)):
        assert touch(cast.browser(), soft(office_config, person)).status_code == 403
        assert "デモの人" not in cast.browser().get(reverse("people:sign_in")).content.decode()
        demo = cast.browser().post(reverse("people:by_demo"), {"officer": person.officer})
        assert demo.status_code == 404
        with pytest.raises(ActionRefusedError):
            founding.give_demo_key(cast.person("guard"), at=cast.now, disk=Disk())


def test_a_demo_s_people_are_chosen_from_the_page(office: ManualClock) -> None:
    cast = Cast.of(office)
    person = keyed(cast)
    browser = cast.browser()
    assert person.name in browser.get(reverse("people:sign_in")).content.decode()
    answer = browser.post(reverse("people:by_demo"), {"officer": person.officer})
    assert answer.headers["Location"] == reverse("people:today")


def test_K10_number_and_password_sign_in_and_the_password_ages(office: ManualClock) -> None:
    """ID and password sign in; an aged one opens nothing but the page that changes it."""
    cast = Cast.of(office)
    person = with_password(cast)
    browser = cast.browser()
    assert by_password(browser, person, PASSWORD).headers["Location"] == reverse("people:today")
    assert PASSWORDS.days is not None
    office.advance(PASSWORDS.days * 86_400.0)
    browser = cast.browser()
    answer = by_password(browser, person, PASSWORD)
    assert answer.headers["Location"] == reverse("people:password")
    assert browser.get(reverse("people:appointments")).status_code == 403
    same = browser.post(reverse("people:password"), {"password": PASSWORD, "again": PASSWORD})
    assert "前と同じ" in same.content.decode()
    changed = browser.post(reverse("people:password"), {"password": WRONG, "again": WRONG})
    assert changed.headers["Location"] == reverse("people:today")


def test_A5_a_changed_password_ends_the_sessions_elsewhere(office: ManualClock) -> None:
    """Changing one's password ends every other session at once."""
    cast = Cast.of(office)
    person = with_password(cast)
    elsewhere, here = cast.browser(person), cast.browser(person)
    office.advance(60)
    here.post(reverse("people:password"), {"password": WRONG, "again": WRONG})
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_five_wrong_passwords_close_passwords_but_not_keys(
    office: ManualClock, office_config: OfficeConfig
) -> None:
    cast = Cast.of(office)
    person = with_password(cast)
    founding.give_demo_key(person, at=cast.now, disk=Disk())
    for _ in range(PASSWORDS.failures):
        assert by_password(cast.browser(), person, WRONG).status_code == 403
    assert by_password(cast.browser(), person, PASSWORD).status_code == 403
    assert touch(cast.browser(), soft(office_config, person)).status_code == 200
    office.advance(PASSWORDS.locked.total_seconds())
    assert by_password(cast.browser(), person, PASSWORD).status_code == 302


def test_one_computer_cannot_try_many_people(office: ManualClock) -> None:
    cast = Cast.of(office)
    people = [with_password(cast) for _ in range(7)]
    for person in people[:-1]:
        for _ in range(4):
            by_password(cast.browser(), person, WRONG)
    answer = by_password(cast.browser(), people[-1], PASSWORD)
    assert "しばらく待って" in answer.content.decode()
    office.advance(dt.timedelta(minutes=5).total_seconds() + 1)
    assert by_password(cast.browser(), people[-1], PASSWORD).status_code == 302


def test_an_unknown_number_is_refused_in_the_same_words(office: ManualClock) -> None:
    cast = Cast.of(office)
    known = with_password(cast)
    unknown = Person(login="nobody")
    texts = [
        by_password(cast.browser(), person, WRONG)
        .content.decode()
        .count("番号かパスワードが違います")
        for person in (known, unknown)
    ]
    assert texts == [1, 1]


def test_a_code_leads_to_a_first_key_once(office: ManualClock, office_config: OfficeConfig) -> None:
    cast = Cast.of(office)
    manager, person = cast.person("system_manager"), cast.person("operator")
    code = actions.issue_code(person, acting=cast.acting(manager))
    browser = cast.browser()
    sent = {"login": person.login, "code": code.lower().replace("-", " ")}
    answer = browser.post(reverse("people:by_code"), sent)
    assert answer.headers["Location"] == reverse("people:keys")
    assert "いまの任命がありません" in browser.get("/").content.decode()
    options = json.loads(browser.post(reverse("people:register_options")).content)
    key = SoftwareKey.create(
        office_config.demo_keys,
        OfficerId(person.officer),
        Disk(),
        origin=office_config.origin,
        host=office_config.host,
    )
    made = browser.post(
        reverse("people:register"),
        data=json.dumps({"label": "机のキー", "response": key.register(options)}),
        content_type="application/json",
    )
    assert made.json() == {"location": reverse("people:keys")}
    assert touch(cast.browser(), key).status_code == 200
    assert cast.browser().post(reverse("people:by_code"), sent).status_code == 403


def test_a_code_ends_after_a_week(office: ManualClock) -> None:
    cast = Cast.of(office)
    manager, person = cast.person("system_manager"), cast.person("operator")
    code = actions.issue_code(person, acting=cast.acting(manager))
    office.advance(7 * 86_400.0)
    answer = cast.browser().post(reverse("people:by_code"), {"login": person.login, "code": code})
    assert answer.status_code == 403


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_nobody_is_sent_elsewhere(office: ManualClock, elsewhere: str) -> None:
    cast = Cast.of(office)
    person = keyed(cast)
    answer = cast.browser().post(
        reverse("people:by_demo"), {"officer": person.officer, "next": elsewhere}
    )
    assert answer.headers["Location"] == reverse("people:today")


def test_the_network_address_is_not_stored_in_clear(office: ManualClock) -> None:
    cast = Cast.of(office)
    by_password(cast.browser(), Person(login="nobody"), WRONG)
    stored = bytes(SignIn.objects.get().origin)
    assert len(stored) == 16
    assert b"127" not in stored

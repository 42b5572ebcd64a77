# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rights begin and end with the appointment, whatever a session remembers."""

import datetime as dt

import pytest
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import day_start, instant
from machimori.office.people import actions
from machimori.office.people.testing import Cast
from machimori.office.shared.errors import ActionRefusedError

DAY = 86_400.0


def test_I4_rights_begin_and_end_with_the_appointment(office: ManualClock) -> None:
    """A page opens on the first day of an appointment and closes after the last, mid-session."""
    cast = Cast.of(office, profile="asahikawa")
    manager = cast.person("system_manager")
    person = cast.person("host")
    first = instant(day_start(dt.date(2026, 5, 15)))
    made = actions.appoint(
        person, "handling_supervisor", acting=cast.acting(manager), valid_from=first
    )
    page = reverse("people:appointments")
    browser = cast.browser(person)
    assert browser.get(page).status_code == 403
    office.advance(DAY)
    browser = cast.browser(person)
    assert browser.get(page).status_code == 200
    actions.end_appointment(made, acting=cast.acting(manager), until=cast.now)
    assert browser.get(page).status_code == 403


def test_a_session_ends_after_half_an_hour_of_nothing(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("operator"))
    for _ in range(3):
        office.advance(29 * 60)
        assert browser.get("/").status_code == 200
    office.advance(31 * 60)
    assert browser.get("/").status_code == 302


def test_a_session_ends_after_twelve_hours_of_work(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("operator"))
    answers = []
    for _ in range(37):
        office.advance(20 * 60)
        answers.append(browser.get("/").status_code)
    assert answers == [200] * 36 + [302]


def test_the_change_of_person_ends_the_session(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("operator"))
    answer = browser.post(reverse("people:change_person"))
    assert answer.headers["Location"] == reverse("people:sign_in")
    assert browser.get("/").status_code == 302


def test_a_scheme_without_a_post_cannot_be_entered(office: ManualClock) -> None:
    cast, other = Cast.of(office), Cast.of(office)
    person = cast.person("operator")
    browser = cast.browser(person)
    browser.post(reverse("people:change_scheme"), {"scheme": other.scheme.pk})
    assert browser.session["scheme"] == cast.scheme.pk
    with pytest.raises(ActionRefusedError):
        actions.appoint(person, "operator", acting=cast.acting(person), valid_from=cast.now)

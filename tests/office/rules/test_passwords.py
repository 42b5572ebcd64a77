# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rule about passwords is the one that the scheme adopted."""

import datetime as dt

import pytest
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.people import actions
from machimori.office.people.rules import PASSWORDS, password_rule
from machimori.office.people.testing import Cast
from machimori.office.rules.actions import Act, adopt
from machimori.office.shared.errors import ActionRefusedError

PASSWORD = "とても長い合言葉でした、本当です"


def test_K10_a_password_is_changed_after_the_city_s_own_interval(office: ManualClock) -> None:
    """堺 10(2) asks for regular changes; the city decides 30 days."""
    cast = Cast.of(office)
    manager, person = cast.person("system_manager"), cast.person("operator")
    assert password_rule([cast.scheme]).days == PASSWORDS.days
    today = cast.now.date()
    adopt(
        "access.rotation_days",
        30,
        reason="毎月",
        act=Act(number="", adopted_on=today, effective_from=today),
        acting=cast.acting(manager),
    )
    assert password_rule([cast.scheme]).days == 30
    actions.set_password(PASSWORD, acting=cast.acting(person))
    office.advance(dt.timedelta(days=30).total_seconds())
    sent = {"login": person.login, "password": PASSWORD}
    answer = cast.browser().post(reverse("people:by_password"), sent)
    assert answer.headers["Location"] == reverse("people:password")


def test_a_document_without_passwords_has_none(office: ManualClock) -> None:
    cast = Cast.of(office, profile="matsudo")
    with pytest.raises(ActionRefusedError):
        actions.set_password(PASSWORD, acting=cast.acting(cast.person("operator")))

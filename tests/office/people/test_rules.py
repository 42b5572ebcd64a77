# SPDX-License-Identifier: AGPL-3.0-or-later
"""Passwords follow the rules of the schemes in which a person holds a post."""

import datetime as dt
from collections.abc import Iterator

import pytest
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.people import actions, rules
from machimori.office.people.models import Scheme
from machimori.office.people.rules import PASSWORDS, PasswordRule, password_rule
from machimori.office.people.testing import Cast
from machimori.office.shared.errors import ActionRefusedError

NEVER = PasswordRule(allowed=False, days=None)
MONTHLY = PasswordRule(days=30, shortest=16)


@pytest.fixture
def source() -> Iterator[dict[str, PasswordRule]]:
    """Rules by scheme; others follow PASSWORDS."""
    found: dict[str, PasswordRule] = {}
    installed = rules._sources[0]
    rules.take_password_rules_from(lambda scheme: found.get(scheme.pk, PASSWORDS))
    yield found
    rules.take_password_rules_from(installed)


def test_two_schemes_give_the_stricter_rule(source: dict[str, PasswordRule]) -> None:
    source |= {"a": NEVER, "b": MONTHLY}
    both = password_rule([Scheme(id="a"), Scheme(id="b")])
    assert (both.allowed, both.days, both.shortest) == (True, 30, 16)
    assert password_rule([]) == PASSWORDS


def test_where_no_scheme_asks_for_passwords_there_are_none(
    office: ManualClock, source: dict[str, PasswordRule]
) -> None:
    cast = Cast.of(office)
    person = cast.person("operator")
    actions.set_password("とても長い合言葉でしたよ", acting=cast.acting(person))
    source[cast.scheme.pk] = NEVER
    sent = {"login": person.login, "password": "とても長い合言葉でしたよ"}
    assert cast.browser().post(reverse("people:by_password"), sent).status_code == 403
    with pytest.raises(ActionRefusedError):
        actions.set_password("もっと長い合言葉でしたよ", acting=cast.acting(person))


def test_K10_the_scheme_s_own_interval_counts(
    office: ManualClock, source: dict[str, PasswordRule]
) -> None:
    """Where the rules say 30 days, the password is changed after 30 days."""
    cast = Cast.of(office)
    source[cast.scheme.pk] = MONTHLY
    person = cast.person("operator")
    actions.set_password("とても長い合言葉でした、本当です", acting=cast.acting(person))
    office.advance(dt.timedelta(days=30).total_seconds())
    sent = {"login": person.login, "password": "とても長い合言葉でした、本当です"}
    answer = cast.browser().post(reverse("people:by_password"), sent)
    assert answer.headers["Location"] == reverse("people:password")

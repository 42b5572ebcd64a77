# SPDX-License-Identifier: AGPL-3.0-or-later
"""A rule under another rule, and its editions."""

import datetime as dt
from dataclasses import replace

import pytest

from machimori.policy.document import Version
from machimori.policy.errors import ContradictionError, PolicyError
from machimori.policy.hierarchy import edition, under
from machimori.policy.profile import Profile, parse
from machimori.policy.testing import document
from machimori.policy.wording import source

PARENT = """
[document]
id = "sakai-outline"
title = "堺市防犯カメラの運用等に関する要綱"
short = "堺要綱"
cited_as = "堺市の要綱"
city = "堺市"
kind = "in_force"
"""


def parent(answers: str = "") -> Profile:
    """What the 要綱 really says is not among the documents; these lines stand in for it."""
    return parse(PARENT + answers)


def test_K21_what_the_higher_rule_states_binds_with_its_own_clause() -> None:
    """What the higher rule states binds, by its own clause; its silence changes nothing."""
    higher = parent('[records]\nyears = { status = "stated", clause = "堺要綱 9", value = 10 }')
    profile = under(document("sakai"), higher)
    assert profile.number("records.years") == 10
    assert source(profile, "records.years").ja == "堺市の要綱9"
    assert source(profile, "retention.days").ja == "堺市の要領10(3)"
    rest = {key: answer for key, answer in profile.answers.items() if key != "records.years"}
    before = document("sakai").answers
    assert rest == {key: answer for key, answer in before.items() if key != "records.years"}


def test_K21_the_lower_rule_may_not_depart_from_it() -> None:
    """The lower rule may not depart from it; the refusal names both clauses."""
    higher = parent('[retention]\ndays = { status = "stated", clause = "堺要綱 5", value = 7 }')
    with pytest.raises(ContradictionError, match=r"堺 10\(3\) departs from 堺要綱 5"):
        under(document("sakai"), higher)


def test_two_documents_of_one_name_cannot_be_told_apart() -> None:
    with pytest.raises(PolicyError, match="both documents"):
        under(document("sakai"), document("sakai"))


def test_the_edition_of_a_day() -> None:
    last = document("sakai")
    first_day = Version(effective_from=dt.date(2016, 11, 30), note="施行")
    first = Profile(document=replace(last.document, versions=(first_day,)), given=last.given)
    assert edition((last, first), dt.date(2021, 10, 10)) is first
    assert edition((last, first), dt.date(2021, 10, 11)) is last
    with pytest.raises(PolicyError, match="no edition"):
        edition((last, first), dt.date(2016, 11, 29))

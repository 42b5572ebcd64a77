# SPDX-License-Identifier: AGPL-3.0-or-later
"""回議: whom a draft goes round to, and that nothing is decided before."""

from pathlib import Path

import pytest

from machimori.policy.adoption import adopt
from machimori.policy.contradictions import contradictions
from machimori.policy.errors import PolicyError
from machimori.policy.profile import Profile, profiles
from machimori.policy.rounds import KEYS, URGENT, round_posts
from machimori.policy.table import decision_table
from machimori.policy.testing import CHECKED, DAY, ORDINARY, adopted, adoption, ask, codes, document
from machimori.policy.text.composing import operating_rule
from machimori.policy.text.plain import plain_text

GOLDEN = Path(__file__).parent / "golden"
FACTS = {
    "ground": "urgent",
    "document_present": True,
    "identity_checked": True,
    "fields": ORDINARY,
    "checks": CHECKED,
    "signers": 1,
}


def going_round(name: str, *posts: str, urgent: bool = False) -> Profile:
    """The profile with every proposal adopted, and a round of these posts."""
    profile = adopted(name)
    said = [adoption(key, post) for key, post in zip(KEYS, posts, strict=False)]
    if urgent:
        said.append(adoption(URGENT, True))
    for one in said:
        profile = adopt(profile, one)
    return profile


@pytest.mark.parametrize("name", profiles())
def test_no_document_speaks_of_a_round_and_none_is_taken_for_granted(name: str) -> None:
    profile = document(name)
    assert round_posts(profile) == ()
    answer = profile.answer(KEYS[0])
    assert (answer.status, answer.value, answer.clause) == ("assumed", "none", "")
    assert not profile.applies(KEYS[1])


def test_the_order_is_that_of_the_questions_and_a_post_may_stand_twice() -> None:
    posts = ("operator", "handling_supervisor", "handling_supervisor")
    assert round_posts(going_round("inzai", *posts)) == posts


def test_the_second_place_needs_a_first() -> None:
    with pytest.raises(PolicyError):
        adopt(adopted("inzai"), adoption(KEYS[1], "operator"))


def test_nothing_is_decided_before_it_has_gone_round() -> None:
    profile = going_round("inzai", "handling_supervisor")
    (reason,) = ask(profile, "decide", "system_manager", **FACTS).reasons
    assert (reason.code, reason.key) == ("round", KEYS[0])
    assert "市の決定（令和8年4月1日 決裁）" in reason.text_ja
    assert ask(profile, "decide", "system_manager", circulated=True, **FACTS).allowed
    assert ask(adopted("inzai"), "decide", "system_manager", **FACTS).allowed


def test_who_agreed_does_not_decide() -> None:
    profile = going_round("inzai", "system_manager")
    facts = FACTS | {"circulated": True, "agreed": True}
    assert codes(ask(profile, "decide", "system_manager", **facts)) == {"agreed"}


def test_an_urgent_one_waits_unless_the_city_says_otherwise() -> None:
    """And only on a ground whose document may follow."""
    facts = FACTS | {"ground": "investigation", "application_filed": True, "urgent": True}
    waits = going_round("sakai", "operator")
    assert codes(ask(waits, "decide", "system_manager", **facts)) == {"round"}
    hurries = going_round("sakai", "operator", urgent=True)
    assert ask(hurries, "decide", "system_manager", **facts).allowed
    ordinary = facts | {"urgent": False}
    assert codes(ask(hurries, "decide", "system_manager", **ordinary)) == {"round"}
    another = going_round("inzai", "handling_supervisor", urgent=True)
    assert codes(ask(another, "decide", "system_manager", **FACTS, urgent=True)) == {"round"}


def test_a_post_that_is_not_there_is_a_contradiction() -> None:
    found = contradictions(going_round("sakai", "handling_supervisor"))
    assert [(one.code, one.key) for one in found] == [("absent_post", KEYS[0])]


def test_the_golden_table_gains_exactly_what_the_round_refuses() -> None:
    before = set((GOLDEN / "inzai.adopted.tsv").read_text().splitlines())
    after = set(decision_table(going_round("inzai", "handling_supervisor")).splitlines())
    assert before <= after
    assert sorted(after - before) == (GOLDEN / "inzai.round.txt").read_text().splitlines()


def test_the_operating_rule_says_who_reads_the_draft() -> None:
    rules = going_round("inzai", "operator", "handling_supervisor", urgent=True)
    text = plain_text(operating_rule(rules, on=DAY))
    assert "の順に回議し、それぞれ別の者が確認するものとする。" in text
    assert "前項の規定による確認を待たずに決定することができる。" in text
    assert "回議" not in plain_text(operating_rule(adopted("inzai"), on=DAY))

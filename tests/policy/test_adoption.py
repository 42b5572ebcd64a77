# SPDX-License-Identifier: AGPL-3.0-or-later
"""A city's decisions: within the document, with a day of effect, all or one by one."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.policy.adoption import adopt, in_force, open_points, undecided
from machimori.policy.errors import ContradictionError, PolicyError
from machimori.policy.profile import parse, profiles
from machimori.policy.testing import DAY, adopted, adoption, ask, codes, document, with_proposals

JUNE = dt.date(2026, 6, 1)


@pytest.mark.parametrize("name", profiles())
def test_every_proposal_at_once_leaves_nothing_open(name: str) -> None:
    assert open_points(document(name))
    assert undecided(adopted(name)) == ()


def test_P6_the_start_page_counts_what_is_open() -> None:
    """堺 leaves seven questions that block; a decision on one leaves six."""
    profile = document("sakai")
    assert len(open_points(profile)) == 7
    assert len(open_points(adopt(profile, adoption("access.rotation_days", 90)))) == 6


@given(days=st.integers(min_value=-5, max_value=40))
def test_A10_one_whole_number_of_days_inside_the_outlines_range(days: int) -> None:
    """The city chooses 7 to 14 days and how they are counted; before that there is no rule."""
    profile = document("asahikawa")
    if 7 <= days <= 14:
        chosen = adopt(profile, adoption("retention.days", days))
        chosen = adopt(chosen, adoption("retention.count_from", "next_day"))
        assert chosen.retention().days == days
    else:
        with pytest.raises((ContradictionError, PolicyError)):
            adopt(profile, adoption("retention.days", days))


def test_A10_the_range_binds_later_decisions_too() -> None:
    """Having chosen once does not free the city from the outline."""
    chosen = adopt(document("asahikawa"), adoption("retention.days", 10))
    with pytest.raises(ContradictionError, match="at most 14"):
        adopt(chosen, adoption("retention.days", 30))


def test_I6_at_most_two_weeks() -> None:
    """The city may choose less than two weeks; fifteen days contradict 3(4)イ."""
    profile = adopt(document("inzai"), adoption("retention.days", 14))
    last = profile.retention().last_day(dt.date(2026, 5, 1))
    assert last == dt.date(2026, 5, 14)
    with pytest.raises(ContradictionError, match=r"印西 3\(4\)イ"):
        adopt(document("inzai"), adoption("retention.days", 15))


def test_K11_two_weeks_to_the_same_weekday_cannot_be_changed() -> None:
    """The same weekday of the week after next; no decision of the city changes it."""
    day = dt.date(2026, 5, 14)
    assert document("sakai").retention().last_day(day).weekday() == day.weekday()
    assert document("sakai").retention().last_day(day) == dt.date(2026, 5, 28)
    with pytest.raises(ContradictionError, match=r"堺 10\(3\)"):
        adopt(document("sakai"), adoption("retention.days", 7))


def test_no_ground_is_added_to_a_closed_list() -> None:
    for name in profiles():
        with pytest.raises(ContradictionError, match="no ground"):
            adopt(document(name), adoption("grounds.curiosity.label", "見たいとき"))


def test_a_running_case_keeps_the_rules_of_the_day_it_began() -> None:
    decisions = [
        adoption("access.rotation_days", 180),
        adoption("access.rotation_days", 90, effective_from=JUNE),
    ]
    base = document("sakai")
    before = in_force(base, decisions, JUNE - dt.timedelta(days=1))
    assert before.number("access.rotation_days") == 180
    assert in_force(base, decisions, JUNE).number("access.rotation_days") == 90
    eve = in_force(base, decisions, DAY - dt.timedelta(days=1))
    assert eve.answer("access.rotation_days").status == "unset"


def test_of_two_decisions_the_later_one_counts_in_whatever_order_they_come() -> None:
    decisions = [
        adoption("access.rotation_days", 90, effective_from=JUNE),
        adoption("access.rotation_days", 180),
    ]
    assert in_force(document("sakai"), decisions, JUNE).number("access.rotation_days") == 90


def test_a_decision_that_another_puts_out_of_place_is_dormant() -> None:
    """Days of a hold wait for as long as the city does not want holds at all."""
    decisions = [
        adoption("grounds.other.hold", True),
        adoption("grounds.other.hold_days", 20),
        adoption("grounds.other.hold", False, effective_from=JUNE),
    ]
    profile = document("sakai")
    assert in_force(profile, decisions, DAY).number("grounds.other.hold_days") == 20
    later = in_force(profile, decisions, JUNE)
    assert not later.applies("grounds.other.hold_days")


def test_a_decision_has_no_effect_before_it_is_taken() -> None:
    early = adoption("access.rotation_days", 90, effective_from=DAY - dt.timedelta(days=1))
    with pytest.raises(PolicyError, match="before the day"):
        adopt(document("sakai"), early)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("retention.weeks", 2),
        ("access.rotation_days", "90"),
        ("access.rotation_days", 0),
        ("internal.acts", ("view", "sell")),
        ("emergency.accident", True),
    ],
)
def test_a_value_that_is_none_of_the_questions_is_refused(key: str, value: object) -> None:
    with pytest.raises(PolicyError) as caught:
        adopt(document("sakai"), adoption(key, value))  # type: ignore[arg-type]
    assert caught.value.where == key


def test_a_sixth_city_is_made_of_data_alone() -> None:
    """天王寺区: seven days from the day after, extended by the manager within the city's limit."""
    profile = parse((Path(__file__).parent / "tennoji.toml").read_text())
    last = profile.retention().last_day(dt.date(2026, 5, 1))
    assert last == dt.date(2026, 5, 8)
    assert codes(ask(profile, "extend_retention", "system_manager", days=7, reason_given=True)) == {
        "unset"
    }
    chosen = with_proposals(profile)
    facts = {"reason_given": True, "days": 30}
    assert ask(chosen, "extend_retention", "system_manager", **facts).allowed
    assert codes(ask(chosen, "extend_retention", "system_manager", reason_given=True, days=31)) == {
        "extension_days"
    }
    assert codes(ask(chosen, "extend_retention", "system_manager", days=7)) == {"reason"}
    assert codes(ask(chosen, "extend_retention", "handling_supervisor", **facts)) >= {"post_absent"}

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What each document decides about the ordinary way, requirement by requirement."""

import pytest

from machimori.policy.document import ProfileId
from machimori.policy.errors import PolicyError
from machimori.policy.grounds import grounds
from machimori.policy.profile import profiles
from machimori.policy.requests import Act
from machimori.policy.testing import RECORD, adopted, ask, clauses, codes, document

FOOTAGE: tuple[Act, ...] = (
    "view",
    "copy",
    "print",
    "check_completion",
    "redact_copy",
    "use_internally",
    "watch_live",
    "extract_emergency",
    "acquire_directly",
)


@pytest.mark.parametrize("act", FOOTAGE)
def test_M3_a_host_sees_no_footage(act: Act) -> None:
    """Every act on footage is refused to a host, by the leaflet's own words."""
    decision = ask(adopted("matsudo"), act, "host", ground="police", approved=True)
    assert not decision.allowed
    assert "松戸 Q「撮影した画像は見られないのか」" in clauses(decision)


def test_I13_identity_and_record_before_hand_over_and_use() -> None:
    """Neither use nor hand-over before identity, time, recipient, content and reason are there."""
    profile = adopted("inzai")
    facts = {"ground": "investigation", "approved": True, "completion_checked": True}
    bare = ask(profile, "hand_over", "operator", **facts)
    assert codes(bare) == {"identity", "recorded"}
    assert clauses(bare) == {"印西 3(6)"}
    for missing in ("time", "recipient", "content", "reason"):
        part = ask(
            profile,
            "hand_over",
            "operator",
            identity_checked=True,
            recorded=RECORD - {missing},
            **facts,
        )
        assert codes(part) == {"recorded"}
    assert ask(
        profile, "hand_over", "operator", identity_checked=True, recorded=RECORD, **facts
    ).allowed
    use = {"ground": "urgent", "use": "view", "reason_given": True}
    assert codes(ask(profile, "use_internally", "operator", **use)) == {"recorded"}
    assert ask(profile, "use_internally", "operator", recorded=RECORD, **use).allowed


@pytest.mark.parametrize("name", ["inzai", "asahikawa", "sakai"])
def test_A9_K11_no_editing_of_footage(name: str) -> None:
    """Never in 旭川, for disclosure only in 堺, on an approved ground only in 印西."""
    profile = adopted(name)
    post = "handling_supervisor" if name == "asahikawa" else "operator"
    ground = grounds(profile)[0].id
    facts = {"ground": ground, "approved": True}
    assert ask(profile, "redact_copy", post, **facts).allowed is (name == "inzai")
    disclosed = ask(profile, "redact_copy", post, for_disclosure=True, **facts)
    assert disclosed.allowed is (name != "asahikawa")
    assert not ask(profile, "redact_copy", post, ground=ground, for_disclosure=True).allowed


def test_A15_nothing_is_saved_without_the_managers_instruction() -> None:
    """By the 取扱責任者 at a dedicated computer, inside what was instructed."""
    profile = adopted("asahikawa")
    good = {
        "ground": "law",
        "approved": True,
        "instructed": True,
        "within_range": True,
        "at_terminal": True,
        "place": "office",
    }
    assert ask(profile, "copy", "handling_supervisor", **good).allowed
    for fact, code in (
        ("instructed", "instruction"),
        ("within_range", "range"),
        ("at_terminal", "terminal"),
        ("approved", "approval"),
    ):
        assert codes(ask(profile, "copy", "handling_supervisor", **(good | {fact: False}))) == {
            code
        }
    assert codes(ask(profile, "copy", "operator", **good)) == {"post"}


def test_A3_who_saves_without_a_handling_supervisor_is_for_the_city() -> None:
    """Who saves without a 取扱責任者 is unset; the post that the city chooses then does."""
    facts = {
        "ground": "law",
        "approved": True,
        "instructed": True,
        "within_range": True,
        "at_terminal": True,
        "place": "office",
        "supervisor_vacant": True,
    }
    assert codes(ask(document("asahikawa"), "copy", "operator", **facts)) == {"unset"}
    assert ask(adopted("asahikawa"), "copy", "operator", **facts).allowed


def test_K15_the_manager_checks_and_never_a_copy_of_their_own() -> None:
    """The manager checks, never the maker of the copy; nothing is handed over before."""
    profile = adopted("sakai")
    assert ask(profile, "check_completion", "system_manager").allowed
    assert codes(ask(profile, "check_completion", "system_manager", own_act=True)) == {"own_act"}
    assert clauses(ask(profile, "check_completion", "operator")) == {"堺 11(2)"}
    early = ask(
        profile,
        "hand_over",
        "operator",
        ground="investigation",
        approved=True,
        identity_checked=True,
        recorded=RECORD,
    )
    assert codes(early) == {"completion"}


def test_K19_a_statutory_request_is_no_provision_case() -> None:
    """A statutory request is turned away from provision at intake, with its clause."""
    decision = ask(adopted("sakai"), "take_in", "operator", ground="disclosure")
    assert codes(decision) == {"own_procedure"}
    assert clauses(decision) == {"堺 11(6)"}


def test_K1_K2_outside_the_purpose_or_not_footage() -> None:
    """No act outside the purpose; a camera that identifies nobody makes no 画像."""
    profile = adopted("sakai")
    off = ask(profile, "take_in", "operator", off_purpose=True)
    assert clauses(off) == {"堺 2"}
    vague = ask(profile, "take_in", "operator", camera_identifies=False)
    assert clauses(vague) == {"堺 3"}


def test_K5_K22_copies_are_made_by_operators_at_the_terminals_in_the_two_rooms() -> None:
    """Copies are made by operators at the terminals in the two rooms, and by nobody elsewhere."""
    profile = adopted("sakai")
    good = {
        "ground": "inquiry",
        "approved": True,
        "instructed": True,
        "within_range": True,
        "at_terminal": True,
        "place": "monitoring_room",
    }
    assert ask(profile, "copy", "operator", **good).allowed
    elsewhere = ask(profile, "copy", "operator", **(good | {"place": "hall"}))
    assert clauses(elsewhere) == {"堺 10(2)"}
    for post in ("viewer", "guard", "system_administrator", "auditor"):
        assert not ask(profile, "copy", post, **good).allowed


@pytest.mark.parametrize("name", profiles())
def test_a_deputy_needs_a_delegation(name: ProfileId) -> None:
    profile = adopted(name)
    (post,) = profile.names("acts.deputise") or ()
    assert "delegation" in codes(ask(profile, "deputise", post))
    assert "delegation" not in codes(ask(profile, "deputise", post, delegated=True))


def test_a_citys_own_decision_is_named_as_such() -> None:
    decision = ask(adopted("sakai"), "place_hold", "operator", ground="investigation")
    assert "市の決定（令和8年4月1日 決裁）" in [said.ja for said in decision.basis]


def test_an_unknown_post_is_an_error_and_no_refusal() -> None:
    with pytest.raises(PolicyError, match="no such post"):
        ask(document("sakai"), "view", "mayor")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What each document decides, requirement by requirement."""

import datetime as dt

import pytest

from machimori.kernel.instants import TOKYO
from machimori.policy.decisions import decide
from machimori.policy.document import ProfileId
from machimori.policy.errors import PolicyError
from machimori.policy.grounds import grounds
from machimori.policy.profile import profiles
from machimori.policy.requests import Act, Request
from machimori.policy.testing import NOON, ORDINARY, RECORD, adopted, ask, clauses, codes, document

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
CHECKED = frozenset(("within_retention", "identifiable"))


@pytest.mark.parametrize("act", FOOTAGE)
def test_M3_a_host_sees_no_footage(act: Act) -> None:
    """Every act on footage is refused to a host, by the leaflet's own words."""
    decision = ask(adopted("matsudo"), act, "host", ground="police", approved=True)
    assert not decision.allowed
    assert "松戸 Q「撮影した画像は見られないのか」" in clauses(decision)


def test_M8_no_provision_to_the_police_without_their_document() -> None:
    """Not even in an emergency: the leaflet knows a written request and nothing else."""
    facts = {"ground": "police", "fields": ORDINARY, "checks": CHECKED, "signers": 1}
    for urgent in (False, True):
        refused = ask(
            adopted("matsudo"),
            "decide",
            "system_manager",
            urgent=urgent,
            identity_checked=True,
            **facts,
        )
        assert codes(refused) == {"document"}
    assert ask(
        adopted("matsudo"), "decide", "system_manager", document_present=True, **facts
    ).allowed


def test_S6_direct_acquisition_from_the_agreements_cameras_by_its_stations() -> None:
    """Refused on other cameras, to other stations, before the agreement, without a case."""
    profile = adopted("saga")
    good = {
        "agreement": "project",
        "station": "佐賀南警察署",
        "ground": "incident",
        "case_reference": True,
        "at_terminal": True,
    }
    assert ask(profile, "acquire_directly", "police_operator", **good).allowed
    for change, code in (
        ({"agreement": ""}, "agreement"),
        ({"station": "鳥栖警察署"}, "station"),
        ({"case_reference": False}, "case_reference"),
        ({"ground": ""}, "ground"),
        ({"at_terminal": False}, "terminal"),
    ):
        refused = ask(profile, "acquire_directly", "police_operator", **(good | change))
        assert codes(refused) == {code}
    before = Request(
        act="acquire_directly",
        post="police_operator",
        hours="open",
        at=dt.datetime(2023, 10, 12, 23, 59, tzinfo=TOKYO),
        agreement="project",
        station="佐賀北警察署",
        ground="incident",
        case_reference=True,
        at_terminal=True,
    )
    assert codes(decide(profile, before)) == {"agreement_day"}


def test_I9_live_view_is_impossible() -> None:
    """印西 forbids the monitor itself, whoever asks and wherever they stand."""
    for post in ("system_manager", "operator"):
        decision = ask(adopted("inzai"), "watch_live", post, place="hall", listed=True)
        assert clauses(decision) == {"印西 3(4)オ"}


def test_I12_no_use_and_no_provision_without_a_ground() -> None:
    """The refusal names all grounds there are; each of them opens both use and provision."""
    profile = adopted("inzai")
    decision = ask(profile, "decide", "system_manager", signers=1)
    (reason,) = decision.reasons
    assert reason.text_ja.startswith(
        "提供の根拠が選ばれていません。"
        "印西市のガイドライン（案）3(6)が認めるのは、次の場合だけです。"
    )
    for ground in grounds(profile):
        assert ground.label in reason.text_ja
        assert ground.opens == ("provision", "use")
    use = ask(profile, "use_internally", "operator", use="view", reason_given=True, recorded=RECORD)
    assert codes(use) == {"ground"}


def test_I13_identity_and_record_before_hand_over_and_use() -> None:
    """Identity, time, recipient, content and reason; none may be missing."""
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


def test_I6_a_hold_for_a_statutory_inquiry_only() -> None:
    """Every other ground is refused by 3(4)イ, with the words of the page."""
    profile = adopted("inzai")
    assert ask(profile, "place_hold", "operator", ground="inquiry").allowed
    for ground in ("deterrence", "investigation", "urgent"):
        decision = ask(profile, "place_hold", "operator", ground=ground)
        assert clauses(decision) == {"印西 3(4)イ"}


def test_P5_where_the_document_is_silent_a_hold_is_unset() -> None:
    """旭川 and 堺 say nothing about holds: no hold, and no scheme waits for it."""
    for name, ground in (("asahikawa", "law"), ("sakai", "investigation")):
        decision = ask(document(name), "place_hold", "system_manager", ground=ground)
        (reason,) = decision.reasons
        assert reason.code == "unset"
        assert reason.clause == ""
        assert "この根拠で保存を延ばす定めがありません" in reason.text_ja


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


def test_A12_internal_use_with_reason_and_permitted_attendees() -> None:
    """The three may view, print and copy; others attend with the manager's permission."""
    profile = adopted("asahikawa")
    for post in ("system_manager", "handling_supervisor", "operator"):
        for use in ("view", "print", "copy"):
            facts = {"use": use, "recorded": RECORD, "reason_given": True}
            assert ask(profile, "use_internally", post, **facts).allowed
            attended = ask(profile, "use_internally", post, attendees=1, **facts)
            assert codes(attended) == {"permission"}
            assert ask(
                profile, "use_internally", post, attendees=1, permitted=True, **facts
            ).allowed
    assert codes(ask(profile, "use_internally", "operator", use="view", recorded=RECORD)) == {
        "reason"
    }


def test_A13_third_parties_on_three_grounds_only() -> None:
    """Consent, law, urgent need: each with its clause, and nothing beside them."""
    found = grounds(adopted("asahikawa"))
    assert [(ground.basis, ground.clause) for ground in found] == [
        ("consent", "旭川 3(4)①"),
        ("law", "旭川 3(4)②"),
        ("urgent", "旭川 3(4)③"),
    ]
    facts = {
        "ground": "consent",
        "application_filed": True,
        "document_present": True,
        "fields": ORDINARY,
        "checks": CHECKED,
        "signers": 1,
    }
    profile = adopted("asahikawa")
    assert codes(ask(profile, "decide", "system_manager", consents="applicant", **facts)) == {
        "consent"
    }
    assert ask(profile, "decide", "system_manager", consents="each", **facts).allowed
    assert codes(ask(profile, "decide", "system_manager", **(facts | {"ground": "curiosity"}))) == {
        "ground"
    }


def test_A14_no_decision_before_the_application() -> None:
    """The prescribed 申請書 comes first, on each of the three grounds."""
    profile = adopted("asahikawa")
    for ground in grounds(profile):
        decision = ask(
            profile,
            "decide",
            "system_manager",
            ground=ground.id,
            document_present=True,
            fields=ORDINARY,
            checks=CHECKED,
            consents="each",
            signers=1,
        )
        assert codes(decision) == {"application"}
        assert clauses(decision) == {"旭川 3(4)"}


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
    """Unset as shipped; once decided, the post chosen saves while the other is vacant."""
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


@pytest.mark.parametrize("hours", ["closed_day", "early", "night", "open"])
def test_A17_emergency_extraction_out_of_hours_on_the_chiefs_order(hours: str) -> None:
    """Ordered by the chief, carried out by another, for a crime, when the office is closed."""
    profile = adopted("asahikawa")
    order = Request(
        act="order_emergency",
        post="police_image_manager",
        hours=hours,  # type: ignore[arg-type]  # one of the four, from the list above
        at=NOON,
        cause="crime",
        reason_given=True,
    )
    assert decide(profile, order).allowed is (hours != "open")
    if hours == "open":
        (reason,) = decide(profile, order).reasons
        assert reason.text_ja.startswith("いまは開庁時間です。通常の申請をしてください")


def test_A17_the_order_comes_first_and_names_a_crime() -> None:
    """No order, an accident, one's own order: each is refused; a deputy needs a delegation."""
    profile = adopted("asahikawa")
    good = {"cause": "crime", "ordered": True, "at_terminal": True}
    assert ask(profile, "extract_emergency", "police_operator", "night", **good).allowed
    for change, code in (
        ({"ordered": False}, "order"),
        ({"cause": "accident"}, "cause"),
        ({"cause": ""}, "cause"),
        ({"at_terminal": False}, "terminal"),
        ({"own_act": True}, "own_order"),
    ):
        refused = ask(profile, "extract_emergency", "police_operator", "night", **(good | change))
        assert codes(refused) == {code}
    order = {"cause": "crime", "reason_given": True}
    assert codes(ask(profile, "order_emergency", "police_operator", "night", **order)) == {"post"}
    assert ask(
        profile, "order_emergency", "police_operator", "night", delegated=True, **order
    ).allowed
    for stranger in ("operator", "system_manager", "host", "administrator"):
        assert not ask(
            profile, "order_emergency", stranger, "night", delegated=True, **order
        ).allowed


def test_A17_as_shipped_the_deadline_is_unset_and_blocks() -> None:
    """遅滞なく is no number: nothing is taken out before the city has set one."""
    decision = ask(
        document("asahikawa"),
        "extract_emergency",
        "police_operator",
        "night",
        cause="crime",
        ordered=True,
        at_terminal=True,
    )
    assert {reason.key for reason in decision.reasons} == {
        "emergency.request_within",
        "emergency.request_until",
    }
    assert codes(decision) == {"unset"}


def test_K6_guards_on_the_list_watch_in_the_two_rooms_only() -> None:
    """A guard whom the contractor reported, in the guard room or the monitoring room."""
    profile = adopted("sakai")
    for place in ("guard_room", "monitoring_room"):
        assert ask(profile, "watch_live", "guard", place=place, listed=True).allowed
        assert codes(ask(profile, "watch_live", "guard", place=place)) == {"listed"}
    assert codes(ask(profile, "watch_live", "guard", place="hall", listed=True)) == {"place"}
    assert codes(ask(profile, "watch_live", "operator", place="guard_room")) == {"post"}
    assert not ask(
        profile, "view", "guard", ground="investigation", approved=True, within_range=True
    ).allowed


def test_K13_five_grounds_and_two_signatures_for_any_other_need() -> None:
    """The second approver of (オ) is ours: no clause is cited for it."""
    profile = adopted("sakai")
    assert [ground.clause for ground in grounds(profile)] == [
        f"堺 11(1)({letter})" for letter in "アイウエオ"
    ]
    facts = {
        "ground": "other",
        "document_present": True,
        "fields": ORDINARY,
        "checks": CHECKED,
    }
    once = ask(profile, "decide", "system_manager", signers=1, **facts)
    assert codes(once) == {"signers"}
    assert clauses(once) == set()
    assert ask(profile, "decide", "system_manager", signers=2, **facts).allowed
    assert grounds(profile)[-1].counted_publicly


def test_K14_the_inquiry_or_identity_and_permission_first() -> None:
    """In an emergency the document may follow; identity and the manager's signature may not."""
    profile = adopted("sakai")
    facts = {"ground": "investigation", "fields": ORDINARY, "checks": CHECKED, "signers": 1}
    ordinary = ask(profile, "decide", "system_manager", identity_checked=True, **facts)
    assert codes(ordinary) == {"document"}
    assert "捜査関係事項照会書" in ordinary.reasons[0].text_ja
    assert clauses(ordinary) == {"堺 11(1)(イ)"}
    assert codes(ask(profile, "decide", "system_manager", urgent=True, **facts)) == {"identity"}
    urgent = {"urgent": True, "identity_checked": True}
    assert ask(profile, "decide", "system_manager", **urgent, **facts).allowed
    unsigned = ask(profile, "decide", "system_manager", **urgent, **(facts | {"signers": 0}))
    assert codes(unsigned) == {"signers"}


def test_K15_the_manager_checks_and_never_a_copy_of_their_own() -> None:
    """Nor does the operator who made it, nor hand-over go before the check."""
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


def test_K17_K18_the_persons_own_request_has_its_fields_and_checks() -> None:
    """Another person's consent papers are asked of others only; all four checks are answered."""
    profile = adopted("sakai")
    own = frozenset(("address", "name", "contact", "purpose", "place", "time", "photo_id"))
    checks = CHECKED | {"exempt_information", "removable"}
    facts = {"ground": "consent", "document_present": True, "signers": 1}
    assert ask(
        profile,
        "decide",
        "system_manager",
        by_subject=True,
        fields=own,
        checks=checks,
        **facts,
    ).allowed
    another = ask(
        profile,
        "decide",
        "system_manager",
        fields=own,
        checks=checks,
        consents="applicant",
        **facts,
    )
    assert codes(another) == {"fields"}
    assert clauses(another) == {"堺 11(4)"}
    for missing in checks:
        decision = ask(
            profile,
            "decide",
            "system_manager",
            by_subject=True,
            fields=own,
            checks=checks - {missing},
            **facts,
        )
        assert codes(decision) == {"checks"}
        assert clauses(decision) == {"堺 11(5)"}


def test_K19_a_statutory_request_is_no_provision_case() -> None:
    """It is turned away at intake, with the clause that sends it its own way."""
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
    """Elsewhere, or by anybody else, nothing is copied."""
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
    for post in ("viewer", "guard", "administrator", "auditor"):
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

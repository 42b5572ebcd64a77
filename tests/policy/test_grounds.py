# SPDX-License-Identifier: AGPL-3.0-or-later
"""What each ground asks for before a decision, and which grounds hold."""

from machimori.policy.grounds import grounds
from machimori.policy.testing import (
    CHECKED,
    ORDINARY,
    RECORD,
    adopted,
    ask,
    clauses,
    codes,
    document,
)


def test_M8_no_provision_to_the_police_without_their_document() -> None:
    """No approval without the document; the leaflet knows no emergency."""
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


def test_I12_no_use_and_no_provision_without_a_ground() -> None:
    """Neither use nor provision without one; the refusal names all there are."""
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


def test_I6_a_hold_for_a_statutory_inquiry_only() -> None:
    """A hold for a statutory inquiry only; every other ground is refused by 3(4)イ."""
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


def test_K13_five_grounds_and_two_signatures_for_any_other_need() -> None:
    """Five grounds with their clauses; (オ) takes two signatures, which is ours and cites none."""
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


def test_K17_K18_the_persons_own_request_has_its_fields_and_checks() -> None:
    """The six items and four checks; another person's consent papers are asked of others only."""
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

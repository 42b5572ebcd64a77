# SPDX-License-Identifier: AGPL-3.0-or-later
"""What does not go together is found, and the five documents are free of it."""

import pytest

from machimori.policy.adoption import adopt
from machimori.policy.answers import Value
from machimori.policy.contradictions import contradictions
from machimori.policy.profile import parse, profiles
from machimori.policy.testing import adopted, adoption, document


@pytest.mark.parametrize("name", profiles())
def test_neither_the_documents_nor_the_proposals_contradict_themselves(name: str) -> None:
    assert contradictions(document(name)) == ()
    assert contradictions(adopted(name)) == ()


@pytest.mark.parametrize(
    ("name", "key", "value", "code"),
    [
        ("sakai", "acts.take_in", ("handling_supervisor",), "absent_post"),
        ("sakai", "acts.take_in", (), "nobody"),
        ("matsudo", "acts.view", ("host",), "no_footage"),
        ("matsudo", "acts.check_completion", ("handling_supervisor",), "own_copies"),
        ("inzai", "acts.check_completion", ("operator", "system_manager"), "deputy_checks"),
        ("sakai", "grounds.inquiry.signers", 3, "signers"),
        ("sakai", "signing.destruction", 3, "signers"),
        ("asahikawa", "grounds.consent.consent_scope", "applicant", "masking"),
        ("asahikawa", "grounds.consent.checks", ("removable",), "redaction"),
        ("sakai", "signing.max_hold_days", 10, "hold_days"),
        ("inzai", "terminals.places", ("cellar",), "unknown_place"),
        ("asahikawa", "emergency.deputies", ("guard",), "absent_post"),
        ("asahikawa", "forms.receipt.number", "様式第9号", "form_title"),
        ("asahikawa", "calendar.opens_at", "18:00", "clock"),
        ("sakai", "laws.ordinance.effective_from", None, "law_dates"),
    ],
)
def test_a_decision_that_defeats_another_rule_is_found(
    name: str, key: str, value: Value | None, code: str
) -> None:
    base = adopted(name)
    if value is None:
        value = base.day("laws.act.effective_from")
        assert value is not None
    profile = adopt(base, adoption(key, value))
    assert code in {found.code for found in contradictions(profile)}


HEAD = """
[document]
id = "mura"
title = "村の要綱"
short = "村"
cited_as = "村の要綱"
city = "村"
kind = "draft"
"""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_ground"),
        (
            '[direct]\nallowed = { status = "stated", clause = "村 1", value = true }',
            "no_agreement",
        ),
        (
            '[emergency]\nallowed = { status = "stated", clause = "村 1", value = true }',
            "no_terminal",
        ),
        (
            '[emergency]\nallowed = { status = "stated", clause = "村 1", value = true }\n'
            'crime = { status = "stated", clause = "村 1", value = false }\n'
            'accident = { status = "stated", clause = "村 1", value = false }',
            "no_cause",
        ),
        (
            '[emergency]\nallowed = { status = "stated", clause = "村 1", value = true }\n'
            'hours = { status = "stated", clause = "村 1", value = ["open"] }',
            "office_hours",
        ),
        (
            '[emergency]\nallowed = { status = "stated", clause = "村 1", value = true }\n'
            '[acts]\norder_emergency = { status = "stated", clause = "村 1", '
            'value = ["police_operator"] }\nextract_emergency = { status = "stated", '
            'clause = "村 1", value = ["police_operator"] }',
            "own_order",
        ),
        (
            '[live]\nmode = { status = "stated", clause = "村 1", value = "named_posts" }\n'
            'places = { status = "stated", clause = "村 1", value = [] }',
            "no_place",
        ),
    ],
)
def test_a_document_that_defeats_itself_is_found(text: str, code: str) -> None:
    assert code in {found.code for found in contradictions(parse(HEAD + text))}

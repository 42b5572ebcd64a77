# SPDX-License-Identifier: AGPL-3.0-or-later
"""What holds of every decision, whatever the request and whichever the city."""

import dataclasses
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from machimori.policy.decisions import decide
from machimori.policy.profile import Profile, profiles
from machimori.policy.questions import catalogue
from machimori.policy.requests import Act, Hours, Request
from machimori.policy.testing import NOON, ORDINARY, RECORD, adopted, document

RULES = [rules(name) for name in profiles() for rules in (document, adopted)]
SUPPORTING = (
    "camera_identifies",
    "application_filed",
    "document_present",
    "identity_checked",
    "permitted",
    "approved",
    "instructed",
    "within_range",
    "at_terminal",
    "completion_checked",
    "for_disclosure",
    "reason_given",
    "ordered",
    "case_reference",
    "listed",
)
"""Facts that can only speak for an act."""


@st.composite
def asked(draw: st.DrawFn) -> tuple[Profile, Request]:
    profile = draw(st.sampled_from(RULES))
    act: Act = draw(st.sampled_from(get_args(Act)))
    everybody = tuple(post.id for post in catalogue().members["posts"])
    proper = profile.names(f"acts.{act}") or everybody
    # Mostly in order: a request in which half is missing is refused and shows little.
    mostly = st.integers(0, 19).map(bool)
    seldom = mostly.map(lambda often: not often)
    request = Request(
        act=act,
        post=draw(st.sampled_from(proper if draw(mostly) else everybody)),
        at=NOON,
        hours=draw(st.sampled_from(get_args(Hours))),
        ground=draw(st.sampled_from((*profile.members("grounds"), ""))),
        off_purpose=draw(seldom),
        urgent=draw(seldom),
        fields=draw(st.sampled_from((_every("grounds.x.fields"), ORDINARY))),
        by_subject=draw(seldom),
        checks=_every("grounds.x.checks") if draw(mostly) else frozenset(),
        consents=draw(st.sampled_from(("each", "applicant", ""))),
        signers=draw(st.sampled_from((2, 1, 3, 0))),
        delegated=draw(st.just(act == "deputise") | seldom),
        place=draw(st.sampled_from(("guard_room", "office", "police", ""))),
        supervisor_vacant=draw(seldom),
        own_act=draw(seldom),
        recorded=RECORD if draw(mostly) else frozenset(),
        days=draw(st.integers(0, 40)),
        use=draw(st.sampled_from(("view", "print", "copy", ""))),
        attendees=draw(st.integers(0, 1)),
        cause=draw(st.sampled_from(("crime", "accident", ""))),
        agreement=draw(st.sampled_from((*profile.members("agreements"), ""))),
        station=draw(st.sampled_from(("佐賀南警察署", ""))),
        **{name: draw(mostly) for name in SUPPORTING},
    )
    return profile, request


def _every(key: str) -> frozenset[str]:
    return frozenset(choice.id for choice in catalogue().question(key).choices)


@settings(max_examples=200)
@given(asked(), st.sampled_from(SUPPORTING))
def test_taking_away_what_supports_an_act_never_allows_it(
    case: tuple[Profile, Request], fact: str
) -> None:
    profile, request = case
    less: dict[str, Any] = {fact: False}
    more: dict[str, Any] = {fact: True}
    if decide(profile, dataclasses.replace(request, **less)).allowed:
        assert decide(profile, dataclasses.replace(request, **more)).allowed


@settings(max_examples=300)
@given(asked())
def test_whatever_is_allowed_rests_on_what_it_needs(case: tuple[Profile, Request]) -> None:
    profile, request = case
    decision = decide(profile, request)
    assert decision.allowed is (decision.reasons == ())
    for reason in decision.reasons:
        assert reason.text_ja
        assert reason.text_en
        assert "{source}" not in reason.text_ja + reason.text_en
        assert not reason.clause or reason.clause == profile.answer(reason.key).clause
    if not decision.allowed:
        return
    assert not request.off_purpose
    assert profile.text(f"posts.{request.post}.presence") != "absent"
    if request.act in ("view", "copy", "print", "redact_copy", "instruct", "hand_over"):
        assert request.approved
        assert request.ground
    if request.act in ("decide", "deputise"):
        assert request.signers
        assert request.ground
    if request.act in ("copy", "print"):
        assert request.instructed
        assert request.within_range
    if request.act in ("order_emergency", "extract_emergency"):
        assert request.hours != "open"
        assert request.cause
        assert request.post.startswith("police_")
    if request.act in ("check_completion", "extract_emergency"):
        assert not request.own_act
    if request.act == "acquire_directly":
        assert request.post == "police_operator"
        assert request.agreement
    if request.act == "watch_live":
        assert request.post == "guard"
        assert request.listed
    assert all(said.status != "unset" for said in decision.basis)

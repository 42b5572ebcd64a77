# SPDX-License-Identifier: AGPL-3.0-or-later
"""Profiles: what the text may say, and what it is refused for."""

import datetime as dt

import pytest

from machimori.policy.document import ProfileId
from machimori.policy.errors import PolicyError, UnsetError
from machimori.policy.profile import bundled, parse, profiles
from machimori.policy.questions import catalogue

HEAD = """
[document]
id = "mura"
title = "村の要綱"
short = "村"
cited_as = "村の要綱"
city = "村"
kind = "draft"
"""


@pytest.mark.parametrize("name", profiles())
def test_every_bundled_profile_answers_every_question(name: ProfileId) -> None:
    profile = bundled(name)
    assert profile.id == name
    for key, answer in profile.answers.items():
        question = catalogue().question(key)
        for value in (answer.value, answer.recommended):
            if value is not None:
                raw = list(value) if isinstance(value, tuple) else value
                assert question.read(raw, key) == value
    plain = {key for key, question in catalogue().questions.items() if question.when is None}
    assert {key for key in plain if ".*." not in key} <= set(profile.answers)


@pytest.mark.parametrize("name", profiles())
def test_a_bundled_profile_holds_no_decision_of_a_city(name: ProfileId) -> None:
    assert all(answer.status != "local" for answer in bundled(name).answers.values())


@pytest.mark.parametrize("name", profiles())
def test_assumed_and_silent_answers_cite_nothing(name: ProfileId) -> None:
    profile = bundled(name)
    for key, answer in profile.answers.items():
        if answer.status == "assumed":
            assert answer.clause == ""
        if answer.clause:
            assert answer.clause.startswith(f"{profile.document.short} "), key


def test_K21_the_rule_stands_under_another_and_has_versions() -> None:
    """堺's 要領 names the 要綱 above it and the days from which its versions had effect."""
    document = bundled(ProfileId("sakai")).document
    assert document.parent == "堺市防犯カメラの運用等に関する要綱"
    assert [version.effective_from for version in document.versions] == [
        dt.date(2016, 11, 30),
        dt.date(2018, 2, 25),
        dt.date(2019, 3, 19),
        dt.date(2021, 10, 11),
    ]


def test_silence_is_unset_and_has_a_proposal() -> None:
    profile = parse(HEAD)
    answer = profile.answer("retention.days")
    assert answer.status == "unset"
    assert answer.recommended == 14
    with pytest.raises(UnsetError, match="retention"):
        profile.retention()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "document"),
        (HEAD.replace('kind = "draft"', 'kind = "poem"'), "document.kind"),
        (HEAD.replace('id = "mura"', 'id = "Mura/../"'), "document.id"),
        (HEAD + 'colour = "red"', "document.colour"),
        (HEAD + "[retention]\ndays = 14", "retention.days"),
        (HEAD + '[retention]\nweeks = { status = "unset" }', "retention.weeks"),
        (HEAD + '[retention]\ndays = { status = "said", value = 14 }', "retention.days.status"),
        (HEAD + '[retention]\ndays = { status = "stated", value = 14 }', "retention.days"),
        (HEAD + '[retention]\ndays = { status = "assumed", value = 14 }', "retention.days"),
        (
            HEAD + '[retention]\ndays = { status = "stated", value = 14, clause = "堺 10" }',
            "retention.days.clause",
        ),
        (
            HEAD + '[retention]\ndays = { status = "stated", value = true, clause = "村 1" }',
            "retention.days.value",
        ),
        (
            HEAD + '[retention]\ndays = { status = "stated", value = 0, clause = "村 1" }',
            "retention.days.value",
        ),
        (HEAD + '[retention]\ndays = { status = "local", value = 14 }', "retention.days"),
        (HEAD + '[retention]\ndays = { status = "unset", value = 14 }', "retention.days"),
        (HEAD + '[retention]\ndays = { status = "unset", why = "x" }', "retention.days.why"),
        (
            HEAD + '[posts.mayor]\npresence = { status = "stated", value = "mandatory" }',
            "posts.mayor.presence",
        ),
        (
            HEAD + '[grounds.a]\nbasis = { status = "assumed", value = "law", reason = "x" }',
            "grounds.a.label",
        ),
        (
            HEAD + '[live]\nmode = { status = "stated", value = "none", clause = "村 1" }\n'
            'places = { status = "assumed", value = ["hall"], reason = "x" }',
            "live.places",
        ),
        ("[" * 5000, "profile"),
    ],
)
def test_a_malformed_profile_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse(text)
    assert caught.value.where == place


def test_an_unknown_bundled_profile_is_named_with_those_there_are() -> None:
    with pytest.raises(PolicyError, match="sakai"):
        bundled(ProfileId("atlantis"))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The catalogue is complete: every question has words, a proposal that it accepts, and a place."""

from typing import get_args

import pytest

from machimori.policy.errors import PolicyError
from machimori.policy.questions import catalogue
from machimori.policy.requests import Act, Hours

EVERY = sorted(catalogue().questions)


@pytest.mark.parametrize("key", EVERY)
def test_a_question_has_words_and_accepts_its_own_proposals(key: str) -> None:
    question = catalogue().questions[key]
    for text in (question.ja, question.en, question.help_ja, question.help_en):
        assert text.strip() == text != ""
    for answer in question.silences.values():
        assert answer.reason
        proposal = answer.recommended if answer.value is None else answer.value
        raw = list(proposal) if isinstance(proposal, tuple) else proposal
        assert question.read(raw, key) == proposal
    if question.when is not None:
        condition = catalogue().question(question.when[0].replace("*", "system_manager"))
        for value in question.when[1]:
            assert condition.read(value, key) == value


def test_every_act_says_who_may_do_it() -> None:
    asked = {key.removeprefix("acts.") for key in EVERY if key.startswith("acts.")}
    assert asked == set(get_args(Act)) | {"copy_vacant"}


def test_the_hours_are_those_of_a_request() -> None:
    choices = catalogue().questions["emergency.hours"].choices
    assert {choice.id for choice in choices} == set(get_args(Hours))


@pytest.mark.parametrize(
    "key", ["retention", "retention.weeks", "grounds.*.hold", "posts.mayor.presence", "a.b.c.d"]
)
def test_a_key_that_is_no_question_is_refused(key: str) -> None:
    with pytest.raises(PolicyError) as caught:
        catalogue().question(key)
    assert caught.value.where == key

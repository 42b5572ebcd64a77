# SPDX-License-Identifier: AGPL-3.0-or-later
"""The city's own answers over a document, and the rules of a given day.

A case keeps the rules of the day on which it began: ask for `in_force` on that day. Decisions are
never taken back in time, and none contradicts what the document states; where the document leaves
a range, the choice stays inside it.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from machimori.policy.answers import Answer, Value
from machimori.policy.errors import ContradictionError, PolicyError
from machimori.policy.profile import Profile
from machimori.policy.questions import Question, catalogue
from machimori.policy.reading import excluded
from machimori.policy.wording import in_words, source


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """One value that the city decided on `adopted_on`, with effect from `effective_from`.

    `decision` is the 決裁番号, empty while there is none yet.
    """

    key: str
    value: Value
    reason: str
    decision: str
    adopted_on: dt.date
    effective_from: dt.date


@dataclass(frozen=True, kw_only=True)
class OpenPoint:
    """A question that nobody has answered yet, with the proposal in its answer."""

    key: str
    question: Question
    answer: Answer


def adopt(profile: Profile, adoption: Adoption) -> Profile:
    """The profile with this one decision in it.

    Raises ContradictionError, naming the clause, if the document states another rule or bounds the
    choice; PolicyError if the value is none of the question's, the question is out of place, or
    the decision would have effect before it was taken.
    """
    key = adoption.key
    question = catalogue().question(key)
    value = question.read(adoption.value, key)
    if adoption.effective_from < adoption.adopted_on:
        raise PolicyError(
            "a decision has no effect before the day it is taken",
            where=key,
            remedy=f"effective_from is {adoption.adopted_on.isoformat()} or later",
        )
    if reason := excluded(key, profile.given):
        raise PolicyError(f"does not apply under the answer to {reason}", where=key)
    earlier = profile.given[key] if key in profile.given else question.silent(key)
    _within_the_document(profile, key, question, earlier, value)
    local = Answer(
        value=value,
        status="local",
        reason=adoption.reason,
        decision=adoption.decision,
        adopted_on=adoption.adopted_on,
        effective_from=adoption.effective_from,
        minimum=earlier.minimum,
        maximum=earlier.maximum,
        choices=earlier.choices,
    )
    given = {**profile.given, key: local}
    return Profile(document=profile.document, given=given, above=profile.above)


def _within_the_document(
    profile: Profile, key: str, question: Question, answer: Answer, value: Value
) -> None:
    family, name = key.split(".")[:2]
    if (
        family == "grounds"
        and name not in profile.members("grounds")
        and profile.flag("provision.closed")
    ):
        raise ContradictionError(
            "no ground may be added to those of the document",
            where=key,
            remedy=f"{source(profile, 'provision.closed').ja} が認める根拠だけです",
        )
    if answer.status == "stated" and answer.value is not None and value != answer.value:
        ja, _ = in_words(question, answer.value)
        raise ContradictionError(
            f"the document states this rule ({answer.clause})",
            where=key,
            remedy=f"{profile.document.cite(answer.clause)}は「{ja}」と定めています",
        )
    below = answer.minimum is not None and isinstance(value, int) and value < answer.minimum
    beyond = answer.maximum is not None and isinstance(value, int) and value > answer.maximum
    if below or beyond or (answer.choices and value not in answer.choices):
        raise ContradictionError(
            f"the document leaves less choice ({answer.clause or 'its bounds stay'})",
            where=key,
            remedy=f"choose {_bounds(answer)}",
        )


def _bounds(answer: Answer) -> str:
    if answer.choices:
        return "one of " + ", ".join(answer.choices)
    low = "" if answer.minimum is None else f"at least {answer.minimum}"
    high = "" if answer.maximum is None else f"at most {answer.maximum}"
    return " and ".join(part for part in (low, high) if part)


def in_force(profile: Profile, adoptions: Iterable[Adoption], on: dt.date) -> Profile:
    """The rules of this day: the document, and each key's latest decision with effect by then.

    Of two decisions with effect from one day, the one adopted later counts. Raises as `adopt`.
    """
    latest: dict[str, Adoption] = {}
    for adoption in sorted(adoptions, key=lambda one: (one.effective_from, one.adopted_on)):
        if adoption.effective_from <= on:
            latest[adoption.key] = adoption
    for key in _conditions_first(latest):
        if not excluded(key, profile.given):
            profile = adopt(profile, latest[key])
    return profile


def _conditions_first(adoptions: Iterable[str]) -> list[str]:
    questions = catalogue().questions
    order = {key: index for index, key in enumerate(questions)}

    def depth(key: str) -> tuple[int, int]:
        question, steps = catalogue().question(key), 0
        place = order[question.key]
        while question.when is not None:
            condition = question.when[0]
            question = questions.get(condition) or catalogue().question(condition)
            steps += 1
        return steps, place

    return sorted(adoptions, key=depth)


def open_points(profile: Profile) -> tuple[OpenPoint, ...]:
    """What the city must decide before the scheme can start (「あと7項目」)."""
    return tuple(point for point in undecided(profile) if point.question.blocks)


def undecided(profile: Profile) -> tuple[OpenPoint, ...]:
    """Every unset answer, those included without which a scheme may start."""
    return tuple(
        OpenPoint(key=key, question=catalogue().question(key), answer=answer)
        for key, answer in profile.answers.items()
        if answer.status == "unset"
    )


def adopt_recommended(
    profile: Profile, *, decision: str, adopted_on: dt.date, effective_from: dt.date
) -> tuple[Adoption, ...]:
    """Every proposal at once under one 決裁番号, those that earlier ones bring up included."""
    adoptions: list[Adoption] = []
    while points := undecided(profile):
        for point in points:
            assert point.answer.recommended is not None
            adoptions.append(
                Adoption(
                    key=point.key,
                    value=point.answer.recommended,
                    reason=point.answer.reason,
                    decision=decision,
                    adopted_on=adopted_on,
                    effective_from=effective_from,
                )
            )
            profile = adopt(profile, adoptions[-1])
    return tuple(adoptions)

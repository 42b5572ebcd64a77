# SPDX-License-Identifier: AGPL-3.0-or-later
"""A city's decision survives being written down, and nothing else is read as one."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.policy.adoption import Adoption
from machimori.policy.adoption_statement import adoption_of, statement_of
from machimori.policy.answers import Value
from machimori.policy.errors import PolicyError
from machimori.policy.questions import Question, catalogue
from machimori.policy.testing import adoption

WORDS = st.text(min_size=1, max_size=40)


def values(question: Question) -> st.SearchStrategy[Value]:
    """Values that this question allows."""
    names = [choice.id for choice in question.choices]
    match question.kind:
        case "flag":
            return st.booleans()
        case "number":
            return st.integers(question.minimum or 0, question.maximum or 1_000_000)
        case "choice":
            return st.sampled_from(names)
        case "names":
            one = st.sampled_from(names) if names else WORDS
            return st.lists(one, unique=True, max_size=6).map(tuple)
        case "day":
            return st.dates()
        case "clock":
            return st.times().map(lambda time: time.strftime("%H:%M"))
    return WORDS


@st.composite
def adoptions(draw: st.DrawFn) -> Adoption:
    question = draw(st.sampled_from(list(catalogue().questions.values())))
    family = question.key.split(".")[0]
    fixed = catalogue().members.get(family)
    member = draw(st.sampled_from([one.id for one in fixed])) if fixed else "inquiry"
    return Adoption(
        key=question.key.replace("*", member),
        value=draw(values(question)),
        reason=draw(st.text(max_size=40)),
        decision=draw(st.text(max_size=40)),
        adopted_on=draw(st.dates()),
        effective_from=draw(st.dates()),
    )


@given(adoptions())
def test_there_and_back_through_json(decided: Adoption) -> None:
    text = json.dumps(statement_of(decided))
    assert adoption_of(json.loads(text)) == decided


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("key", "retention.weeks"),
        ("key", 1),
        ("value", "fourteen"),
        ("value", None),
        ("reason", None),
        ("decision", "x" * 2001),
        ("adopted_on", "令和8年4月1日"),
        ("adopted_on", "20260401"),
        ("effective_from", 20260401),
        ("colour", "red"),
    ],
)
def test_what_is_no_statement_is_refused(name: str, raw: object) -> None:
    statement = statement_of(adoption("retention.days", 14)) | {name: raw}
    with pytest.raises(PolicyError):
        adoption_of(statement)


def test_a_day_as_a_value_is_written_as_a_text() -> None:
    decided = adoption("laws.act.effective_from", dt.date(2023, 4, 1))
    assert statement_of(decided)["value"] == "2023-04-01"
    with pytest.raises(PolicyError, match="a day as"):
        adoption_of(statement_of(decided) | {"value": "2023-4-1"})

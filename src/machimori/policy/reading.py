# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the tables of a profile to one answer for every question that applies."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import cast, get_args

from machimori.policy.answers import Answer, Status, Value
from machimori.policy.errors import PolicyError
from machimori.policy.questions import Question, catalogue

_TEXTS = ("clause", "reason", "decision")
_DAYS = ("adopted_on", "effective_from")
_NUMBERS = ("minimum", "maximum")
_KNOWN = frozenset(("value", "status", "recommended", "choices", *_TEXTS, *_DAYS, *_NUMBERS))


def read_answers(tables: Mapping[str, object], short: str) -> dict[str, Answer]:
    """The answers a text gives, by key. `short` opens every clause.

    Raises PolicyError naming the key.
    """
    answers = {}
    for key, raw in _entries(tables):
        question = catalogue().question(key)
        if not isinstance(raw, dict):
            raise PolicyError("expected a table with value and status", where=key)
        answers[key] = _answer(question, key, raw, short)
    return answers


def _entries(tables: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    families = catalogue().families
    for section, rows in tables.items():
        if not isinstance(rows, dict):
            raise PolicyError("expected a table", where=section, remedy="see docs/ref/profile.md")
        for name, row in rows.items():
            if section not in families:
                yield f"{section}.{name}", row
                continue
            if not isinstance(row, dict):
                raise PolicyError("expected a table", where=f"{section}.{name}")
            for word, entry in row.items():
                yield f"{section}.{name}.{word}", entry


def _answer(question: Question, key: str, raw: dict[str, object], short: str) -> Answer:
    if unknown := sorted(set(raw) - _KNOWN):
        raise PolicyError(
            "no such key", where=f"{key}.{unknown[0]}", remedy="one of " + ", ".join(sorted(_KNOWN))
        )
    for name, kind in (
        *((name, str) for name in _TEXTS),
        *((name, dt.date) for name in _DAYS),
        *((name, int) for name in _NUMBERS),
    ):
        if name in raw and not isinstance(raw[name], kind):
            raise PolicyError(f"expected a {kind.__name__}", where=f"{key}.{name}")
    if raw.get("status") not in get_args(Status):
        raise PolicyError("expected one of " + ", ".join(get_args(Status)), where=f"{key}.status")
    given: dict[str, Value | None] = {
        name: question.read(raw[name], f"{key}.{name}")
        for name in ("value", "recommended")
        if name in raw
    }
    silent = question.silent(key)
    if raw["status"] == "unset":
        proposal = silent.value if silent.recommended is None else silent.recommended
        given = {"recommended": proposal} | given
        raw = {"reason": silent.reason} | raw
    clause = cast(str, raw.get("clause", ""))
    if clause and not clause.startswith(f"{short} "):
        raise PolicyError(f"a clause begins with {short!r} and a space", where=f"{key}.clause")
    choices = raw.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        raise PolicyError("expected a list of texts", where=f"{key}.choices")
    try:
        return Answer(
            value=given.get("value"),
            status=cast(Status, raw["status"]),
            clause=clause,
            reason=cast(str, raw.get("reason", "")),
            recommended=given.get("recommended"),
            minimum=cast("int | None", raw.get("minimum")),
            maximum=cast("int | None", raw.get("maximum")),
            choices=tuple(choices),
            adopted_on=cast("dt.date | None", raw.get("adopted_on")),
            effective_from=cast("dt.date | None", raw.get("effective_from")),
            decision=cast(str, raw.get("decision", "")),
        )
    except PolicyError as error:
        raise PolicyError(error.message, where=key, remedy=error.remedy) from None


def settle(given: Mapping[str, Answer]) -> dict[str, Answer]:
    """One answer for every question that applies, in the catalogue's order.

    What `given` leaves out is answered by the question's silence. A question whose condition is
    unset or not met does not apply, whatever `given` says.
    """
    settled: dict[str, Answer] = {}
    families = _families(given)
    for question in catalogue().questions.values():
        for key in _keys(question, families):
            if _applies(question, key, given):
                settled[key] = given[key] if key in given else question.silent(key)
    return settled


def _families(given: Mapping[str, Answer]) -> dict[str, tuple[str, ...]]:
    """The members of every family of questions: fixed ones, or those that were answered for."""
    named: dict[str, dict[str, None]] = {}
    for key in given:
        family, member, *_ = key.split(".")
        named.setdefault(family, {})[member] = None
    fixed = catalogue().members
    return {
        family: (
            tuple(one.id for one in fixed[family])
            if family in fixed
            else tuple(named.get(family, ()))
        )
        for family in catalogue().families
    }


def _keys(question: Question, families: Mapping[str, tuple[str, ...]]) -> list[str]:
    if ".*." not in question.key:
        return [question.key]
    family = question.key.partition(".")[0]
    return [question.key.replace("*", name) for name in families[family]]


def _applies(question: Question, key: str, given: Mapping[str, Answer]) -> bool:
    if question.when is None:
        return True
    return all(value in values for _, value, values in _conditions(question, key, given))


def excluded(key: str, given: Mapping[str, Answer]) -> str:
    """The key of the answer by which this question is out of place; empty if there is none.

    A condition that is still unset excludes nothing: its question may be answered in advance.
    """
    for condition, value, values in _conditions(catalogue().question(key), key, given):
        if value is not None and value not in values:
            return condition
    return ""


def _conditions(
    question: Question, key: str, given: Mapping[str, Answer]
) -> Iterator[tuple[str, Value | None, tuple[Value, ...]]]:
    if question.when is None:
        return
    pattern, values = question.when
    condition = pattern.replace("*", key.split(".")[1])
    other = catalogue().question(condition)
    yield from _conditions(other, condition, given)
    answer = given[condition] if condition in given else other.silent(condition)
    yield condition, answer.value, values

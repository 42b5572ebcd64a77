# SPDX-License-Identifier: AGPL-3.0-or-later
"""A decision of the city as a plain statement, to be signed, stored and sent.

A statement says nothing that is not in the adoption, so that what is signed is what has effect.
"""

import datetime as dt
from collections.abc import Mapping

from machimori.policy.adoption import Adoption
from machimori.policy.answers import Value
from machimori.policy.errors import PolicyError
from machimori.policy.questions import Question, catalogue

_TEXTS = ("key", "reason", "decision")
_DAYS = ("adopted_on", "effective_from")
_KEYS = frozenset((*_TEXTS, *_DAYS, "value"))


def statement_of(adoption: Adoption) -> dict[str, object]:
    """Texts, numbers, booleans and lists; days as 2026-04-01."""
    return {
        "key": adoption.key,
        "value": _plain(adoption.value),
        "reason": adoption.reason,
        "decision": adoption.decision,
        "adopted_on": adoption.adopted_on.isoformat(),
        "effective_from": adoption.effective_from.isoformat(),
    }


def adoption_of(statement: Mapping[str, object]) -> Adoption:
    """The adoption of a statement.

    Raises PolicyError naming the key if the statement is not one.
    """
    if set(statement) != _KEYS:
        odd = sorted(set(statement) ^ _KEYS)
        raise PolicyError("missing or unknown", where=f"adoption.{odd[0]}")
    texts = {name: statement[name] for name in (*_TEXTS, *_DAYS)}
    for name, text in texts.items():
        if not isinstance(text, str) or len(text) > 2000:
            raise PolicyError("expected a text", where=f"adoption.{name}")
    key = str(texts["key"])
    return Adoption(
        key=key,
        value=_value(catalogue().question(key), statement["value"], key),
        reason=str(texts["reason"]),
        decision=str(texts["decision"]),
        adopted_on=_day(str(texts["adopted_on"]), "adoption.adopted_on"),
        effective_from=_day(str(texts["effective_from"]), "adoption.effective_from"),
    )


def _plain(value: Value) -> object:
    match value:
        case dt.date():
            return value.isoformat()
        case tuple():
            return list(value)
    return value


def _value(question: Question, raw: object, key: str) -> Value:
    if question.kind == "day" and isinstance(raw, str):
        return _day(raw, key)
    return question.read(raw, key)


def _day(text: str, where: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise PolicyError("expected a day as 2026-04-01", where=where)
    return day

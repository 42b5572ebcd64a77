# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the rules speak: dates in 和暦, values in words, and who says so."""

import datetime as dt
from dataclasses import dataclass

from machimori.policy.answers import Answer, Status, Value
from machimori.policy.profile import Profile
from machimori.policy.questions import Question, catalogue

_ERAS = (
    (dt.date(2019, 5, 1), "令和"),
    (dt.date(1989, 1, 8), "平成"),
    (dt.date(1926, 12, 25), "昭和"),
)


def era_date(day: dt.date) -> str:
    """令和8年4月1日; the year by itself before 昭和."""
    for start, name in _ERAS:
        if day >= start:
            year = day.year - start.year + 1
            return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return f"{day.year}年{day.month}月{day.day}日"


@dataclass(frozen=True, kw_only=True)
class Source:
    """Who says so: the clause for what the document states, the city for what it decided."""

    key: str
    status: Status
    clause: str
    ja: str
    en: str


def source(profile: Profile, key: str) -> Source:
    """The source of this profile's answer.

    Raises PolicyError if the question does not apply.
    """
    answer = profile.answer(key)
    ja, en = _speaker(profile, answer)
    return Source(key=key, status=answer.status, clause=answer.clause, ja=ja, en=en)


def _speaker(profile: Profile, answer: Answer) -> tuple[str, str]:
    if answer.status == "local" and answer.adopted_on is not None:
        day = answer.adopted_on
        return f"市の決定（{era_date(day)} 決裁）", f"the city's decision of {day.isoformat()}"
    if answer.clause:
        cited = answer.clause
        for document in (profile.document, *profile.above):
            cited = document.cite(cited)
        return cited, answer.clause
    return "標準の定め", "the product's own rule"


def post_name(profile: Profile, post: str) -> tuple[str, str]:
    """A post as the document calls it, and in English."""
    standard = next(choice for choice in catalogue().members["posts"] if choice.id == post)
    title = profile.answers.get(f"posts.{post}.title")
    named = title is not None and title.status in ("stated", "local")
    return (str(title.value) if title is not None and named else standard.ja), standard.en


def in_words(question: Question, value: Value) -> tuple[str, str]:
    """A value in Japanese and English, without its unit."""
    match value:
        case bool():
            return ("はい", "yes") if value else ("いいえ", "no")
        case dt.date():
            return era_date(value), value.isoformat()
        case tuple():
            pairs = [_choice(question, name) for name in value]
            return (
                "、".join(pair[0] for pair in pairs) or "なし",
                ", ".join(pair[1] for pair in pairs) or "none",
            )
        case str():
            return _choice(question, value)
    return str(value), str(value)


def _choice(question: Question, name: str) -> tuple[str, str]:
    for choice in question.choices:
        if choice.id == name:
            return choice.ja, choice.en
    return name, name

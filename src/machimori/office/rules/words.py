# SPDX-License-Identifier: AGPL-3.0-or-later
"""How pages name a question, its subject, its value and who says so, in the page's language."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.shared.posts import LABELS, Post
from machimori.office.shared.templatetags.office import day
from machimori.policy.answers import Answer, Status, Value
from machimori.policy.profile import Profile
from machimori.policy.questions import Question, catalogue
from machimori.policy.wording import in_words, post_name, source

STATUS: Final[dict[Status, Promise]] = {
    "stated": _("文書の定め"),
    "local": _("市の決定"),
    "assumed": _("標準の定め"),
    "unset": _("決まっていません"),
}
UNITS: Final[dict[str, Promise]] = {
    "days": _("日"),
    "day of the month": _("日"),
    "office days": _("開庁日"),
    "persons": _("人"),
    "cameras": _("台"),
    "cases": _("件"),
    "times": _("回"),
    "years": _("年"),
    "hours": _("時間"),
}
_SWITCHED: Final = ("internal", "emergency", "direct")
"""Sections whose questions make no sense without their heading (「できること」)."""
_NAMED_BY: Final = {"grounds": "label", "places": "label", "laws": "title", "agreements": "title"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One answer, in words."""

    key: str
    section: str
    name: str
    """What is asked, and of which member of a family."""
    value: str
    source: str
    status: Status
    status_text: str
    blocks: bool
    """Nobody has answered, and the scheme waits for it."""
    bounds: str
    recommended: str
    reason: str
    says: str
    """The document, and that it says nothing or leaves it to the city."""


def either(ja: str, en: str) -> str:
    """The one in the page's language."""
    return en if get_language() == "en" else ja


def chosen(pattern: str, names: Collection[str]) -> list[str]:
    """These choices of a question of the catalogue, in its order and the page's language."""
    choices = catalogue().questions[pattern].choices
    return [either(one.ja, one.en) for one in choices if one.id in names]


def lines(profile: Profile) -> list[Line]:
    """Every answer that applies, in the order of the sections."""
    return [line(profile, key) for key in profile.answers]


def line(profile: Profile, key: str) -> Line:
    """One answer. Raises PolicyError if the question does not apply."""
    answer, question = profile.answer(key), catalogue().question(key)
    return Line(
        key=key,
        section=_section(key),
        name=name(profile, key),
        value=_optional(profile, key, question, answer.value),
        source=_source(profile, key, answer),
        status=answer.status,
        status_text=str(STATUS[answer.status]),
        blocks=answer.status == "unset" and question.blocks,
        bounds=bounds(profile, key, question, answer),
        recommended=_optional(profile, key, question, answer.recommended),
        reason=answer.reason,
        says=_says(profile, answer),
    )


def name(profile: Profile, key: str) -> str:
    """What a key asks, and about which post, ground or the like."""
    question = catalogue().question(key)
    asked, about = either(question.ja, question.en), _subject(profile, key)
    return either("：", ": ").join((about, asked)) if about else asked


def post_title(profile: Profile, post: Post) -> str:
    """A post as the document, or the city, calls it; as the product does where neither names it."""
    key = f"posts.{post}.title"
    named = profile.applies(key) and profile.answer(key).status in ("stated", "local")
    title = profile.text(key) if named and get_language() != "en" else None
    return title or str(LABELS[post])


def _subject(profile: Profile, key: str) -> str:
    family, member, *rest = key.split(".")
    if not rest:
        return _section(key) if family in _SWITCHED else ""
    if family == "posts":
        return either(*post_name(profile, member))
    for choice in catalogue().members.get(family, ()):
        if choice.id == member:
            return either(choice.ja, choice.en)
    return profile.text(f"{family}.{member}.{_NAMED_BY[family]}") or member


def _section(key: str) -> str:
    section = catalogue().question(key).section
    return next(either(one.ja, one.en) for one in catalogue().sections if one.id == section)


def in_words_with_unit(profile: Profile, key: str, question: Question, value: Value) -> str:
    """A value with its unit; days by the page's calendar, places and posts by their names."""
    if isinstance(value, dt.date):
        return day(value)
    if isinstance(value, tuple) and value and not question.choices:
        names = [profile.text(f"places.{one}.label") or one for one in value]
        return either("、", ", ").join(names)
    text = either(*in_words(question, value))
    unit = str(UNITS[question.unit]) if question.unit else ""
    return f"{text}{unit}" if get_language() != "en" or not unit else f"{text} {unit}"


def bounds(profile: Profile, key: str, question: Question, answer: Answer) -> str:
    """What the document leaves to the city; empty if it sets no bounds."""
    if answer.choices:
        names = [either(*in_words(question, one)) for one in answer.choices]
        return either("、", ", ").join(names)
    low, high = (
        "" if one is None else in_words_with_unit(profile, key, question, one)
        for one in (answer.minimum, answer.maximum)
    )
    if low and high:
        return _t("%(low)s以上、%(high)s以下") % {"low": low, "high": high}
    if low:
        return _t("%(low)s以上") % {"low": low}
    return _t("%(high)s以下") % {"high": high} if high else ""


def _optional(profile: Profile, key: str, question: Question, value: Value | None) -> str:
    return "" if value is None else in_words_with_unit(profile, key, question, value)


def _source(profile: Profile, key: str, answer: Answer) -> str:
    if answer.status == "unset" and not answer.clause:
        return _t("文書に定めなし")
    if answer.status != "local":
        found = source(profile, key)
        return either(found.ja, found.en)
    found = source(profile, key)
    if not answer.decision:
        return either(found.ja, found.en)
    return either(
        found.ja.removesuffix("）") + f" {answer.decision}）", f"{found.en}, {answer.decision}"
    )


def _says(profile: Profile, answer: Answer) -> str:
    if not answer.clause:
        return _t("文書に定めはありません。")
    return profile.document.cite(answer.clause)

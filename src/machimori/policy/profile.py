# SPDX-License-Identifier: AGPL-3.0-or-later
"""A policy profile: one document's answers to every question, independent of any scheme.

The text is TOML: a table `document`, and the answers, each a table of its own under the
question's key (`[retention.days]`). A question that the text leaves out is one on which the
document is silent. docs/ref/profile.md is the reference.
"""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from machimori.policy.answers import Answer, Value
from machimori.policy.document import Document, ProfileId, read_document
from machimori.policy.errors import PolicyError, UnsetError
from machimori.policy.questions import catalogue
from machimori.policy.reading import excluded, read_answers, settle
from machimori.policy.retention import RetentionRule

BUNDLED = ("matsudo", "saga", "inzai", "asahikawa", "sakai")

_LONGEST = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Profile:
    """`given` are the answers that document and city gave, `answers` those to every question.

    What does not apply has no answer at all. `above` are the documents of higher rank whose
    answers have been taken in.
    """

    document: Document
    given: Mapping[str, Answer]
    above: tuple[Document, ...] = ()

    @cached_property
    def answers(self) -> Mapping[str, Answer]:
        """Made when first asked for: many decisions in a row need only the last profile's."""
        return settle(self.given)

    @property
    def id(self) -> ProfileId:
        return self.document.id

    def applies(self, key: str) -> bool:
        """Whether this question is asked under the other answers."""
        return key in self.answers

    def answer(self, key: str) -> Answer:
        """The answer to this question.

        Raises PolicyError if the question does not apply here or does not exist.
        """
        found = self.answers.get(key)
        if found is None:
            catalogue().question(key)
            raise PolicyError("this question does not apply here", where=f"{self.id}: {key}")
        return found

    def get(self, key: str) -> Value | None:
        """The value, or None where it is unset or the question does not apply."""
        found = self.answers.get(key)
        return None if found is None else found.value

    def flag(self, key: str) -> bool | None:
        """The value of a yes-or-no question; None where unset or not applicable."""
        value = self.get(key)
        return value if isinstance(value, bool) else None

    def number(self, key: str) -> int | None:
        """The value of a question for a number; None where unset or not applicable."""
        value = self.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def text(self, key: str) -> str | None:
        """The value of a text, choice or clock time; None where unset or not applicable."""
        value = self.get(key)
        return value if isinstance(value, str) else None

    def names(self, key: str) -> tuple[str, ...] | None:
        """The value of a list; None where unset or not applicable."""
        value = self.get(key)
        return value if isinstance(value, tuple) else None

    def day(self, key: str) -> dt.date | None:
        """The value of a question for a day; None where unset or not applicable."""
        value = self.get(key)
        return value if isinstance(value, dt.date) else None

    def members(self, family: str) -> tuple[str, ...]:
        """The members of a family of questions (`grounds`, `posts`), in the document's order."""
        keys = (key.split(".") for key in self.answers)
        return tuple(dict.fromkeys(key[1] for key in keys if key[0] == family and len(key) == 3))

    def retention(self) -> RetentionRule:
        """How long footage is kept.

        Raises UnsetError while days or counting are not decided.
        """
        days, count_from = self.number("retention.days"), self.text("retention.count_from")
        if days is None or count_from is None:
            raise UnsetError(
                "days of retention and their counting are not decided",
                where=str(self.id),
                remedy="the city decides retention.days and retention.count_from",
            )
        return RetentionRule(
            days=days,
            count_from="next_day" if count_from == "next_day" else "recording_day",
        )


def parse(text: str) -> Profile:
    """The profile that this TOML text describes.

    Raises PolicyError naming the key, and what is allowed there, if it is not one.
    """
    if len(text) > _LONGEST:
        raise PolicyError(f"longer than {_LONGEST} characters", where="profile")
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PolicyError(f"not TOML: {error}", where="profile") from None
    document = read_document(tables.pop("document", None))
    given = read_answers(tables, document.short)
    profile = Profile(document=document, given=given)
    for key in given:
        if reason := excluded(key, given):
            raise PolicyError(
                f"does not apply under the answer to {reason}", where=key, remedy="leave it out"
            )
    for family in catalogue().families:
        for name in profile.members(family):
            first = next(word for word in catalogue().questions if word.startswith(f"{family}.*."))
            if family not in catalogue().members and first.replace("*", name) not in given:
                raise PolicyError("is missing", where=first.replace("*", name))
    return profile


def profiles() -> tuple[ProfileId, ...]:
    """The ids of the profiles that ship with the product."""
    return tuple(ProfileId(name) for name in BUNDLED)


@cache
def bundled(name: ProfileId) -> Profile:
    """A profile that ships with the product.

    Raises PolicyError if there is none of this id.
    """
    if name not in BUNDLED:
        raise PolicyError(
            f"no profile {name!r} ships with this product",
            where="profile",
            remedy="it is one of " + ", ".join(BUNDLED),
        )
    files = resources.files("machimori.policy") / "profiles"
    return parse((files / f"{name}.toml").read_text("utf-8"))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Posts as a scheme's rules have them: whether there is one, and who enters appointments to it."""

import datetime as dt
from typing import Final

from machimori.office.people.acting import Acting
from machimori.office.people.rules import PostRule, Presence
from machimori.office.rules.access import rules_of
from machimori.office.shared.posts import POSTS, Post
from machimori.policy.wording import source

_PRESENCES: Final[tuple[Presence, ...]] = ("mandatory", "optional", "absent")


def rule_of(acting: Acting, on: dt.date, post: Post) -> PostRule:
    """The rule of a post in the acting person's scheme on this day.

    A scheme that has not started asks its rules as they will be: in March people are appointed
    for April under what was decided for April.
    """
    book = rules_of(acting)
    decided = [one.effective_from for one in book.adoptions]
    rules = book.on(on if acting.scheme.started_on else max([on, *decided]))
    key = f"posts.{post}.presence"
    said = rules.text(key)
    names = rules.names(f"posts.{post}.entered_by") or ()
    return PostRule(
        presence=next((one for one in _PRESENCES if one == said), "unset"),
        entered_by=frozenset(one for one in POSTS if one in names),
        reported=(
            source(rules, f"posts.{post}.reported_by_contractor").ja
            if rules.flag(f"posts.{post}.reported_by_contractor")
            else ""
        ),
        clause=source(rules, key).clause if rules.applies(key) else "",
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rules about people that are the same in every scheme, and those of passwords."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from machimori.office.people.models import Scheme
from machimori.office.shared.posts import Post

Presence = Literal["mandatory", "optional", "absent", "unset"]


@dataclass(frozen=True, kw_only=True)
class PostRule:
    """What a scheme's rules say of a post on a day."""

    presence: Presence = "optional"
    entered_by: frozenset[Post] = frozenset({"system_manager"})
    """The posts that enter an appointment to it."""
    clause: str = ""
    """What says so, for a refusal."""
    reported: str = ""
    """The clause by which a contractor reports names beforehand; empty: none does."""


PostSource = Callable[[Any, dt.date, Post], PostRule]
"""Of the acting person (Acting), on a day."""
_post_sources: list[PostSource] = []


def take_post_rules_from(source: PostSource) -> None:
    """Ask `source` for the rules of posts from now on: the app that keeps adopted rules says so."""
    _post_sources[:] = [source]


def post_rule(acting: Any, on: dt.date, post: Post) -> PostRule:
    """The rule of a post in the acting person's scheme on this day."""
    return _post_sources[0](acting, on, post)


Bar = Callable[[Any], frozenset[Post]]
"""Of the acting person (Acting): the posts that give no rights yet."""
_bars: list[Bar] = []


def withhold_by(bar: Bar) -> None:
    """Ask `bar` at each request for posts that give no rights yet, though appointed."""
    if bar not in _bars:
        _bars.append(bar)


def withheld(acting: Any) -> frozenset[Post]:
    """The acting person's posts that give no rights yet."""
    return frozenset[Post]().union(*(bar(acting) for bar in _bars))


ENROLMENT: Final = dt.timedelta(days=7)
"""How long a registration code on paper can be used."""

ATTEMPTS: Final = 20
"""Failed attempts from one network address in ATTEMPTS_WITHIN before it must wait."""
ATTEMPTS_WITHIN: Final = dt.timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class PasswordRule:
    """Passwords in an installation. 堺 10(2) asks for ID and password, changed regularly."""

    allowed: bool = True
    days: int | None = 90
    """Days after which one must be changed; None: never by age (NIST SP 800-63B 5.1.1.2)."""
    shortest: int = 12
    failures: int = 5
    """Wrong ones in a row before passwords are refused for `locked`."""
    locked: dt.timedelta = dt.timedelta(minutes=15)

    def expired(self, set_at: dt.datetime, at: dt.datetime) -> bool:
        """Whether a password of that age must be changed before anything else."""
        return self.days is not None and at - set_at >= dt.timedelta(days=self.days)


PASSWORDS: Final = PasswordRule()
"""Where no scheme says otherwise."""

RuleSource = Callable[[Scheme], PasswordRule]
_sources: list[RuleSource] = [lambda _scheme: PASSWORDS]


def take_password_rules_from(source: RuleSource) -> None:
    """Ask `source` for a scheme's rule from now on: the app that keeps adopted rules says so."""
    _sources[:] = [source]


def password_rule(schemes: Iterable[Scheme]) -> PasswordRule:
    """The strictest of these schemes' rules; PASSWORDS if there is none."""
    return strictest([_sources[0](scheme) for scheme in schemes])


def strictest(rules: Sequence[PasswordRule]) -> PasswordRule:
    """What a person of several schemes follows; PASSWORDS if there is no rule.

    Allowed if one of them asks for number and password: such a person has one password.
    """
    if not rules:
        return PASSWORDS
    days = [rule.days for rule in rules if rule.days is not None]
    return PasswordRule(
        allowed=any(rule.allowed for rule in rules),
        days=min(days, default=None),
        shortest=max(rule.shortest for rule in rules),
        failures=min(rule.failures for rule in rules),
        locked=max(rule.locked for rule in rules),
    )

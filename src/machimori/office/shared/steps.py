# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a case moves: an app's table of steps, `dict[Kind, Step[State]]`, is made of these rows."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.utils.functional import Promise

State = TypeVar("State", bound=str)


@dataclass(frozen=True, kw_only=True)
class Step(Generic[State]):
    """A fact with this text may follow in the states `after` (None: there is nothing yet), and it
    is in `then` from then on; None: it stays where it is."""

    text: Promise
    after: frozenset[State | None]
    then: State | None


def step(text: Promise, *after: State | None, then: State | None = None) -> Step[State]:
    """A row of the table, short enough for a line."""
    return Step(text=text, after=frozenset(after), then=then)

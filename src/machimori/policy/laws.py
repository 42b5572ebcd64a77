# SPDX-License-Identifier: AGPL-3.0-or-later
"""法令上の根拠 with dates of effect (印西 5, 堺 12): which law a case of a day falls under.

Ordinances that the documents cite were repealed when the Act on the Protection of Personal
Information began to bind municipalities (April 1st 2023). A profile therefore lists laws with
their days (`laws.*`), and a case keeps those of the day on which it began.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from machimori.policy.profile import Profile

ACT: Final = "act"
"""The member of `laws` that is the Act itself, and whose days bound statutory disclosure."""
_OPEN: Final = dt.date(9999, 12, 31)


@dataclass(frozen=True, kw_only=True)
class Law:
    """A law and the days on which it has effect, both inclusive; None where it is not known from
    when, or has no end."""

    id: str
    title: str
    clause: str
    """Where the document cites it; empty if it does not."""
    effective_from: dt.date | None
    effective_until: dt.date | None

    def in_force(self, on: dt.date) -> bool:
        """Whether it has effect on this day. Unknown beginnings count as before every day."""
        return (self.effective_from is None or self.effective_from <= on) and (
            self.effective_until is None or on <= self.effective_until
        )


def laws(profile: Profile) -> tuple[Law, ...]:
    """Every law that the profile names, in its order."""
    found = []
    for name in profile.members("laws"):
        title = profile.answer(f"laws.{name}.title")
        until = profile.day(f"laws.{name}.effective_until")
        found.append(
            Law(
                id=name,
                title=profile.text(f"laws.{name}.title") or "",
                clause=title.clause,
                effective_from=profile.day(f"laws.{name}.effective_from"),
                effective_until=None if until == _OPEN else until,
            )
        )
    return tuple(found)


def in_force_on(profile: Profile, on: dt.date) -> tuple[Law, ...]:
    """The laws of the profile that have effect on this day."""
    return tuple(law for law in laws(profile) if law.in_force(on))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""保全: the hold of a case, whichever kind of case it is.

A hold is a `Hold` statement; each later one of the same case prolongs or widens it. The vault
keeps the keys through the last day and then destroys them by itself.
"""

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from machimori.kernel.ids import CameraId, CaseId
from machimori.kernel.instants import micros
from machimori.office.custody import letters
from machimori.office.custody.models import Letter
from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.policy.profile import Profile
from machimori.policy.retention import RetentionRule
from machimori.vault.client.statements import Hold, HoldEnd

RENEWED = dt.timedelta(days=14)
"""A hold that ends within these days is to be renewed while the case is open."""

Status = Literal["none", "active", "released"]


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """What was drafted, signed and placed for one case, the oldest first."""

    letters: tuple[Letter, ...]

    @property
    def pending(self) -> Letter | None:
        """The last statement, if the vault has not taken it in."""
        last = self.letters[-1] if self.letters else None
        return last if last is not None and not last.taken else None

    @property
    def placed(self) -> Hold | None:
        """The last hold that the vault took in; None while there was none."""
        found = [one.statement for one in self.letters if one.taken]
        holds = [one for one in found if isinstance(one, Hold)]
        return holds[-1] if holds else None

    @property
    def last_day(self) -> dt.date | None:
        """Through which day the case is held; None without a hold."""
        placed = [one.statement for one in self.letters if one.taken]
        days = [dt.date.fromisoformat(one.last_day) for one in placed if isinstance(one, Hold)]
        return max(days, default=None)

    def status(self, today: dt.date) -> Status:
        """Whether the vault keeps the case's keys on this day."""
        last = self.last_day
        if last is None:
            return "none"
        ended = any(one.taken and isinstance(one.statement, HoldEnd) for one in self.letters)
        return "released" if ended or last < today else "active"


def keeping(owner: str, case: str) -> Keeping:
    """The case's hold."""
    return Keeping(letters=tuple(letters.about(owner, case, Hold, HoldEnd)))


def hold_of(
    *,
    case: CaseId,
    scheme: Scheme,
    ground: str,
    cameras: Iterable[str],
    start: dt.datetime,
    end: dt.datetime,
    last_day: dt.date,
) -> Hold:
    """The statement that keeps an interval of some cameras for a case."""
    return Hold(
        case=case,
        ground=ground,
        scheme=scheme.scheme_id,
        cameras=tuple(map(CameraId, sorted(set(cameras)))),
        start=micros(start),
        end=micros(end),
        last_day=last_day.isoformat(),
        nonce=secrets.token_hex(16),
    )


def draft(
    statement: Hold | HoldEnd, *, owner: str, scheme: Scheme, rules: Profile, acting: Acting
) -> Letter:
    """A hold, or its end, to be signed by as many as the rules say (`signing.hold`)."""
    return letters.draft(
        statement,
        scheme=scheme,
        owner=owner,
        about=statement.case,
        needed=signers(rules),
        acting=acting,
    )


def draft_end(
    *, owner: str, case: CaseId, scheme: Scheme, reason: str, rules: Profile, acting: Acting
) -> Letter:
    """The end of a hold before its last day, to be signed by as many as placed it."""
    statement = HoldEnd(
        case=case, ground=reason, scheme=scheme.scheme_id, nonce=secrets.token_hex(16)
    )
    return draft(statement, owner=owner, scheme=scheme, rules=rules, acting=acting)


def signers(rules: Profile) -> int:
    """How many must sign a hold."""
    return rules.number("signing.hold") or 1


def furthest(
    rules: Profile, retention: RetentionRule, newest: dt.date, days: int | None, today: dt.date
) -> dt.date:
    """The last day that the rules allow for footage recorded through `newest`.

    `days` of the ground, after the ordinary last day or after today if that is later; no longer
    than `signing.max_hold_days` from today. The vault judges the same.
    """
    most = today + dt.timedelta(days=rules.number("signing.max_hold_days") or 1)
    if days is None:
        return most
    return min(most, max(today, retention.last_day(newest)) + dt.timedelta(days=days))

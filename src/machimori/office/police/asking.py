# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking the rules about an emergency extraction: the hour, the post, the deadline."""

import datetime as dt
from typing import Any, Literal

from django.utils.translation import gettext as _t

from machimori.office.people.acting import Acting
from machimori.office.police.access import POLICE
from machimori.office.provision.asking import require, shown
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.policy.calendar import HoursClass, OfficeCalendar
from machimori.policy.deadlines import EmergencyFiling
from machimori.policy.decisions import Request, decide
from machimori.policy.profile import Profile

GROUND = "emergency"
"""What authorisations of emergency extractions name as their ground: the vault's rules say who may
sign for it alone (`Rules.sole_signers`)."""


def calendar_of(profile: Profile) -> OfficeCalendar:
    """The city's calendar. Raises ActionRefusedError while its hours are not decided."""
    opens, closes = profile.text("calendar.opens_at"), profile.text("calendar.closes_at")
    if not opens or not closes:
        raise ActionRefusedError(
            _t("開庁時間が決まっていません"),
            Reason(
                text=_t(
                    "早朝・夜間が何時からかは市が決めます。決まるまで緊急の取出しはできません。"
                ),
                clause=profile.answer("calendar.opens_at").clause,
            ),
        )
    return OfficeCalendar(opens=dt.time.fromisoformat(opens), closes=dt.time.fromisoformat(closes))


def hours(profile: Profile, at: dt.datetime) -> HoursClass:
    """What kind of hour it is. Raises ActionRefusedError while that is not decided."""
    return calendar_of(profile).hours_class(at)


def due(profile: Profile, extracted: dt.datetime) -> dt.datetime:
    """By when the 申請書 must have come. Raises ActionRefusedError while that is not decided."""
    days = profile.number("emergency.request_within")
    until = profile.text("emergency.request_until")
    if days is None or until is None:
        raise ActionRefusedError(
            _t("申請書の期限が決まっていません"),
            Reason(
                text=_t("いつまでに申請書を出すかは市が決めます。"),
                clause=profile.answer("emergency.request_within").clause,
            ),
        )
    filing = EmergencyFiling(open_days=days, at=dt.time.fromisoformat(until))
    return filing.due(extracted, calendar=calendar_of(profile))


def ask(
    profile: Profile,
    act: Literal["order_emergency", "extract_emergency"],
    heading: str,
    *,
    acting: Acting,
    **established: Any,
) -> None:
    """Raise ActionRefusedError with everything that the rules say against this act now.

    Of two posts of the acting person the one counts against which less is said. In a scheme that
    knows no emergency extraction that is the one reason, whatever else is not decided.
    """
    known = [name for name in POLICE if acting.holds(name)]
    posts = [name for name in known if f"posts.{name}.presence" in profile.answers] or known
    if not posts:
        raise ActionRefusedError(heading, Reason(text=_t("警察の職の人が行います。")))
    allowed = profile.flag("emergency.allowed")
    found = [
        decide(
            profile,
            Request(
                act=act,
                post=post,
                at=acting.at,
                hours=hours(profile, acting.at) if allowed else "open",
                **established,
            ),
        )
        for post in posts
    ]
    require(heading, *shown(min(found, key=lambda one: len(one.reasons)).reasons))

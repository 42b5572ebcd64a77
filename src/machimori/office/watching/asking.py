# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking the rules whether this person may watch here now."""

from django.utils.translation import gettext as _t

from machimori.office.people.acting import Acting
from machimori.office.provision.asking import require, shown
from machimori.office.rules.access import in_force, today
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.terminals.models import Terminal
from machimori.office.watching import access
from machimori.policy.calendar import OfficeCalendar
from machimori.policy.decisions import Request, decide


def ask(terminal: Terminal | None, *, acting: Acting) -> None:
    """Raise ActionRefusedError with everything that the rules say against it.

    The place is the proved terminal's; a browser elsewhere is nowhere. Of several posts the one
    counts against which least is said.
    """
    profile, heading = in_force(acting.scheme, today(acting)), _t("現在の映像は見られません")
    place = terminal.place if terminal is not None and not terminal.lent_to else ""
    posts = [name for name in acting.ordered if f"posts.{name}.presence" in profile.answers]
    if not posts:
        raise ActionRefusedError(
            heading, Reason(text=_t("任命の始まる日を、管理責任者に確かめてください。"))
        )
    found = [
        decide(
            profile,
            Request(
                act="watch_live",
                post=post,
                at=acting.at,
                hours=OfficeCalendar().hours_class(acting.at),
                place=place,
                at_terminal=bool(place),
                listed=access.listed(acting, place),
            ),
        )
        for post in posts
    ]
    require(heading, *shown(min(found, key=lambda one: len(one.reasons)).reasons))
    if not place:
        # Where the rules name no place, a screen must still be one that the city knows.
        raise ActionRefusedError(
            heading, Reason(text=_t("登録した端末で、端末のキーに触れてから見てください。"))
        )

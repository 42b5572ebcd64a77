# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rules of different rank: an 要領 stands under its 要綱 and cannot depart from it.

What the higher rule states binds below it, with its own clause. Where it is silent nothing is
inherited: silence is never taken for an answer.
"""

import datetime as dt
from collections.abc import Iterable

from machimori.policy.errors import ContradictionError, PolicyError
from machimori.policy.profile import Profile


def under(profile: Profile, parent: Profile) -> Profile:
    """`profile` as it stands under `parent`.

    Raises ContradictionError naming both clauses where the two state different rules, PolicyError
    if the documents' short names cannot be told apart.
    """
    if parent.document.short == profile.document.short:
        raise PolicyError(
            f"both documents are called {profile.document.short}",
            where="document.short",
            remedy="give the higher rule a short name of its own",
        )
    given = dict(profile.given)
    for key, higher in parent.given.items():
        if higher.status != "stated":
            continue
        lower = given.get(key)
        if lower is not None and lower.status == "stated" and lower.value != higher.value:
            raise ContradictionError(
                f"{lower.clause} departs from {higher.clause}",
                where=key,
                remedy=f"the rule above it states {higher.value!r}",
            )
        if lower is None or lower.status != "stated":
            given[key] = higher
    return Profile(
        document=profile.document,
        given=given,
        above=(*profile.above, parent.document, *parent.above),
    )


def edition(editions: Iterable[Profile], on: dt.date) -> Profile:
    """Of several editions of one document, the one in effect on this day.

    An edition has effect from the last of its versions on. Raises PolicyError if none had yet.
    """
    begun = [
        (profile.document.versions[-1].effective_from, profile)
        for profile in editions
        if profile.document.versions and profile.document.versions[-1].effective_from <= on
    ]
    if not begun:
        raise PolicyError(
            "no edition of these rules was in effect",
            where=on.isoformat(),
            remedy="add the text that was in effect on that day",
        )
    return max(begun, key=lambda pair: pair[0])[1]

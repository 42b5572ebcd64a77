# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rules under which a scheme's cases stand."""

import datetime as dt
from functools import lru_cache

from machimori.office.people.models import Scheme
from machimori.policy import adoption
from machimori.policy.document import ProfileId
from machimori.policy.profile import Profile, bundled


def in_force(scheme: Scheme, on: dt.date) -> Profile:
    """The rules of this day: the scheme's document, and all proposals as if the city had adopted
    them on the day on which the scheme started. Before that, nothing is adopted: what is unset
    refuses.

    `office/rules`, which keeps what a city really adopted, replaces this function. Raises
    PolicyError if no profile of the scheme's ships.
    """
    return _in_force(ProfileId(scheme.profile), scheme.started_on, on)


@lru_cache(maxsize=64)
def _in_force(profile: ProfileId, started: dt.date | None, on: dt.date) -> Profile:
    document = bundled(profile)
    if started is None:
        return document
    adopted = adoption.adopt_recommended(
        document, decision="", adopted_on=started, effective_from=started
    )
    return adoption.in_force(document, adopted, on)

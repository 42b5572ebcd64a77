# SPDX-License-Identifier: AGPL-3.0-or-later
"""Case numbers: per scheme and 年度, from 1, without gaps."""

import datetime as dt

from machimori.office.people.facts import give_number, series_name
from machimori.office.provision.models import Case, Numbered, Series


def number(case: Case, *, on: dt.date) -> Numbered:
    """Give a case the next number of its scheme's 年度, inside the action's transaction."""
    return give_number(
        Series, Numbered, case=case, scheme=case.scheme, name=series_name(case.scheme), on=on
    )

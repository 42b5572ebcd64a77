# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calendar months as text: `2026-05`."""

import datetime as dt
import re
from typing import Final

from machimori.office.oversight.asked import midnight
from machimori.policy.wareki import wareki

_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])\Z", re.ASCII)


def month_of(day: dt.date) -> str:
    """The month of a day."""
    return f"{day:%Y-%m}"


def first_day(month: str) -> dt.date:
    """Its first day. Raises ValueError for anything but a month."""
    found = _MONTH.match(month)
    if found is None:
        raise ValueError("not a month")
    return dt.date(int(found[1]), int(found[2]), 1)


def following(month: str) -> str:
    """The month after it."""
    return month_of(first_day(month) + dt.timedelta(days=31))


def bounds(month: str) -> tuple[dt.datetime, dt.datetime]:
    """The instants [from, until) of the month."""
    return midnight(first_day(month)), midnight(first_day(following(month)))


def named(month: str) -> str:
    """「令和8年5月」."""
    return wareki(first_day(month), weekday=False).removesuffix("1日")

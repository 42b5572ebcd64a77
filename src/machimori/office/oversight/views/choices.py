# SPDX-License-Identifier: AGPL-3.0-or-later
"""What pages offer to narrow a list by."""

import datetime as dt
from typing import Final

from machimori.policy.wareki import fiscal_year, wareki_fiscal_year

FIRST_YEAR: Final = 2019
"""The 年度 with which the list of years ends."""


def years(day: dt.date) -> list[tuple[str, str]]:
    """年度 from this one back."""
    last = fiscal_year(day)
    return [(str(one), wareki_fiscal_year(one)) for one in range(last, FIRST_YEAR - 1, -1)]


def months() -> list[str]:
    """The months of a 年度 in its order."""
    return [str(1 + (n + 3) % 12) for n in range(12)]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What pages offer to narrow a list by."""

import datetime as dt
from typing import Final

from django.utils.translation import gettext as _t

from machimori.office.oversight.asked import Period
from machimori.policy.wareki import fiscal_year, wareki_fiscal_year

FIRST_YEAR: Final = 2019
"""The 年度 with which the list of years ends."""
PRINTED: Final = 2000
"""Lines that are put on one paper; more of a period are asked for by month or act."""


def named(within: Period) -> str:
    """A period in words."""
    if within.year == "all":
        return _t("すべての年度")
    year = wareki_fiscal_year(int(within.year))
    return f"{year}{within.month}月" if within.month else year


def years(day: dt.date) -> list[tuple[str, str]]:
    """年度 from this one back."""
    last = fiscal_year(day)
    return [(str(one), wareki_fiscal_year(one)) for one in range(last, FIRST_YEAR - 1, -1)]


def months() -> list[str]:
    """The months of a 年度 in its order."""
    return [str(1 + (n + 3) % 12) for n in range(12)]

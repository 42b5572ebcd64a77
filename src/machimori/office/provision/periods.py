# SPDX-License-Identifier: AGPL-3.0-or-later
"""年度 and month as what a list is narrowed to."""

import datetime as dt
from typing import Any

from machimori.kernel.instants import TOKYO
from machimori.policy.wareki import fiscal_year, fiscal_year_start, wareki_fiscal_year


def period(year: str, month: str) -> dict[str, Any]:
    """A filter of `Head` for cases that began in this 年度, or in this month of it.

    Empty, and whatever is no year between 1989 and 2198 or no month, narrows nothing.
    """
    if not year.isascii() or not year.isdigit() or not 1989 <= int(year) <= 2198:
        return {}
    first = fiscal_year_start(int(year))
    last = fiscal_year_start(int(year) + 1)
    if month.isascii() and month.isdigit() and 1 <= int(month) <= 12:
        number = int(month)
        first = dt.date(int(year) + (number < 4), number, 1)
        last = (first + dt.timedelta(days=31)).replace(day=1)
    midnight = dt.time(tzinfo=TOKYO)
    return {
        "began__gte": dt.datetime.combine(first, midnight),
        "began__lt": dt.datetime.combine(last, midnight),
    }


def choices(year: str, month: str, *, since: dt.datetime | None, at: dt.datetime) -> dict[str, Any]:
    """What `shared/period.html` offers: every 年度 from `since` to `at`, the newest first."""
    last = fiscal_year(at.astimezone(TOKYO).date())
    first = fiscal_year(since.astimezone(TOKYO).date()) if since else last
    return {
        "year": year,
        "years": [(str(one), wareki_fiscal_year(one)) for one in range(last, first - 1, -1)],
        "month": month,
        "months": [str(1 + (n + 3) % 12) for n in range(12)],
    }

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Case numbers: per scheme and 年度, from 1, without gaps."""

import datetime as dt

from machimori.office.people.models import Scheme
from machimori.office.provision.models import Case, Numbered, Series
from machimori.policy.wareki import CaseNumber, fiscal_year


def number(case: Case, *, on: dt.date) -> Numbered:
    """Give a case the next number of its scheme's 年度, inside the action's transaction.

    The series' row is locked until the transaction ends, so that whoever comes second waits, and
    a number whose case failed is given to the next.
    """
    year = fiscal_year(on)
    Series.objects.get_or_create(scheme=case.scheme, fiscal_year=year)
    series = Series.objects.select_for_update(of=("self",), no_key=True).get(
        scheme=case.scheme, fiscal_year=year
    )
    series.last += 1
    series.save(update_fields=["last"])
    text = CaseNumber(fiscal_year=year, series=series_name(case.scheme), number=series.last)
    return Numbered.objects.create(case=case, series=series, number=series.last, text=str(text))


def series_name(scheme: Scheme) -> str:
    """The short name in a number: 「街頭防犯カメラ」 is written 街頭. At most 20 characters."""
    name = "".join(scheme.name.split())
    return (name.removesuffix("防犯カメラ") or name)[:20]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""集計: what a 年度's cases came to, by month and ground; counted from the facts."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _t

from machimori.office.direct.models import Fact as DirectFact
from machimori.office.disclosure.models import Fact as DisclosureFact
from machimori.office.internal.models import Fact as InternalFact
from machimori.office.oversight.asked import midnight
from machimori.office.oversight.models import Fact
from machimori.office.people.models import Scheme
from machimori.office.police.models import Fact as PoliceFact
from machimori.office.provision.models import Fact as ProvisionFact
from machimori.office.provision.models import Head
from machimori.office.viewing.models import Viewing
from machimori.office.watching.models import Fact as WatchFact
from machimori.policy.grounds import grounds
from machimori.policy.profile import Profile
from machimori.policy.wareki import fiscal_year_start

_APPROVED: Final = (
    "approved",
    "instructed",
    "reviewing",
    "extracting",
    "awaiting_check",
    "ready_for_handover",
    "provided",
    "closed",
    "lapsed",
    "revoked",
)
_COUNTED: Final = """
WITH cases AS (
    SELECT state, extract(month FROM began AT TIME ZONE 'Asia/Tokyo')::int AS month,
        nullif(ground, '') AS ground, extract(epoch FROM decided - received) / 86400 AS days
    FROM office.provision_head
    WHERE scheme_id = %(scheme)s AND began >= %(start)s AND began < %(end)s
        AND state NOT IN ('consultation', 'informed')
)
SELECT grouping(month), grouping(ground), month, ground,
    count(*),
    count(*) FILTER (WHERE state = ANY(%(approved)s)),
    count(*) FILTER (WHERE state = 'refused'),
    count(*) FILTER (WHERE state = 'not_found'),
    count(*) FILTER (WHERE state = 'withdrawn'),
    count(*) FILTER (WHERE state IN ('provided', 'closed')),
    count(*) FILTER (WHERE state IN ('received', 'awaiting_correction', 'under_decision')),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY days)
FROM cases
GROUP BY GROUPING SETS ((month), (ground), ())
ORDER BY 1 DESC, 2 DESC, (month + 8) %% 12, ground
"""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A row: what is counted, and how often. None: not asked of this row."""

    group: str
    name: str
    received: int
    approved: int | None = None
    refused: int | None = None
    not_found: int | None = None
    withdrawn: int | None = None
    provided: int | None = None
    open: int | None = None
    days: float | None = None
    """Median, from receipt to decision."""


def count(scheme: Scheme, rules: Profile, year: int) -> list[Counted]:
    """Everything that is counted of this 年度."""
    start, end = midnight(fiscal_year_start(year)), midnight(fiscal_year_start(year + 1))
    return [
        *_cases(scheme, rules, start, end),
        _urgent(scheme, start, end),
        *_uses(scheme, start, end),
        *_emergencies(scheme, start, end),
        _direct(scheme, start, end),
        _internal(scheme, start, end),
        *_watching(scheme, start, end),
        *_disclosures(scheme, start, end),
        _complaints(scheme, start, end),
    ]


def _cases(scheme: Scheme, rules: Profile, start: dt.datetime, end: dt.datetime) -> list[Counted]:
    names = {one.id: one.label for one in grounds(rules)}
    asked: dict[str, Any] = {
        "scheme": scheme.pk,
        "start": start,
        "end": end,
        "approved": list(_APPROVED),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, asked)
        rows = cursor.fetchall()
    return [_counted(row, names) for row in rows]


def _counted(row: tuple[Any, ...], names: dict[str, str]) -> Counted:
    no_month, no_ground, month, ground, *counts, days = row
    if no_month and no_ground:
        group, name = _t("提供の申請"), _t("計")
    elif no_month:
        group, name = _t("根拠別"), names.get(ground, ground or _t("根拠なし"))
    else:
        group, name = _t("月別"), _t("%(month)s月") % {"month": month}
    received, approved, refused, not_found, withdrawn, provided, still = counts
    return Counted(
        group=group,
        name=name,
        received=received,
        approved=approved,
        refused=refused,
        not_found=not_found,
        withdrawn=withdrawn,
        provided=provided,
        open=still,
        days=None if days is None else float(days),
    )


def _urgent(scheme: Scheme, start: dt.datetime, end: dt.datetime) -> Counted:
    """急ぎの提供: applications that were taken in before their document, as they were then."""
    taken = ProvisionFact.objects.filter(
        case__scheme=scheme, kind="taken_in", data__application__urgent=True
    )
    cases = Head.objects.filter(
        scheme=scheme, began__gte=start, began__lt=end, case__in=taken.values("case")
    )
    states = _by(cases, "state")
    return Counted(
        group=_t("提供の申請"),
        name=_t("うち急ぎの提供"),
        received=sum(states.values()),
        approved=sum(states.get(one, 0) for one in _APPROVED),
        refused=states.get("refused", 0),
        not_found=states.get("not_found", 0),
        withdrawn=states.get("withdrawn", 0),
        provided=states.get("provided", 0) + states.get("closed", 0),
    )


def _direct(scheme: Scheme, start: dt.datetime, end: dt.datetime) -> Counted:
    facts = DirectFact.objects.filter(case__scheme=scheme, at__gte=start, at__lt=end)
    kinds = _by(facts, "kind")
    return Counted(
        group=_t("直接取得"),
        name=_t("計"),
        received=kinds.get("requested", 0),
        not_found=kinds.get("failed", 0),
        withdrawn=kinds.get("withdrawn", 0),
        provided=kinds.get("acquired", 0),
    )


def _internal(scheme: Scheme, start: dt.datetime, end: dt.datetime) -> Counted:
    facts = InternalFact.objects.filter(case__scheme=scheme, at__gte=start, at__lt=end)
    kinds = _by(facts, "kind")
    return Counted(
        group=_t("内部利用"),
        name=_t("計"),
        received=kinds.get("drafted", 0),
        approved=kinds.get("permitted", 0),
        refused=kinds.get("refused", 0),
        withdrawn=kinds.get("withdrawn", 0),
    )


def _watching(scheme: Scheme, start: dt.datetime, end: dt.datetime) -> list[Counted]:
    facts = WatchFact.objects.filter(case__scheme=scheme, at__gte=start, at__lt=end)
    kinds, group = _by(facts, "kind"), _t("監視")
    return [
        Counted(group=group, name=_t("監視勤務"), received=kinds.get("begun", 0)),
        Counted(group=group, name=_t("通報"), received=kinds.get("noticed", 0)),
    ]


def _uses(scheme: Scheme, start: dt.datetime, end: dt.datetime) -> list[Counted]:
    group = _t("画像を開いた回数")
    viewed = Viewing.objects.filter(scheme=scheme, at__gte=start, at__lt=end).count()
    with connection.cursor() as cursor:
        cursor.execute(
            # Not joined: the planner would read every case there ever was for those of a year.
            "SELECT count(*) FROM office.provision_fact f WHERE kind IN ('extraction_begun')"
            " AND at >= %s AND at < %s AND"
            " (SELECT scheme_id FROM office.provision_case c WHERE c.id = f.case_id) = %s",
            (start, end, scheme.pk),
        )
        row = cursor.fetchone()
        assert row is not None
    return [
        Counted(group=group, name=_t("閲覧"), received=viewed),
        Counted(group=group, name=_t("取出し"), received=row[0]),
    ]


def _emergencies(scheme: Scheme, start: dt.datetime, end: dt.datetime) -> list[Counted]:
    facts = PoliceFact.objects.filter(case__scheme=scheme, at__gte=start, at__lt=end)
    kinds = _by(facts, "kind")
    return [
        Counted(
            group=_t("緊急の取出し"),
            name=_t("計"),
            received=kinds.get("extracted", 0),
            approved=kinds.get("accepted", 0),
            refused=kinds.get("excess_found", 0) + kinds.get("rejected", 0),
        )
    ]


def _disclosures(scheme: Scheme, start: dt.datetime, end: dt.datetime) -> list[Counted]:
    facts = DisclosureFact.objects.filter(case__scheme=scheme, at__gte=start, at__lt=end)
    kinds = _by(facts, "kind")
    results = _by(facts.filter(kind="decided"), "data__result")
    return [
        Counted(
            group=_t("開示請求"),
            name=_t("計"),
            received=kinds.get("taken_in", 0),
            approved=results.get("full", 0) + results.get("partial", 0),
            refused=results.get("exempt", 0) + results.get("existence_refused", 0),
            not_found=results.get("absent", 0),
            withdrawn=kinds.get("withdrawn", 0),
            provided=kinds.get("disclosed", 0),
        )
    ]


def _complaints(scheme: Scheme, start: dt.datetime, end: dt.datetime) -> Counted:
    facts = Fact.objects.filter(case__scheme=scheme, at__gte=start, at__lt=end)
    kinds = _by(facts, "kind")
    return Counted(
        group=_t("苦情"),
        name=_t("計"),
        received=kinds.get("complaint_received", 0),
        open=kinds.get("complaint_received", 0) - kinds.get("complaint_replied", 0),
    )


def _by(facts: "QuerySet[Any]", field: str) -> dict[str, int]:
    """How many facts there are of each value."""
    rows = facts.values(field).annotate(number=Count("pk")).values_list(field, "number")
    return dict(rows)

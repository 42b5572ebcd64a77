# SPDX-License-Identifier: AGPL-3.0-or-later
"""集計 of a 年度, and the report for the public that is counted from the ledger."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.kernel.instants import local_day, micros
from machimori.office.jobs.actions import latest as progress_of
from machimori.office.oversight import access, reporting
from machimori.office.oversight.asked import period
from machimori.office.oversight.counting import Counted, count
from machimori.office.oversight.history import File, files_of, find, records
from machimori.office.oversight.reporting import COUNTED
from machimori.office.oversight.views.choices import years
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.people.models import Scheme
from machimori.office.rules.access import in_force, rules_of, today
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.pages import today as public_today
from machimori.office.shared.posts import posts, public
from machimori.office.shared.tables import ValueListing
from machimori.policy.grounds import grounds
from machimori.policy.profile import Profile
from machimori.policy.wareki import fiscal_year, wareki_fiscal_year

NONE = "－"


@posts(*access.CITY)
@require_safe
def counts(request: ActingRequest) -> HttpResponse:
    """集計."""
    acting, on = request.acting, today(request.acting)
    found = period(request.GET, on).year
    year = fiscal_year(on) if found == "all" else int(found)
    rows = count(acting.scheme, rules_of(acting).on(on), year)
    listing = ValueListing[Counted](
        name=f"{_t('集計')} {wareki_fiscal_year(year)}",
        columns=(
            _t("区分"),
            _t("項目"),
            _t("件数"),
            _t("承認"),
            _t("不承認"),
            _t("該当画像なし"),
            _t("取下げ"),
            _t("提供"),
            _t("決定前"),
            _t("決定までの日数（中央値）"),
        ),
        cells=_cells,
    )
    context = {"years": years(on), "year": str(year)}
    return listing.respond(request, rows, "oversight/counts.html", context)


@posts(*access.CITY)
@require_safe
def report(request: ActingRequest) -> HttpResponse:
    """公表用の集計: the last one with everything in it, and how it would be published."""
    return _report(request)


@posts(*access.CITY)
@require_POST
def compute(request: ActingRequest) -> HttpResponse:
    """台帳から数える."""
    try:
        reporting.start(acting=request.acting)
    except ActionRefusedError as error:
        return _report(request, refused=error)
    return HttpResponseRedirect(reverse("oversight:report"))


@posts("system_manager")
@require_POST
def publish(request: ActingRequest, name: str) -> HttpResponse:
    """公表する."""
    file = find(request.acting.scheme, "report", name)
    if file is None:
        raise Http404
    try:
        reporting.publish(file, acting=request.acting)
    except ActionRefusedError as error:
        return _report(request, refused=error)
    return HttpResponseRedirect(reverse("oversight:report"))


@public
@require_safe
def public_report(request: HttpRequest, scheme: str) -> HttpResponse:
    """The published report, for everybody; 404 if nothing is published."""
    row = get_object_or_404(Scheme, pk=scheme)
    file = reporting.published(row)
    rules = in_force(row, public_today())
    if file is None or rules.flag("audit.report_published") is not True:
        raise Http404
    context = _told(file, rules) | {"scheme": row}
    return render(request, "oversight/public_report.html", context)


def _report(request: ActingRequest, *, refused: ActionRefusedError | None = None) -> HttpResponse:
    acting = request.acting
    rules = rules_of(acting).on(today(acting))
    last = _last(acting)
    computed = last is not None and last.latest("report_computed") is not None
    context: dict[str, Any] = {
        "last": last,
        "progress": progress_of(reporting.TASK, last.record.pk) if last else None,
        "computed": computed,
        "refused": refused,
        "may_publish": computed
        and last is not None
        and last.state == "report_computed"
        and acting.holds("system_manager")
        and rules.flag("audit.report_published") is True,
        "address": reverse("oversight:public_report", args=[acting.scheme.pk]),
        "public": reporting.published(acting.scheme),
    }
    if computed and last is not None:
        context |= _told(last, rules)
    return render(request, "oversight/report.html", context, status=403 if refused else 200)


def _last(acting: Acting) -> File | None:
    row = records(acting.scheme, "report").first()
    return files_of([row])[0] if row else None


def _told(file: File, rules: Profile) -> dict[str, Any]:
    """The report's tables: exact counts beside what is published."""
    at, data = reporting.covered(file)
    least = reporting.least_of(rules)
    names = {one.id: one.label for one in grounds(rules)}
    found = []
    for year in sorted(data["years"], reverse=True):
        exact = {key: data["years"][year].get(key, 0) for key in COUNTED}
        by_ground = data["grounds"].get(year, {})
        told, of_grounds = reporting.careful(exact, least), reporting.careful(by_ground, least)
        found.append(
            {
                "name": wareki_fiscal_year(int(year)),
                "rows": [(text, exact[key], told[key]) for key, text in COUNTED.items()],
                "grounds": [
                    (names.get(key, key) or _t("根拠の記録がない"), number, of_grounds[key])
                    for key, number in sorted(by_ground.items())
                ],
            }
        )
    return {
        "tables": found,
        "size": data["size"],
        "root": data["root"],
        "until": data["until"],
        "computed_on": local_day(micros(at)),
        "least": least,
    }


def _cells(row: Counted) -> tuple[str, ...]:
    numbers = (
        row.received,
        row.approved,
        row.refused,
        row.not_found,
        row.withdrawn,
        row.provided,
        row.open,
    )
    return (
        row.group,
        row.name,
        *(NONE if number is None else str(number) for number in numbers),
        NONE if row.days is None else f"{row.days:.1f}",
    )

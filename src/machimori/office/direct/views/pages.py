# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the pages of an acquisition have in common."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _t

from machimori.office.cameras.access import plain_names
from machimori.office.direct import access
from machimori.office.direct.history import File, files_of
from machimori.office.direct.models import Case
from machimori.office.direct.requesting import PACKAGE
from machimori.office.handover import progress
from machimori.office.handover.progress import Making
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.provision.periods import choices, period
from machimori.office.rules.access import rules_of
from machimori.office.shared.templatetags.office import minute


def one(request: ActingRequest, name: str) -> File:
    """The acquisition of this name, if the acting person may see it. Raises Http404."""
    found = access.find(request.acting, name)
    if found is None:
        raise Http404
    return found


def address(file: File) -> str:
    """Where its page is."""
    return reverse("direct:acquisition", args=[file.case.pk])


def making(file: File) -> dict[str, Any]:
    """How far the package is, for the progress' template: `making` is None if none is made."""
    last = file.facts[-1]
    found: Making | None = None
    if last.kind == "signed":
        found = progress.running(PACKAGE, file.case.pk)
    elif last.kind == "acquired":
        found = progress.done(_t("取得できました。最初の画像を見るか、端末に取り出してください。"))
    return {
        "making": found,
        "poll": reverse("direct:progress", args=[file.case.pk]),
        "next": address(file),
    }


def within(request: ActingRequest, rows: QuerySet[Case]) -> tuple[QuerySet[Case], dict[str, Any]]:
    """The rows of the 年度 and month that were asked for, and what the filter shows."""
    year, month = request.GET.get("year", ""), request.GET.get("month", "")
    since = rows.order_by("head__began").values_list("head__began", flat=True).first()
    context = choices(year, month, since=since, at=request.acting.at)
    return rows.filter(**period(year, month)), context


def loaded(rows: Sequence[Case], *, acting: Acting) -> list[tuple[File, str]]:
    """These acquisitions, each with what the register calls its cameras; two queries."""
    files = files_of(rows, rules_of(acting))
    names = plain_names(acting.scheme, {one for file in files for one in file.extent.cameras})
    return [(file, called(names, file.extent.cameras)) for file in files]


def called(names: dict[str, str], wanted: Iterable[str]) -> str:
    """These cameras by name."""
    return "、".join(names.get(name, name) for name in wanted)


def interval(file: File) -> str:
    """The interval in words."""
    return f"{minute(file.extent.start)} ～ {minute(file.extent.end)}"

# SPDX-License-Identifier: AGPL-3.0-or-later
"""複製・媒体簿, and the page of one copy with what can be recorded of it."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.kernel.instants import local_day, micros
from machimori.office.handover import access, ending
from machimori.office.handover.forms import ExtendForm, RemindForm, SettleForm
from machimori.office.handover.history import Followed, followed
from machimori.office.handover.media import KINDS
from machimori.office.handover.models import Head
from machimori.office.handover.sections import compared, said
from machimori.office.handover.states import STATES, STEPS, Kind
from machimori.office.handover.views.pages import copy_of
from machimori.office.people.acting import ActingRequest
from machimori.office.provision.models import Series
from machimori.office.provision.periods import period
from machimori.office.shared.addresses import address_of
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day
from machimori.policy.wareki import wareki_fiscal_year

OVERDUE = "overdue"


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """複製・媒体簿: every copy of the scheme, the newest first; by state, 年度 and month."""
    acting = request.acting
    rows = access.copies(acting)
    state = request.GET.get("state", "")
    today = local_day(micros(acting.at))
    if state == OVERDUE:
        rows = rows.filter(state="handed_over", due__lt=today)
    elif state in STATES:
        rows = rows.filter(state=state)
    year, month = request.GET.get("year", ""), request.GET.get("month", "")
    rows = rows.filter(**period(year, month))
    found = Listing[Head](
        name=_t("複製・媒体簿"),
        columns=(
            _t("媒体番号"),
            _t("案件番号"),
            _t("種類"),
            _t("状態"),
            _t("渡した相手"),
            _t("返却・消去の期限"),
            _t("更新"),
        ),
        cells=lambda row: _cells(row[0], row[1], today),
        search=("words",),
        lookup="contains",
        load=_with_facts,
    )
    states = [*STATES.items(), (OVERDUE, _t("期限を過ぎている"))]
    years = Series.objects.filter(scheme=acting.scheme).order_by("-fiscal_year")
    context = {
        "state": state,
        "states": states,
        "within": urlencode({"year": year, "month": month}),
        "year": year,
        "years": [
            (str(one), wareki_fiscal_year(one))
            for one in years.values_list("fiscal_year", flat=True)
        ],
        "month": month,
        "months": [str(1 + (n + 3) % 12) for n in range(12)],
    }
    return found.respond(request, rows, "handover/copies.html", context)


def _with_facts(heads: Sequence[Head]) -> list[tuple[Head, Followed]]:
    return list(zip(heads, followed(head.copy for head in heads), strict=True))


def _cells(head: Head, found: Followed, today: dt.date) -> tuple[str | Cell, ...]:
    numbered = getattr(head.copy.case, "numbered", None)
    handed = found.latest("handed_over")
    late = head.state == "handed_over" and head.due is not None and head.due < today
    due = day(head.due)
    return (
        Cell(
            text=head.number or _t("（まだ書いていない）"),
            href=address_of("handover:copy", head.copy_id),
        ),
        numbered.text if numbered else "",
        str(KINDS[head.medium].text) if head.medium else "",
        found.text,
        f"{handed.data['body']} {handed.data['name']}".strip() if handed else "",
        Cell(text=_t("%(day)s（過ぎています）") % {"day": due}, mark="open") if late else due,
        day(head.at),
    )


@posts(*access.READERS)
@require_safe
def copy(request: ActingRequest, name: str) -> HttpResponse:
    """One copy: what it is, where it is, by when it ends, and what happened to it."""
    file, found = copy_of(request, name)
    written = found.latest("written")
    handed = found.latest("handed_over")
    desk = request.acting.holds(*access.DESK)
    today = local_day(micros(request.acting.at))
    context = {
        "file": file,
        "copy": found.copy,
        "found": found,
        "written": written,
        "kind": KINDS[written.data["kind"]].text if written else "",
        "compared": compared(found),
        "handed": handed,
        "due": found.due if found.state == "handed_over" else None,
        "overdue": found.state == "handed_over" and found.due is not None and found.due < today,
        "may_settle": desk and bool(ending.ways(file, found)),
        "may_extend": desk and found.state == "handed_over",
        "asked": desk and found.state == "handed_over" and found.latest("reminded") is not None,
        "facts": [
            (fact, STEPS[cast(Kind, fact.kind)].text, said(fact)) for fact in found.facts[::-1]
        ],
    }
    return render(request, "handover/copy.html", context)


@posts(*access.DESK)
def settle(request: ActingRequest, name: str) -> HttpResponse:
    """複製の終わりを記録する."""
    file, found = copy_of(request, name)
    form = SettleForm(request.POST or None, ways=ending.ways(file, found))
    return _page(
        request,
        found,
        form,
        lambda said: ending.settle(file, found, **said, acting=request.acting),
        _t("複製の終わりを記録する"),
    )


@posts(*access.DESK)
def extend(request: ActingRequest, name: str) -> HttpResponse:
    """期限を延ばす."""
    file, found = copy_of(request, name)
    return _page(
        request,
        found,
        ExtendForm(request.POST or None),
        lambda said: ending.extend(file, found, **said, acting=request.acting),
        _t("返却・消去の期限を延ばす"),
    )


@posts(*access.DESK)
def remind(request: ActingRequest, name: str) -> HttpResponse:
    """返却・消去をお願いした."""
    file, found = copy_of(request, name)
    return _page(
        request,
        found,
        RemindForm(request.POST or None),
        lambda said: ending.remind(file, found, **said, acting=request.acting),
        _t("返却・消去をお願いしたことを記録する"),
        more=_t("記録したあと、相手にあてた依頼文を印刷できます。"),
    )


def _page(
    request: ActingRequest,
    found: Followed,
    form: forms.Form,
    act: Callable[[dict[str, Any]], Followed],
    title: str,
    *,
    more: str = "",
) -> HttpResponse:
    """A page with one form about a copy, whose title is what its button does."""
    refused = None
    back = reverse("handover:copy", args=[found.copy.pk])
    if form.is_bound and form.is_valid():
        try:
            act(form.cleaned_data)
        except ActionRefusedError as error:
            refused = error
        else:
            return HttpResponseRedirect(back)
    context = {
        "form": form,
        "title": title,
        "button": title,
        "found": found,
        "refused": refused,
        "back": back,
        "text": "　".join(
            filter(None, (_t("媒体番号 %(number)s") % {"number": found.number}, more))
        ),
    }
    return render(request, "provision/form.html", context)

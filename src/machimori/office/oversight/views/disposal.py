# SPDX-License-Identifier: AGPL-3.0-or-later
"""廃棄予定の文書: the list of a 年度, its decision, one case with its stays, what is gone."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.jobs.actions import latest
from machimori.office.oversight import access, disposing, kept, stays
from machimori.office.oversight.due import Due, Ending
from machimori.office.oversight.forms import DisposalForm, ReasonForm, StayForm
from machimori.office.oversight.history import File, files_of, find, find_about
from machimori.office.oversight.kept import Kept
from machimori.office.oversight.kinds import KINDS
from machimori.office.oversight.models import Tombstone
from machimori.office.oversight.views.pages import form_page
from machimori.office.people.acting import ActingRequest
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import PAGE, Cell, Listing, LongListing
from machimori.office.shared.templatetags.office import day, minute
from machimori.policy.wareki import fiscal_year, wareki_fiscal_year

AHEAD = 11
"""Years that can be looked at before they are over."""


@posts(*access.CITY)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """What is kept to the end of a 年度 at most; without a choice, of the last that is over."""
    acting, on = request.acting, today(request.acting)
    rules, year = rules_of(acting), _year(request, on)
    held = stays.active(acting.scheme)
    ending = Ending(scheme=acting.scheme, rules=rules, on=on, year=year)
    due = Due(of=ending, held=frozenset(held), words=request.GET.get("q", ""), page=_page(request))

    def cells(one: Kept) -> tuple[str | Cell, ...]:
        href = reverse("oversight:kept", args=[one.kind, one.case])
        return (
            str(KINDS[one.kind].text),
            Cell(text=one.number or _t("番号なし"), href=href),
            one.ending,
            day(one.completed),
            day(one.last_day),
            _said(one, held.get(one.name, []), on),
        )

    found = LongListing[Kept](
        name=f"{_t('廃棄予定の文書')} {wareki_fiscal_year(year)}",
        columns=(
            _t("文書の種類"),
            _t("番号"),
            _t("終わり方"),
            _t("完結した日"),
            _t("保存の最後の日"),
            _t("扱い"),
        ),
        cells=cells,
    )
    decided = find_about(acting.scheme, "disposal", str(year))
    context = {
        "year": year,
        "years": [
            (one, wareki_fiscal_year(one))
            for one in range(fiscal_year(on) + AHEAD, kept.ended_year(on) - AHEAD, -1)
        ],
        "named": wareki_fiscal_year(year),
        "ready": due.disposable,
        "undecided": kept.undecided(rules, on),
        "decided": decided.latest("disposal_decided") if decided else None,
        "done": decided.latest("disposal_done") if decided else None,
        "state": decided.text if decided else "",
        "progress": latest(disposing.TASK, decided.record.pk)
        if decided and decided.state == "disposing"
        else None,
        "may": disposing.may_decide(acting) and acting.holds(*access.KEEPERS),
    }

    def rows(words: str) -> Due:
        return due if words == due.words else replace(due, words=words)

    return found.respond(request, rows, "oversight/disposal.html", context)


@posts(*access.KEEPERS)
def decide(request: ActingRequest, year: int) -> HttpResponse:
    """廃棄を決める."""
    acting, on = request.acting, today(request.acting)
    if not kept.ended_year(on) - 200 < year <= fiscal_year(on) + AHEAD:
        raise Http404
    found = disposing.ready(acting.scheme, rules_of(acting), on, year, page=1)
    form, back = DisposalForm(request.POST or None), f"{reverse('oversight:disposal')}?year={year}"

    def act() -> str:
        said = form.cleaned_data
        disposing.decide(
            year,
            number=said["number"],
            decided_on=said["decided_on"],
            seen=request.POST.get("seen", ""),
            acting=acting,
        )
        return back

    return form_page(
        request,
        form,
        act,
        title=_t("%(year)s末までの文書を廃棄する") % {"year": wareki_fiscal_year(year)},
        button=_t("%(n)s件の廃棄を決める") % {"n": len(found)},
        back=back,
        more={"rows": found[:PAGE], "count": len(found), "seen": found.digest},
        template="oversight/dispose.html",
    )


@posts(*access.CITY)
@require_safe
def done(request: ActingRequest) -> HttpResponse:
    """廃棄した文書: the tombstones."""

    def load(rows: Sequence[Tombstone]) -> list[tuple[Tombstone, File]]:
        decisions = {one.pk: one for one in (row.decision for row in rows)}
        files = {one.record.pk: one for one in files_of(list(decisions.values()))}
        return [(row, files[row.decision_id]) for row in rows]

    def cells(both: tuple[Tombstone, File]) -> tuple[str | Cell, ...]:
        row, decided = both[0], disposing.decided_before(*both)
        kind = KINDS[row.kind]
        return (
            str(kind.text),
            row.number,
            str(kind.states[row.state]),
            day(row.completed),
            day(row.last_day),
            minute(row.at),
            decided.data["number"],
            decided.by.name if decided.by else "",
        )

    found = Listing[Tombstone](
        name=_t("廃棄した文書"),
        columns=(
            _t("文書の種類"),
            _t("番号"),
            _t("終わり方"),
            _t("完結した日"),
            _t("保存の最後の日"),
            _t("廃棄した日時"),
            _t("決裁番号"),
            _t("決めた人"),
        ),
        cells=cells,
        search=("number",),
        load=load,
    )
    rows = Tombstone.objects.filter(scheme=request.acting.scheme).select_related("decision")
    return found.respond(request, rows.order_by("-at", "-id"), "oversight/disposed.html", {})


@posts(*access.CITY)
@require_safe
def kept_case(request: ActingRequest, kind: str, case: str) -> HttpResponse:
    """One case: until when its records are kept, and what forbids their disposal."""
    acting, on = request.acting, today(request.acting)
    if not kept.exists(acting.scheme, kind, case):
        raise Http404
    found = kept.find(acting.scheme, rules_of(acting), on, kind, case)
    held = stays.of_case(acting.scheme, kind, case)
    context = {
        "kind": kind,
        "case": case,
        "text": KINDS[kind].text,
        "kept": found,
        "said": _said(found, [one for one in held if one.state == "stayed"], on) if found else "",
        "years": rules_of(acting).on(on).number(KINDS[kind].years),
        "href": KINDS[kind].href(case),
        "stayed": any(one.state == "stayed" for one in held),
        "stays": [(one, stays.CAUSES[one.opened["cause"]]) for one in held],
        "may": acting.holds(*access.KEEPERS),
    }
    return render(request, "oversight/kept.html", context)


@posts(*access.KEEPERS)
def stay(request: ActingRequest, kind: str, case: str) -> HttpResponse:
    """廃棄を止める."""
    acting, form = request.acting, StayForm(request.POST or None)
    if not kept.exists(acting.scheme, kind, case):
        raise Http404
    back = reverse("oversight:kept", args=[kind, case])

    def act() -> str:
        stays.place(kind, case, **form.cleaned_data, acting=acting)
        return back

    return form_page(
        request,
        form,
        act,
        title=_t("この文書の廃棄を止める"),
        button=_t("廃棄を止める"),
        back=back,
        text=_t("止めている間は、保存年限が過ぎても廃棄できません。終わったら停止を解きます。"),
    )


@posts(*access.KEEPERS)
def release(request: ActingRequest, name: str) -> HttpResponse:
    """停止を解く."""
    file = find(request.acting.scheme, "stay", name)
    if file is None:
        raise Http404
    form, said = ReasonForm(request.POST or None), file.opened
    back = reverse("oversight:kept", args=[said["kind"], said["case"]])

    def act() -> str:
        stays.release(file, **form.cleaned_data, acting=request.acting)
        return back

    return form_page(
        request,
        form,
        act,
        title=_t("廃棄の停止を解く"),
        button=_t("停止を解く"),
        back=back,
        text=f"{stays.CAUSES[said['cause']]}　{said['reference']}　{said['reason']}",
    )


def _said(one: Kept, held: list[File], on: dt.date) -> str | Cell:
    """What becomes of it."""
    if held:
        why = _t("廃棄を止めています（%(why)s）") % {"why": stays.causes(held)}
        return Cell(text=why, mark="open")
    if one.open:
        return Cell(text=one.open, mark="open")
    return _t("廃棄できます") if one.over(on) else _t("保存中")


def _year(request: ActingRequest, on: dt.date) -> int:
    """The year in the address, if it is one of those on offer."""
    wanted, last = request.GET.get("year", ""), kept.ended_year(on)
    if wanted.isascii() and wanted.isdigit() and last - AHEAD < int(wanted) <= last + 1 + AHEAD:
        return int(wanted)
    return last


def _page(request: ActingRequest) -> int:
    """The page in the address; another one is shown if there is none such."""
    wanted = request.GET.get("page", "")
    return int(wanted[:9]) if wanted.isascii() and wanted.isdigit() else 1

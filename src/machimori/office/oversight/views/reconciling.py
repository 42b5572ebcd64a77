# SPDX-License-Identifier: AGPL-3.0-or-later
"""突合: the findings with their answers, the runs, beginning one, answering one."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from machimori.kernel.instants import TOKYO, instant
from machimori.office.jobs.actions import latest as progress_of
from machimori.office.oversight import access, months, runs
from machimori.office.oversight.asked import period
from machimori.office.oversight.finding_form import Reconciliation
from machimori.office.oversight.forms import ReasonForm
from machimori.office.oversight.history import File, files_of, find, records
from machimori.office.oversight.models import Record
from machimori.office.oversight.reconciling import FOUND
from machimori.office.oversight.views.choices import PRINTED, named
from machimori.office.oversight.views.pages import form_page
from machimori.office.people.acting import ActingRequest
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.printing import answer as reply
from machimori.office.shared.printing import masthead
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import minute, second


@posts(*access.CITY)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Everything that was found, the newest first, and how the last run went."""
    return _page(request)


@posts(*access.CITY)
@require_POST
def start(request: ActingRequest) -> HttpResponse:
    """突合する."""
    try:
        runs.start(acting=request.acting)
    except ActionRefusedError as error:
        return _page(request, refused=error)
    return HttpResponseRedirect(reverse("oversight:reconciliation"))


@posts(*access.CITY)
@require_safe
def paper(request: ActingRequest) -> HttpResponse:
    """What was found in a 年度 or month as PDF, the oldest first."""
    acting = request.acting
    within = period(request.GET, today(acting))
    rows = records(acting.scheme, "finding")
    if within.start is not None and within.end is not None:
        rows = rows.filter(at__gte=within.start, at__lt=within.end)
    if rows.count() > PRINTED:
        context = {"back": reverse("oversight:reconciliation")}
        return render(request, "oversight/too_long.html", context, status=403)
    last = runs.latest(acting.scheme)
    done = last.latest("run_done") if last else None
    with override("ja"):
        form = Reconciliation(
            period=named(within),
            run=last.record.at.astimezone(TOKYO) if last else None,
            openings=done.data["openings"] if done else None,
            matched=done.data["matched"] if done else None,
            rows=tuple(_printed(file) for file in files_of(list(rows)[::-1])),
        )
    head = masthead(rules_of(acting).on(today(acting)), form.KIND)
    return reply(form, head, on=today(acting), name=f"{form.TITLE} {form.period}")


@posts(*access.CITY)
@require_safe
def finding(request: ActingRequest, name: str) -> HttpResponse:
    """One finding with its answers."""
    file = _one(request, name)
    context = {
        "file": file,
        "what": FOUND[file.opened["what"]],
        "told": _told(file),
        "href": file.opened.get("href", ""),
        "answers": [fact for fact in file.facts if fact.kind == "answered"],
        "may_answer": request.acting.holds(*access.KEEPERS),
    }
    return render(request, "oversight/finding.html", context)


@posts(*access.KEEPERS)
def answer(request: ActingRequest, name: str) -> HttpResponse:
    """回答する."""
    file = _one(request, name)
    form = ReasonForm(request.POST or None)
    back = reverse("oversight:finding", args=[name])

    def act() -> str:
        runs.answer(file, **form.cleaned_data, acting=request.acting)
        return back

    return form_page(
        request,
        form,
        act,
        title=_t("回答する"),
        button=_t("この理由で回答する"),
        back=back,
        text=f"{FOUND[file.opened['what']]}　{summary(file)}",
    )


def summary(file: File) -> str:
    """What was found, in one line."""
    return "　".join(text for _, text in _told(file))


def _page(request: ActingRequest, *, refused: ActionRefusedError | None = None) -> HttpResponse:
    acting = request.acting
    last = runs.latest(acting.scheme)
    found = Listing[Record](
        name=_t("突合"),
        columns=(
            _t("見つけた日時"),
            _t("内容"),
            _t("案件"),
            _t("くわしく"),
            _t("状態"),
            _t("回答"),
            _t("回答した人"),
        ),
        cells=_cells,
        search=("facts__data__number", "facts__data__case", "facts__data__reason"),
        load=files_of,
    )
    rows = records(acting.scheme, "finding")
    context = {
        "last": last,
        "done": last.latest("run_done") if last else None,
        "progress": progress_of(runs.RECONCILE, last.record.pk) if last else None,
        "due": runs.due(rules_of(acting), last, today(acting)),
        "refused": refused,
    }
    return found.respond(request, rows.distinct(), "oversight/reconciliation.html", context)


def _cells(file: File) -> tuple[str | Cell, ...]:
    answered = file.latest("answered")
    return (
        Cell(text=minute(file.record.at), href=reverse("oversight:finding", args=[file.record.pk])),
        str(FOUND[file.opened["what"]]),
        str(file.opened.get("number") or file.opened.get("case") or file.opened.get("month", "")),
        summary(file),
        Cell(text=file.text, mark="" if answered else "open"),
        answered.data["reason"] if answered else "",
        answered.by.name if answered and answered.by else "",
    )


def _printed(file: File) -> tuple[str, ...]:
    """The same line without the state, which the answer tells."""
    found = [one.text if isinstance(one, Cell) else one for one in _cells(file)]
    return (*found[:4], *found[5:])


def _told(file: File) -> list[tuple[str, str]]:
    """Headings and texts of what a finding holds."""
    data = file.opened
    found = []
    if data.get("number") or data.get("case"):
        found.append((_t("案件"), data["number"] or data["case"]))
    if "opened" in data:
        found.append((_t("開いた日時"), second(instant(data["opened"]))))
        found.append((_t("カメラ"), "、".join(data["cameras"])))
    if data.get("start") and data.get("end"):
        interval = f"{second(instant(data['start']))} ～ {second(instant(data['end']))}"
        found.append((_t("開いた範囲"), interval))
    if "due" in data:
        filed = minute(instant(data["filed"])) if data["filed"] else _t("まだ出ていません")
        found += [(_t("期限"), minute(instant(data["due"]))), (_t("申請書"), filed)]
    if "month" in data:
        found.append((_t("月"), months.named(data["month"])))
        found.append((_t("端末"), f"{data['station']} {data['terminal']}"))
    return found


def _one(request: ActingRequest, name: str) -> File:
    file = find(request.acting.scheme, "finding", name)
    if file is None:
        raise Http404
    return file

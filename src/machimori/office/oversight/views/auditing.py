# SPDX-License-Identifier: AGPL-3.0-or-later
"""監査: samples, opinions, the ledger's verification."""

import datetime as dt
from collections.abc import Callable

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from machimori.kernel.instants import instant
from machimori.office.jobs.actions import latest as progress_of
from machimori.office.oversight import access, auditing, register, verifying
from machimori.office.oversight.asked import Asked, midnight
from machimori.office.oversight.forms import LookForm, OpinionForm, ReasonForm, SampleForm
from machimori.office.oversight.history import File, files_of, find, records
from machimori.office.oversight.lines import Lines, interval
from machimori.office.oversight.models import Record
from machimori.office.oversight.paper import check_paper
from machimori.office.oversight.states import Record as Kind
from machimori.office.oversight.uses import ACTS
from machimori.office.oversight.views.pages import form_page
from machimori.office.people.acting import ActingRequest
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.printing import answer, masthead
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import last_day, minute, second


@posts(*access.CITY)
@require_safe
def page(request: ActingRequest) -> HttpResponse:
    """監査: what there is, and the opinions."""
    return _page(request)


@posts("auditor")
def draw(request: ActingRequest) -> HttpResponse:
    """抜き取る."""
    form = SampleForm(request.POST or None)

    def act() -> str:
        data = form.cleaned_data
        file = auditing.draw(
            start=midnight(data["first"]),
            end=midnight(data["last"] + dt.timedelta(days=1)),
            size=data["size"],
            seed=data["seed"],
            acting=request.acting,
        )
        return reverse("oversight:sample", args=[file.record.pk])

    return form_page(
        request,
        form,
        act,
        title=_t("利用簿から抜き取る"),
        button=_t("抜き取る"),
        back=reverse("oversight:audit"),
    )


@posts(*access.CITY)
@require_safe
def sample(request: ActingRequest, name: str) -> HttpResponse:
    """One sample: its lines, and what was found of each."""
    file, acting = _one(request, "sample", name), request.acting
    asked, rules = Asked(scheme=acting.scheme), rules_of(acting)
    looked = {fact.data["name"]: fact for fact in file.facts if fact.kind == "sample_looked"}
    uses = register.find_all(file.opened["names"], asked, rules)
    lines = Lines.of(acting.scheme, list(uses.values()))
    shown = {use.name: use for use in lines.uses}
    context = {
        "file": file,
        "data": file.opened,
        "start": instant(file.opened["start"]),
        "end": last_day(instant(file.opened["end"])),
        "same": auditing.same_again(file) if request.GET.get("again") else None,
        "lines": [
            (
                one,
                shown.get(one),
                ACTS[shown[one].act] if one in shown else "",
                lines.cameras_of(shown[one]) if one in shown else "",
                interval(shown[one]) if one in shown else "",
                looked.get(one),
            )
            for one in file.opened["names"]
        ],
        "audits": acting.holds("auditor"),
    }
    return render(request, "oversight/sample.html", context)


@posts("auditor")
def look(request: ActingRequest, name: str, line: str) -> HttpResponse:
    """確かめた."""
    file = _one(request, "sample", name)
    form = LookForm(request.POST or None)
    back = reverse("oversight:sample", args=[name])

    def act() -> str:
        auditing.look(file, line, **form.cleaned_data, acting=request.acting)
        return back

    use = register.find(line, Asked(scheme=request.acting.scheme), rules_of(request.acting))
    if use is None:
        raise Http404
    return form_page(
        request,
        form,
        act,
        title=_t("抜き取った行を確かめる"),
        button=_t("結果を記録する"),
        back=back,
        text=f"{second(use.at)}　{ACTS[use.act]}（{use.said}）　{use.numbered}　{use.by}",
    )


@posts("auditor")
def give(request: ActingRequest) -> HttpResponse:
    """意見を書く."""
    form = OpinionForm(request.POST or None)

    def act() -> str:
        auditing.give(**form.cleaned_data, acting=request.acting)
        return reverse("oversight:audit")

    return form_page(
        request,
        form,
        act,
        title=_t("意見を書く"),
        button=_t("意見を記録する"),
        back=reverse("oversight:audit"),
    )


@posts(*access.KEEPERS)
def reply(request: ActingRequest, name: str) -> HttpResponse:
    """返答する."""
    file = _one(request, "opinion", name)
    form = ReasonForm(request.POST or None)
    form.fields["reason"].label = _t("返答")

    def act() -> str:
        auditing.reply(file, **form.cleaned_data, acting=request.acting)
        return reverse("oversight:audit")

    return form_page(
        request,
        form,
        act,
        title=_t("監査の意見に返答する"),
        button=_t("返答を記録する"),
        back=reverse("oversight:audit"),
        text=f"{file.opened['about']}　{file.opened['text']}",
    )


@posts(*access.CITY)
@require_POST
def verify(request: ActingRequest) -> HttpResponse:
    """検証する."""
    try:
        verifying.start(acting=request.acting)
    except ActionRefusedError as error:
        return _page(request, refused=error)
    return HttpResponseRedirect(reverse("oversight:audit"))


@posts(*access.CITY)
@require_safe
def paper(request: ActingRequest, name: str) -> HttpResponse:
    """The result of a verification as PDF."""
    file = _one(request, "verification", name)
    if file.latest("check_done") is None:
        raise Http404
    with override("ja"):
        form = check_paper(file)
    on = today(request.acting)
    head = masthead(rules_of(request.acting).on(on), form.KIND)
    return answer(form, head, on=on, name=form.TITLE)


def _page(request: ActingRequest, *, refused: ActionRefusedError | None = None) -> HttpResponse:
    acting = request.acting
    checked = verifying.latest(acting.scheme)
    samples = files_of(list(records(acting.scheme, "sample")[:10]))
    found = Listing[Record](
        name=_t("監査の意見"),
        columns=(
            _t("日時"),
            _t("監査"),
            _t("何について"),
            _t("意見"),
            _t("返答"),
            _t("返答した人"),
        ),
        cells=_cells(request),
        search=("facts__data__text", "facts__data__about"),
        load=files_of,
    )
    context = {
        "refused": refused,
        "check": checked,
        "done": checked.latest("check_done") if checked else None,
        "progress": progress_of(verifying.TASK, checked.record.pk) if checked else None,
        "samples": [
            (
                file,
                instant(file.opened["start"]),
                last_day(instant(file.opened["end"])),
                sum(fact.kind == "sample_looked" for fact in file.facts),
            )
            for file in samples
        ],
        "audits": acting.holds("auditor"),
    }
    rows = records(acting.scheme, "opinion").distinct()
    return found.respond(request, rows, "oversight/audit.html", context)


def _cells(request: ActingRequest) -> Callable[[File], tuple[str | Cell, ...]]:
    keeps = request.acting.holds(*access.KEEPERS)

    def cells(file: File) -> tuple[str | Cell, ...]:
        given, replied = file.facts[0], file.latest("opinion_replied")
        address = reverse("oversight:reply", args=[file.record.pk])
        waiting = Cell(text=_t("返答する"), href=address) if keeps else _t("まだ")
        return (
            minute(given.at),
            given.by.name if given.by else "",
            given.data["about"],
            given.data["text"],
            replied.data["reason"] if replied else waiting,
            replied.by.name if replied and replied.by else "",
        )

    return cells


def _one(request: ActingRequest, kind: Kind, name: str) -> File:
    file = find(request.acting.scheme, kind, name)
    if file is None:
        raise Http404
    return file

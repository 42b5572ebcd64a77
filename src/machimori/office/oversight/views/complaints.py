# SPDX-License-Identifier: AGPL-3.0-or-later
"""苦情の簿冊: the list with due days, a new one, one with its answer."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.office.oversight import access, complaints
from machimori.office.oversight.complaints import CHANNELS, Complaint
from machimori.office.oversight.forms import ComplaintForm, ReplyForm
from machimori.office.oversight.history import File, files_of, find, records
from machimori.office.oversight.models import Record
from machimori.office.oversight.states import STEPS
from machimori.office.oversight.views.pages import form_page
from machimori.office.people.acting import ActingRequest
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day


@posts(*access.CITY)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every complaint, the newest first."""
    rules, on = rules_of(request.acting), today(request.acting)

    def cells(file: File) -> tuple[str | Cell, ...]:
        late, replied = complaints.overdue(file, rules, on), file.latest("complaint_replied")
        address = reverse("oversight:complaint", args=[file.record.pk])
        return (
            Cell(text=day(complaints.received(file)), href=address),
            str(CHANNELS[file.opened["channel"]]),
            file.opened["who"],
            file.opened["camera"],
            file.opened["content"],
            Cell(text=_t("期限を過ぎています"), mark="open") if late else file.text,
            day(complaints.due(file, rules)),
            replied.data["reply"] if replied else "",
        )

    found = Listing[Record](
        name=_t("苦情"),
        columns=(
            _t("受けた日"),
            _t("方法"),
            _t("申し出た人"),
            _t("カメラ"),
            _t("内容"),
            _t("状態"),
            _t("回答の期限"),
            _t("回答"),
        ),
        cells=cells,
        search=("facts__data__content", "facts__data__who", "facts__data__camera"),
        load=files_of,
    )
    rows = records(request.acting.scheme, "complaint").distinct()
    context = {"keeps": request.acting.holds(*access.KEEPERS)}
    return found.respond(request, rows, "oversight/complaints.html", context)


@posts(*access.KEEPERS)
def receive(request: ActingRequest) -> HttpResponse:
    """苦情を受ける."""
    form = ComplaintForm(request.POST or None)

    def act() -> str:
        file = complaints.receive(Complaint(**form.cleaned_data), acting=request.acting)
        return reverse("oversight:complaint", args=[file.record.pk])

    return form_page(
        request,
        form,
        act,
        title=_t("苦情を受ける"),
        button=_t("苦情を記録する"),
        back=reverse("oversight:complaints"),
    )


@posts(*access.CITY)
@require_safe
def complaint(request: ActingRequest, name: str) -> HttpResponse:
    """One complaint."""
    file, keeps = _one(request, name), request.acting.holds(*access.KEEPERS)
    rules = rules_of(request.acting)
    context = {
        "file": file,
        "data": file.opened,
        "channel": CHANNELS[file.opened["channel"]],
        "received": complaints.received(file),
        "due": complaints.due(file, rules),
        "late": complaints.overdue(file, rules, today(request.acting)),
        "log": [(fact, STEPS[fact.kind].text) for fact in reversed(file.facts)],  # type: ignore[index]  # the database's kinds
        "may_reply": keeps and file.state in ("received", "answered_to"),
        "may_close": keeps and file.state == "answered_to",
    }
    return render(request, "oversight/complaint.html", context)


@posts(*access.KEEPERS)
def reply(request: ActingRequest, name: str) -> HttpResponse:
    """回答する."""
    file, form = _one(request, name), ReplyForm(request.POST or None)
    back = reverse("oversight:complaint", args=[name])

    def act() -> str:
        complaints.reply(file, **form.cleaned_data, acting=request.acting)
        return back

    return form_page(
        request,
        form,
        act,
        title=_t("苦情への回答を記録する"),
        button=_t("回答を記録する"),
        back=back,
        text=file.opened["content"],
    )


@posts(*access.KEEPERS)
@require_POST
def close(request: ActingRequest, name: str) -> HttpResponse:
    """終わりにする. What cannot be closed now stays as it is, and its page says so."""
    file = _one(request, name)
    if file.state == "answered_to":
        complaints.close(file, acting=request.acting)
    return HttpResponseRedirect(reverse("oversight:complaint", args=[name]))


def _one(request: ActingRequest, name: str) -> File:
    file = find(request.acting.scheme, "complaint", name)
    if file is None:
        raise Http404
    return file

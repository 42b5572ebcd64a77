# SPDX-License-Identifier: AGPL-3.0-or-later
"""Attaching, downloading and taking back a scan. No page shows one: it is a download alone."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.scans import access, actions
from machimori.office.scans.content import SUFFIXES
from machimori.office.scans.forms import AttachForm, TakeBackForm
from machimori.office.scans.sealing import open_sealed
from machimori.office.scans.states import PAPERS
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts


@posts(*access.ATTACHING)
def attach(request: ActingRequest, owner: str, about: str) -> HttpResponse:
    """書類の画像を付ける."""
    subject = access.subject(owner, about, request.acting)
    if subject is None:
        raise Http404
    form = AttachForm(request.POST or None, request.FILES or None)
    refused = None
    if form.is_valid():
        try:
            actions.attach(
                owner,
                about,
                subject,
                form.cleaned_data["file"].read(),
                paper=form.cleaned_data["paper"],
                acting=request.acting,
            )
            return HttpResponseRedirect(subject.back)
        except ActionRefusedError as error:
            refused = error
    context = {"form": form, "subject": subject, "refused": refused}
    return render(request, "scans/attach.html", context, status=403 if refused else 200)


@posts(*access.READERS)
@require_safe
def download(request: ActingRequest, name: str) -> HttpResponse:
    """The file as it was attached, under a name of ours, to be saved and never shown."""
    found = access.find(request.acting, name)
    if found is None or found[0].state != "kept":
        raise Http404
    paper, subject = found
    scan = paper.scan
    response = HttpResponse(open_sealed(scan.pk, scan.media), content_type=scan.media)
    label = f"{PAPERS[scan.paper]} {subject.title} {scan.pk}.{SUFFIXES[scan.media]}"
    response.headers["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=label) or "attachment"
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@posts(*access.ATTACHING)
def take_back(request: ActingRequest, name: str) -> HttpResponse:
    """まちがえて付けたものを消す."""
    found = access.find(request.acting, name)
    if found is None or found[0].state != "kept":
        raise Http404
    paper, subject = found
    form = TakeBackForm(request.POST or None)
    refused = None
    if form.is_valid():
        try:
            actions.take_back(paper, subject, why=form.cleaned_data["why"], acting=request.acting)
            return HttpResponseRedirect(subject.back)
        except ActionRefusedError as error:
            refused = error
    context = {
        "form": form,
        "subject": subject,
        "refused": refused,
        "what": PAPERS[paper.scan.paper],
    }
    return render(request, "scans/take_back.html", context, status=403 if refused else 200)

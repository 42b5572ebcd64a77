# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the station does: the first picture, the package in pieces, saving, taking back."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.direct import access, requesting, taking
from machimori.office.direct.first import first_picture
from machimori.office.direct.forms import SavedForm, WithdrawForm
from machimori.office.direct.views.cases import page, seconds
from machimori.office.direct.views.pages import address, making, one
from machimori.office.people.acting import ActingRequest
from machimori.office.police.views.pages import form_page
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.ranges import ranged


@posts(*access.READERS)
@require_safe
def progress(request: ActingRequest, name: str) -> HttpResponse:
    """How far the package is: the part of the page that asks again by itself."""
    return render(request, "handover/progress.html", making(one(request, name)))


@posts(*access.FETCHERS)
@require_safe
def first(request: ActingRequest, name: str) -> HttpResponse:
    """最初の画像を見る: a still of the first camera, and how long it took to come to it."""
    file = one(request, name)
    try:
        file = taking.see(file, acting=request.acting)
    except ActionRefusedError as error:
        return page(request, file, refused=error)
    context = {"file": file, "seen": seconds(file), "back": address(file)}
    return render(request, "direct/first.html", context)


@posts(*access.FETCHERS)
@require_safe
def picture(request: ActingRequest, name: str) -> HttpResponse:
    """The still as JPEG; once that it is looked at is on record."""
    file = one(request, name)
    requesting.check_own(file, request.acting)
    found = taking.package_of(file) if file.state == "acquired" else None
    if found is None or file.latest("seen") is None:
        raise Http404
    return HttpResponse(first_picture(found), content_type="image/jpeg")


@posts(*access.FETCHERS)
@require_safe
def download(request: ActingRequest, name: str) -> HttpResponseBase:
    """The package; what broke off goes on where it stopped (RFC 9110, 14)."""
    file = one(request, name)
    requesting.check_own(file, request.acting)
    found = taking.package_of(file) if file.state == "acquired" else None
    if found is None:
        raise Http404
    return ranged(request, found.open(), tag=found.digest, name=f"{file.case.pk}.zip")


@posts(*access.FETCHERS)
def saved(request: ActingRequest, name: str) -> HttpResponse:
    """端末に取り出す, and say that all of it arrived."""
    file, acting = one(request, name), request.acting
    form, refused = SavedForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            file = taking.save(file, **form.cleaned_data, acting=acting)
        except ActionRefusedError as error:
            refused = error
        else:
            return HttpResponseRedirect(address(file))
    context = {
        "file": file,
        "form": form,
        "refused": refused,
        "taken": file.latest("acquired"),
        "back": address(file),
    }
    return render(request, "direct/saved.html", context)


@posts(*access.FETCHERS)
def withdraw(request: ActingRequest, name: str) -> HttpResponse:
    """取りやめる."""
    file, acting = one(request, name), request.acting
    form = WithdrawForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: address(requesting.withdraw(file, **form.cleaned_data, acting=acting)),
        title=_t("取りやめる"),
        button=_t("この取得を取りやめる"),
        back=address(file),
    )

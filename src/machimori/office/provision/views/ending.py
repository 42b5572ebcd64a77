# SPDX-License-Identifier: AGPL-3.0-or-later
"""該当画像なし, 取下げ, 案内のみで終了, 承認の中止."""

from django.http import HttpResponse
from django.utils.translation import gettext as _t

from machimori.office.people.acting import ActingRequest
from machimori.office.provision import access
from machimori.office.provision import ending as actions
from machimori.office.provision.ending_forms import EndForm, NothingForm, TellForm
from machimori.office.provision.views.pages import form_page, one
from machimori.office.shared.posts import posts


@posts(*access.DESK)
def nothing(request: ActingRequest, name: str) -> HttpResponse:
    """There is no such footage."""
    file, acting = one(request, name), request.acting
    form = NothingForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: actions.find_nothing(file, **form.cleaned_data, acting=acting),
        title=_t("該当画像なしと回答する"),
        button=_t("該当画像なしで終える"),
        file=file,
        text=_t("終えたあと、回答書を印刷できます。"),
    )


@posts(*access.DESK)
def take_back(request: ActingRequest, name: str) -> HttpResponse:
    """The applicant withdraws."""
    file, acting = one(request, name), request.acting
    form = EndForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: actions.take_back(file, **form.cleaned_data, acting=acting),
        title=_t("取下げを記録する"),
        button=_t("取下げで終える"),
        file=file,
    )


@posts(*access.DESK)
def tell(request: ActingRequest, name: str) -> HttpResponse:
    """A consultation ends with what was told."""
    file, acting = one(request, name), request.acting
    form = TellForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: actions.tell(file, **form.cleaned_data, acting=acting),
        title=_t("案内のみで終える"),
        button=_t("案内のみで終える"),
        file=file,
    )


@posts("system_manager")
def stop(request: ActingRequest, name: str) -> HttpResponse:
    """The manager takes an approval back."""
    file, acting = one(request, name), request.acting
    form = EndForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: actions.stop(file, **form.cleaned_data, acting=acting),
        title=_t("承認を中止する"),
        button=_t("承認を中止する"),
        file=file,
        text=_t("中止すると、この承認ではもう何も取り出せません。"),
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""回議: reading a draft before it is decided, and answering."""

from django.http import HttpResponse
from django.utils.translation import gettext as _t

from machimori.office.people.acting import ActingRequest
from machimori.office.provision import access, agreeing, circulating
from machimori.office.provision.decision_forms import AgreeForm, SendBackForm
from machimori.office.provision.history import check_state
from machimori.office.provision.views.cases import told
from machimori.office.provision.views.deciding import of_draft
from machimori.office.provision.views.pages import form_page, one, to_case
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts


@posts(*access.DESK)
def agree(request: ActingRequest, name: str) -> HttpResponse:
    """The draft, and that it was read and agreed to. The page sends the mark of what it showed."""
    file, acting = one(request, name), request.acting
    try:
        check_state(file, "agreed")
    except ActionRefusedError:
        return to_case(file)
    form = AgreeForm(request.POST if request.method == "POST" else None)
    read = request.POST.get("draft", "")
    last = sum(1 for stop in circulating.stops(file) if stop.agreed is None) == 1
    return form_page(
        request,
        form,
        lambda: agreeing.agree(file, draft=read, **form.cleaned_data, acting=acting),
        title=_t("起案を読んで確認する"),
        button=_t("確認して、決裁に回す") if last else _t("確認して、次の人に回す"),
        file=file,
        more=told(request, file)
        | of_draft(file)
        | {
            "title": _t("起案を読んで確認する"),
            "asked": circulating.is_asked(file, acting),
        },
        template="provision/round.html",
    )


@posts(*access.DESK)
def hand_back(request: ActingRequest, name: str) -> HttpResponse:
    """差し戻す from the round."""
    file, acting = one(request, name), request.acting
    form = SendBackForm(request.POST if request.method == "POST" else None)
    return form_page(
        request,
        form,
        lambda: agreeing.hand_back(file, **form.cleaned_data, acting=acting),
        title=_t("起案した人に差し戻す"),
        button=_t("差し戻す"),
        file=file,
        text=_t("案件は「受付」に戻ります。起案し直すと、回議は最初から始まります。"),
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""突合: what waits for it, comparing, putting right, closing."""

from functools import partial

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.direct import access, reconciling, reminding
from machimori.office.direct.forms import RemedyForm, RemindForm, ToldForm
from machimori.office.direct.history import File
from machimori.office.direct.models import Case
from machimori.office.direct.reconciling import DIFFERENCES
from machimori.office.direct.states import STATES
from machimori.office.direct.views.pages import address, interval, loaded, one, within
from machimori.office.people.acting import ActingRequest
from machimori.office.police.views.pages import form_page
from machimori.office.shared.addresses import address_of
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import minute

_COMPARED = ("awaiting_reconciliation", "matched", "unmatched", "remedied", "closed")


@posts(*access.COMPARERS, "auditor")
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every acquisition that the station has saved, with what the comparison found."""
    acting = request.acting
    found = Listing[Case](
        name=_t("直接取得の突合"),
        columns=(
            _t("番号"),
            _t("状態"),
            _t("警察署"),
            _t("事件番号"),
            _t("根拠"),
            _t("カメラ"),
            _t("範囲"),
            _t("保存した日時"),
            _t("違うところ"),
        ),
        cells=_cells,
        search=("numbered__text", "station", "head__words"),
        load=partial(loaded, acting=acting),
    )
    rows, context = within(request, access.cases(acting, states=_COMPARED))
    return found.respond(request, rows, "direct/reconciliation.html", context)


@posts(*access.COMPARERS)
def compare(request: ActingRequest, name: str) -> HttpResponse:
    """署の記録と突合する."""
    file, acting = one(request, name), request.acting
    form = ToldForm(request.POST or None, scheme=acting.scheme)
    return form_page(
        request,
        form,
        lambda: address(reconciling.compare(file, form.told(), acting=acting)),
        title=_t("署の記録と突合する"),
        button=_t("この記録と比べる"),
        back=address(file),
        text=_t(
            "署から届いた保存履歴のとおりに入れてください。"
            "取得の記録と同じなら「一致」、違えば「不一致」になります。"
        ),
    )


@posts(*access.COMPARERS)
def remind(request: ActingRequest, name: str) -> HttpResponse:
    """記録の提出を催促する."""
    file, acting = one(request, name), request.acting
    form = RemindForm(request.POST if request.method == "POST" else None)
    return form_page(
        request,
        form,
        lambda: address(reminding.remind(file, **form.cleaned_data, acting=acting)),
        title=_t("記録の提出を催促する"),
        button=_t("催促を記録する"),
        back=address(file),
        text=_t("記録したあと、署にあてた依頼文を印刷できます。"),
    )


@posts(*access.COMPARERS)
def remedy(request: ActingRequest, name: str) -> HttpResponse:
    """是正したことを記録する."""
    file, acting = one(request, name), request.acting
    form = RemedyForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: address(reconciling.remedy(file, **form.cleaned_data, acting=acting)),
        title=_t("是正したことを記録する"),
        button=_t("是正したと記録する"),
        back=address(file),
    )


@posts("system_manager")
def close(request: ActingRequest, name: str) -> HttpResponse:
    """完結にする."""
    file, acting = one(request, name), request.acting
    return form_page(
        request,
        forms.Form(request.POST),
        lambda: address(reconciling.close(file, acting=acting)),
        title=_t("完結にする"),
        button=_t("この取得を完結にする"),
        back=address(file),
    )


def _cells(row: tuple[File, str]) -> tuple[str | Cell, ...]:
    file, cameras = row
    saved, told = file.latest("saved"), file.latest("matched", "unmatched")
    return (
        Cell(text=file.number, href=address_of("direct:acquisition", file.case.pk)),
        Cell(
            text=str(STATES[file.state]),
            mark="open" if file.state in ("awaiting_reconciliation", "unmatched") else "",
        ),
        file.case.station,
        file.request.data["reference"],
        file.request.data["ground_label"],
        cameras,
        interval(file),
        minute(saved.at) if saved else "",
        "、".join(str(DIFFERENCES[one]) for one in told.data["differences"]) if told else "",
    )

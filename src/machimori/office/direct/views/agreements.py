# SPDX-License-Identifier: AGPL-3.0-or-later
"""協定のカメラ: which camera stands under which agreement."""

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.cameras.access import cameras, plain_names
from machimori.office.direct import access
from machimori.office.direct.agreements import Agreement, agreements, marks
from machimori.office.direct.agreements import mark as mark_camera
from machimori.office.direct.forms import MarkForm
from machimori.office.direct.models import Agreed
from machimori.office.people.acting import ActingRequest
from machimori.office.police.views.pages import form_page
from machimori.office.rules.access import in_force, today
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, ValueListing
from machimori.office.shared.templatetags.office import day


@dataclass(frozen=True, kw_only=True)
class _Row:
    camera: str
    name: str
    mark: Agreed | None
    agreement: Agreement | None


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every camera of the scheme with its agreement; the agreements with parties and day."""
    acting = request.acting
    known = agreements(in_force(acting.scheme, today(acting)))
    by_id, said = {one.id: one for one in known}, marks(acting.scheme)
    rows = [
        _Row(
            camera=camera,
            name=name,
            mark=said.get(camera),
            agreement=by_id.get(said[camera].agreement) if camera in said else None,
        )
        for camera, name in plain_names(acting.scheme).items()
    ]
    may_mark = acting.holds("system_manager")

    def cells(row: _Row) -> tuple[str | Cell, ...]:
        href = reverse("direct:mark", args=[row.camera]) if may_mark else ""
        return (
            Cell(text=row.name, href=href),
            row.agreement.title if row.agreement else _t("協定の対象外"),
            day(row.mark.at) if row.mark else "",
            row.mark.by.name if row.mark else "",
            row.mark.reason if row.mark else "",
        )

    found = ValueListing[_Row](
        name=_t("協定のカメラ"),
        columns=(_t("カメラ"), _t("協定"), _t("登録した日"), _t("登録した人"), _t("理由")),
        cells=cells,
    )
    return found.respond(request, rows, "direct/agreements.html", {"agreements": known})


@posts("system_manager")
def mark(request: ActingRequest, name: str) -> HttpResponse:
    """協定の対象にする, or no longer."""
    acting = request.acting
    row = cameras(acting.scheme).filter(camera=name).first()
    if row is None:
        raise Http404
    form = MarkForm(request.POST or None, known=agreements(in_force(acting.scheme, today(acting))))
    back = reverse("direct:agreements")

    def act() -> str:
        data = form.cleaned_data
        mark_camera(row.camera, data["agreement"], reason=data["reason"], acting=acting)
        return back

    return form_page(
        request,
        form,
        act,
        title=_t("協定の対象を登録する"),
        button=_t("このカメラの協定を登録する"),
        back=back,
        text=f"{row.name}（{row.place}）",
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""複製 of an internal use: made, written to a medium, checked, ended; and the list of all."""

from collections.abc import Sequence

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.kernel.instants import local_day, micros
from machimori.office.internal import access, copying
from machimori.office.internal.forms import FATES, EndForm, WriteForm
from machimori.office.internal.history import Copy, copies_in
from machimori.office.internal.models import Fact
from machimori.office.internal.views.pages import address, form_page, one
from machimori.office.internal.views.uses import page
from machimori.office.people.acting import ActingRequest
from machimori.office.shared.addresses import address_of
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.ranges import ranged
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day
from machimori.office.terminals.presence import established


@posts(*access.USERS)
@require_POST
def begin(request: ActingRequest, name: str) -> HttpResponse:
    """複製を始める."""
    file, acting = one(request, name), request.acting
    try:
        file = copying.begin(file, where=established(request, acting=acting), acting=acting)
    except ActionRefusedError as error:
        return page(request, file, error)
    return HttpResponseRedirect(address(file))


@posts(*access.USERS)
@require_POST
def package(request: ActingRequest, name: str) -> HttpResponseBase:
    """証拠一式を端末に取り出す: the file itself."""
    file, acting = one(request, name), request.acting
    try:
        copying.check_fetch(file, where=established(request, acting=acting), acting=acting)
    except ActionRefusedError as error:
        return page(request, file, error)
    found = copying.package_of(file)
    if found is None:
        raise Http404
    return ranged(request, found.open(), tag=found.digest, name=f"{file.use.pk}.zip")


@posts(*access.USERS)
def medium(request: ActingRequest, name: str) -> HttpResponse:
    """媒体に書いて確かめる."""
    file, acting = one(request, name), request.acting
    today = local_day(micros(acting.at))
    form = WriteForm(request.POST or None, initial={"due": copying.due_day(file.rules, today)})
    where = established(request, acting=acting)
    return form_page(
        request,
        form,
        lambda: copying.write(file, **form.cleaned_data, where=where, acting=acting),
        title=_t("媒体に書いて確かめる"),
        button=_t("読み返しまで済んだ媒体を記録する"),
        file=file,
    )


@posts("system_manager", "handling_supervisor")
@require_POST
def check(request: ActingRequest, name: str, serial: int) -> HttpResponse:
    """複製を確かめた."""
    file, acting = one(request, name), request.acting
    try:
        file = copying.check(file, serial, acting=acting)
    except ActionRefusedError as error:
        return page(request, file, error)
    return HttpResponseRedirect(address(file))


@posts(*access.USERS)
def end(request: ActingRequest, name: str, serial: int) -> HttpResponse:
    """複製の終わりを記録する."""
    file, acting = one(request, name), request.acting
    if all(copy.written.serial != serial for copy in file.copies):
        raise Http404
    form = EndForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: copying.end(file, serial, **form.cleaned_data, acting=acting),
        title=_t("複製の終わりを記録する"),
        button=_t("この内容で記録する"),
        file=file,
    )


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every medium with a copy of an internal use, the newest first, and what became of it."""
    acting = request.acting
    found = Listing[Fact](
        name=_t("内部利用の複製"),
        columns=(
            _t("媒体番号"),
            _t("番号"),
            _t("作った人"),
            _t("作った日"),
            _t("期限"),
            _t("確認"),
            _t("どうなったか"),
        ),
        cells=_cells,
        search=("case__numbered__text", "data__number", "by__name"),
        load=_loaded,
    )
    rows = (
        Fact.objects.filter(kind="copy_written", case__in=access.uses(acting).values("pk"))
        .select_related("by", "case__numbered")
        .order_by("-at", "-pk")
    )
    return found.respond(request, rows, "internal/copies.html", {})


def _loaded(rows: Sequence[Fact]) -> list[Copy]:
    """The copies that these facts wrote, with what followed; one query."""
    later: dict[str, list[Fact]] = {}
    followed = Fact.objects.filter(
        case__in=[row.case_id for row in rows], kind__in=("copy_checked", "copy_ended")
    )
    for fact in followed.select_related("by").order_by("serial"):
        later.setdefault(fact.case_id, []).append(fact)
    return [copies_in((row, *later.get(row.case_id, ())))[0] for row in rows]


def _cells(copy: Copy) -> tuple[str | Cell, ...]:
    use, ended = copy.written.case, copy.ended
    fate = f"{dict(FATES)[ended.data['fate']]}（{ended.data['on']}）" if ended else ""
    return (
        copy.written.data["number"],
        Cell(text=use.numbered.text, href=address_of("internal:use", use.pk)),
        copy.written.by.name,
        day(copy.written.at),
        day(copy.due),
        copy.checked.by.name if copy.checked else "",
        fate,
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""緊急の取出し: the list, a new order, one extraction."""

from collections.abc import Sequence
from functools import partial

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.kernel.instants import TOKYO, instant, local_day, micros
from machimori.office.cameras.access import plain_names
from machimori.office.people import demo_signing
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.people.views import signing
from machimori.office.police import access, asking, ordering
from machimori.office.police.forms import OrderForm
from machimori.office.police.history import File, files_of
from machimori.office.police.models import Extraction
from machimori.office.police.papers import papers
from machimori.office.police.states import STATES, STEPS, UNFILED, VERDICTS, WAY
from machimori.office.police.taking import package_of
from machimori.office.police.views.pages import form_page, making, of_period, one
from machimori.office.police.views.telling import HOURS, interval, told
from machimori.office.rules.access import in_force
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.posts import posts
from machimori.office.shared.printing import masthead
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import minute
from machimori.policy.wording import source


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every extraction that the person may see, the newest first; by 年度 and month."""
    acting = request.acting
    rows, within = of_period(request, access.extractions(acting))
    found = Listing[Extraction](
        name=_t("緊急の取出し"),
        columns=(
            _t("命令"),
            _t("状態"),
            _t("警察署"),
            _t("事件番号"),
            _t("カメラ"),
            _t("範囲"),
            _t("申請書の期限"),
        ),
        cells=_cells,
        search=("station", "head__words"),
        load=partial(_loaded, acting=acting),
    )
    context = within | {"may_order": acting.holds(*access.POLICE), "refused": _why_not(acting)}
    return found.respond(request, rows, "police/extractions.html", context)


@posts(*access.POLICE)
def order(request: ActingRequest) -> HttpResponse:
    """命令を記録する; where the rules or the hour forbid it, why, and no form."""
    acting = request.acting
    back = reverse("police:extractions")
    refused = _why_not(acting)
    if refused is not None:
        context = {"refused": refused, "back": back}
        return render(request, "police/not_now.html", context, status=403)
    rules = in_force(acting.scheme, local_day(micros(acting.at)))
    local = acting.at.astimezone(TOKYO)
    form = OrderForm(
        request.POST or None,
        scheme=acting.scheme,
        chiefs=access.chiefs(acting),
        initial={"ordered_day": local.date(), "ordered_time": f"{local:%H:%M}"},
    )
    said = source(rules, "emergency.allowed")
    until = asking.due(rules, acting.at)
    text = _t(
        "いまは%(now)s（%(hours)s）です。事前の申請なしで取り出せます（%(clause)s）。"
        "%(until)sまでに申請書を出してください（市の決定）。"
    ) % {
        "now": minute(acting.at),
        "hours": HOURS[asking.hours(rules, acting.at)],
        "clause": said.ja,
        "until": minute(until),
    }
    return form_page(
        request,
        form,
        lambda: _address(ordering.write(form.order(), acting=acting)),
        title=_t("緊急の取出し"),
        button=_t("命令を記録して署名に回す"),
        back=back,
        text=text,
    )


@posts(*access.READERS)
@require_safe
def extraction(request: ActingRequest, name: str) -> HttpResponse:
    """One extraction, with its one main button."""
    return page(request, one(request, name))


@posts("police_image_manager")
@require_POST
def options(request: ActingRequest, name: str) -> HttpResponse:
    """What the browser asks the chief's key."""
    return signing.asked(request.acting.person, one(request, name).statement)


@posts("police_image_manager")
@require_POST
def sign(request: ActingRequest, name: str) -> HttpResponse:
    """What the chief's key answered."""
    file, acting = one(request, name), request.acting
    return signing.signed(
        request, lambda response: _address(ordering.sign(file, response, acting=acting))
    )


@posts("police_image_manager")
@require_POST
def sign_demo(request: ActingRequest, name: str) -> HttpResponse:
    """In a demo: the chief's software key signs, through the same verification."""
    file, acting = one(request, name), request.acting
    try:
        file = ordering.sign(
            file, demo_signing.answer(acting.person, file.statement), acting=acting
        )
        return page(request, file)
    except ActionRefusedError as error:
        return page(request, file, refused=error)


def page(
    request: ActingRequest, file: File, *, refused: ActionRefusedError | None = None
) -> HttpResponse:
    """The page of one extraction."""
    acting = request.acting
    context = told(file, acting) | {
        "refused": refused,
        "state": STATES[file.state],
        "steps": _steps(file),
        "main": _main(file, acting),
        "to_sign": file.state == "written" and file.order.data["chief"] == acting.person.pk,
        "overdue": file.overdue(acting.at),
        "waits": file.state in UNFILED,
        "may_download": file.state == "extracted"
        and acting.holds(*access.POLICE)
        and package_of(file) is not None,
        **making(file),
        "may_withdraw": file.state in ("written", "ordered") and acting.holds(*access.POLICE),
        "papers": [
            (kind, masthead(file.rules, kind).title or form.TITLE)
            for kind, form in papers(file).items()
        ],
        "facts": [(fact, STEPS[fact.kind].text, _said(fact.data)) for fact in file.facts[::-1]],  # type: ignore[index]  # the database holds kinds alone
    }
    status = 403 if refused is not None else 200
    return render(request, "police/extraction.html", context, status=status)


def _loaded(rows: Sequence[Extraction], *, acting: Acting) -> list[tuple[File, str]]:
    files = files_of(rows)
    names = plain_names(acting.scheme, {one for file in files for one in file.extent.cameras})
    return [(file, "、".join(names.get(one, one) for one in file.extent.cameras)) for file in files]


def _cells(row: tuple[File, str]) -> tuple[str | Cell, ...]:
    file, cameras = row
    return (
        Cell(text=minute(instant(file.order.data["ordered_at"])), href=_address(file)),
        str(STATES[file.state]),
        file.extraction.station,
        file.order.data["reference"],
        cameras,
        interval(file),
        minute(file.due) if file.due else "",
    )


def _said(data: dict[str, str]) -> str:
    names = ("document", "late_because", "remarks", "means", "note", "reason")
    return "　".join(data[name] for name in names if data.get(name))


def _address(file: File) -> str:
    return reverse("police:extraction", args=[file.extraction.pk])


def _why_not(acting: Acting) -> ActionRefusedError | None:
    """Why nobody can order an extraction now; None if somebody can."""
    rules = in_force(acting.scheme, local_day(micros(acting.at)))
    heading = _t("緊急の取出しはできません")
    chief = Acting(
        person=acting.person,
        scheme=acting.scheme,
        posts=frozenset({"police_image_manager"}),
        at=acting.at,
    )
    try:
        asking.ask(
            rules, "order_emergency", heading, acting=chief, cause="crime", reason_given=True
        )
        asking.due(rules, acting.at)
        if acting.holds(*access.POLICE):
            _check_chiefs(acting, heading)
    except ActionRefusedError as error:
        return error
    return None


def _check_chiefs(acting: Acting, heading: str) -> None:
    if not access.chiefs(acting):
        raise ActionRefusedError(
            heading,
            Reason(text=_t("この警察署に、命じることのできる画像管理責任者がいません。")),
        )


def _main(file: File, acting: Acting) -> tuple[str, str] | None:
    """Text and address of the one thing to do next, if it is the acting person's to do."""
    route, text = "", ""
    if file.state == "ordered" and acting.holds("police_operator"):
        route, text = "extract", _t("命令の範囲を取り出す")
    elif file.state == "extracted" and acting.holds(*access.POLICE):
        route, text = "saved", _t("保存したことを記録する")
    elif file.state == "awaiting_request" and acting.holds("police_image_manager"):
        route, text = "request", _t("申請書を出す")
    elif file.state == "under_review" and acting.holds("system_manager"):
        route, text = "judge", _t("申請書を読んで判定する")
    elif file.state in VERDICTS and acting.holds(*access.POLICE):
        route, text = "erased", _t("消去したことを記録する")
    elif file.state == "erasure_reported" and acting.holds("system_manager"):
        route, text = "confirm", _t("消去を確認して完結にする")
    return (text, reverse(f"police:{route}", args=[file.extraction.pk])) if route else None


def _steps(file: File) -> list[dict[str, object]]:
    if file.state == "withdrawn":
        return []
    found = next((fact.kind for fact in file.facts if fact.state in VERDICTS), "accepted")
    way = [found if state == "accepted" else state for state in WAY]
    at = way.index(file.state)
    return [
        {"text": STATES[state], "state": "done" if n < at else "now" if n == at else "later"}  # type: ignore[index]  # as above
        for n, state in enumerate(way)
    ]

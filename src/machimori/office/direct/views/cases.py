# SPDX-License-Identifier: AGPL-3.0-or-later
"""直接取得: the list, a new one, one acquisition with its one main button."""

import datetime as dt
from functools import partial
from typing import Any, cast

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from machimori.office.cameras.access import plain_names
from machimori.office.direct import access, asking, requesting
from machimori.office.direct.agreements import agreement, agreements
from machimori.office.direct.forms import RequestForm
from machimori.office.direct.history import File
from machimori.office.direct.models import Case
from machimori.office.direct.papers import papers
from machimori.office.direct.reconciling import DIFFERENCES
from machimori.office.direct.reminding import may_remind, statement_due
from machimori.office.direct.states import STATES, STEPS, WAY, WAY_UNMATCHED, Kind
from machimori.office.direct.views.pages import (
    address,
    called,
    interval,
    loaded,
    making,
    one,
    within,
)
from machimori.office.people import demo_signing
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.people.views import signing
from machimori.office.police.views.pages import form_page
from machimori.office.rules.access import in_force, today
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.printing import masthead
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day, minute
from machimori.office.terminals.presence import established
from machimori.policy.grounds import grounds
from machimori.policy.wording import source

_NUMBERED = "direct.ground_required"
"""What the rules ask with each acquisition: a ground and a case number."""
_FAILED = {
    "nothing": _("この時間の録画がありません。カメラと日時を確かめてください。"),
    "refused": _(
        "画像の保管庫が断りました。協定のカメラと署の登録を、市に確かめてもらってください。"
    ),
    "other": _("取り出した一式を確かめられませんでした。システム担当に知らせてください。"),
}


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every acquisition that the person may see, the newest first."""
    acting = request.acting
    found = Listing[Case](
        name=_t("直接取得"),
        columns=(
            _t("番号"),
            _t("申込み"),
            _t("状態"),
            _t("警察署"),
            _t("事件番号"),
            _t("カメラ"),
            _t("範囲"),
            _t("最初の画像まで"),
        ),
        cells=_cells,
        search=("numbered__text", "station", "head__words"),
        load=partial(loaded, acting=acting),
    )
    rows, context = within(request, access.cases(acting))
    context["may_request"] = acting.holds(*access.FETCHERS)
    return found.respond(request, rows, "direct/acquisitions.html", context)


@posts(*access.FETCHERS)
def new(request: ActingRequest) -> HttpResponse:
    """取得を申し込む."""
    acting = request.acting
    rules = in_force(acting.scheme, today(acting))
    where = established(request, acting=acting, lent=True)
    if rules.flag("direct.allowed") is not True:
        try:
            asking.ask(rules, (), station="", ground="", reference="", where=where, acting=acting)
        except ActionRefusedError as error:
            context = {"refused": error}
            return render(request, "direct/not_here.html", context, status=403)
    form = RequestForm(
        request.POST or None,
        scheme=acting.scheme,
        grounds=[one for one in grounds(rules) if "provision" in one.opens],
        numbered=source(rules, _NUMBERED) if rules.flag(_NUMBERED) else None,
    )
    known = "、".join(f"「{one.title}」" for one in agreements(rules))
    text = _t(
        "取得できるのは、協定%(agreement)sのカメラだけです（%(clause)s）。"
        "ほかのカメラの画像は、通常の申請をしてください。"
    ) % {"agreement": known, "clause": source(rules, "direct.allowed").ja}
    return form_page(
        request,
        form,
        lambda: address(requesting.request(form.wanted(), where=where, acting=acting)),
        title=_t("直接取得を申し込む"),
        button=_t("内容を記録して署名に進む"),
        back=reverse("direct:acquisitions"),
        text=text,
    )


@posts(*access.READERS)
@require_safe
def acquisition(request: ActingRequest, name: str) -> HttpResponse:
    """One acquisition."""
    return page(request, one(request, name))


@posts(*access.FETCHERS)
@require_POST
def options(request: ActingRequest, name: str) -> HttpResponse:
    """What the browser asks the operator's key."""
    return signing.asked(request.acting.person, one(request, name).statement)


@posts(*access.FETCHERS)
@require_POST
def sign(request: ActingRequest, name: str) -> HttpResponse:
    """What the operator's key answered."""
    file, acting = one(request, name), request.acting
    where = established(request, acting=acting, lent=True)
    return signing.signed(
        request,
        lambda response: address(requesting.sign(file, response, where=where, acting=acting)),
    )


@posts(*access.FETCHERS)
@require_POST
def sign_demo(request: ActingRequest, name: str) -> HttpResponse:
    """In a demo: the operator's software key signs, through the same verification."""
    file, acting = one(request, name), request.acting
    try:
        response = demo_signing.answer(acting.person, file.statement)
        where = established(request, acting=acting, lent=True)
        return page(request, requesting.sign(file, response, where=where, acting=acting))
    except ActionRefusedError as error:
        return page(request, file, refused=error)


def page(
    request: ActingRequest, file: File, *, refused: ActionRefusedError | None = None
) -> HttpResponse:
    """The page of one acquisition."""
    acting, names = request.acting, plain_names(file.case.scheme, file.extent.cameras)
    under = agreement(file.rules, file.case.agreement)
    failed, told = file.latest("failed"), file.latest("matched", "unmatched")
    mine = acting.holds(*access.FETCHERS)
    context = {
        "file": file,
        "refused": refused,
        "state": STATES[file.state],
        "steps": _steps(file),
        "main": _main(file, acting),
        "to_sign": file.state == "requested" and file.request.by_id == acting.person.pk,
        "code": file.statement.short_code(),
        "agreement": under,
        "cameras": called(names, file.extent.cameras),
        "interval": interval(file),
        "taken": file.latest("acquired"),
        "seen": seconds(file),
        "failed": _FAILED[failed.data["reason"]] if failed else "",
        "differences": [DIFFERENCES[one] for one in told.data["differences"]] if told else [],
        **(making(file) if file.state == "acquiring" else {}),
        "papers": [
            (kind, masthead(file.rules, kind).title or form.TITLE)
            for kind, form in papers(file).items()
        ],
        "statement_due": statement_due(file) if file.state == "awaiting_reconciliation" else None,
        "may_remind": may_remind(file, acting),
        "may_see": file.state == "acquired" and mine,
        "may_withdraw": file.state == "requested" and mine,
        "facts": [
            (fact, STEPS[cast(Kind, fact.kind)].text, _said(fact.data)) for fact in file.facts[::-1]
        ],
    }
    status = 403 if refused is not None else 200
    return render(request, "direct/acquisition.html", context, status=status)


def seconds(file: File) -> str:
    """From the request to the first picture, in words; empty while nobody has looked."""
    passed = file.until_seen
    if passed is None:
        return ""
    whole = round(passed.total_seconds())
    return _t("%(minutes)s分%(seconds)s秒") % {"minutes": whole // 60, "seconds": whole % 60}


def _cells(row: tuple[File, str]) -> tuple[str | Cell, ...]:
    file, cameras = row
    return (
        Cell(text=file.number, href=address(file)),
        minute(file.request.at),
        Cell(text=str(STATES[file.state]), mark="open" if file.state == "unmatched" else ""),
        file.case.station,
        file.request.data["reference"],
        cameras,
        interval(file),
        seconds(file),
    )


def _said(data: dict[str, Any]) -> str:
    due = (
        _t("期限 %(day)s") % {"day": day(dt.date.fromisoformat(data["due"]))}
        if "due" in data
        else ""
    )
    return "　".join(filter(None, (due, str(data.get("done", "")), str(data.get("note", "")))))


def _main(file: File, acting: Acting) -> tuple[str, str] | None:
    """Text and address of the one thing to do next, if it is the acting person's to do."""
    route, text = "", ""
    if file.state == "acquired" and acting.holds(*access.FETCHERS):
        route, text = "saved", _t("端末に取り出す")
    elif file.state == "awaiting_reconciliation" and acting.holds(*access.COMPARERS):
        route, text = "compare", _t("署の記録と突合する")
    elif file.state == "unmatched" and acting.holds(*access.COMPARERS):
        route, text = "remedy", _t("是正したことを記録する")
    elif file.state in ("matched", "remedied") and acting.holds("system_manager"):
        route, text = "close", _t("完結にする")
    return (text, reverse(f"direct:{route}", args=[file.case.pk])) if route else None


def _steps(file: File) -> list[dict[str, object]]:
    way = WAY_UNMATCHED if file.latest("unmatched") else WAY
    if file.state not in way:
        return []
    at = way.index(file.state)
    return [
        {"text": STATES[state], "state": "done" if n < at else "now" if n == at else "later"}
        for n, state in enumerate(way)
    ]

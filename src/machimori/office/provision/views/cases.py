# SPDX-License-Identifier: AGPL-3.0-or-later
"""案件一覧 and 案件: everything about a case on one page, with one main button."""

from collections.abc import Mapping, Sequence
from typing import cast
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from machimori.kernel.instants import instant
from machimori.office.deputies.access import standing_in
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.provision import (
    access,
    asking,
    circulating,
    elsewhere,
    endorsing,
    withdrawing,
)
from machimori.office.provision.application import Application
from machimori.office.provision.drafting import Extent, extent_of
from machimori.office.provision.ending import why_nothing
from machimori.office.provision.forms import named
from machimori.office.provision.history import File, applications_of, number_of
from machimori.office.provision.models import Fact, Head, Series
from machimori.office.provision.offers import offers
from machimori.office.provision.orders import chosen
from machimori.office.provision.papers import papers
from machimori.office.provision.periods import period
from machimori.office.provision.reviewing import attendees
from machimori.office.provision.sections import rendered
from machimori.office.provision.states import ENDED, STATES, STEPS, WAY, Kind, State
from machimori.office.provision.views import keeping, looking
from machimori.office.provision.views.pages import one
from machimori.office.shared.addresses import address_of
from machimori.office.shared.posts import posts
from machimori.office.shared.printing import masthead
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day, minute, second
from machimori.policy.wareki import wareki_fiscal_year
from machimori.vault.client.statements import Authorisation

_USES: dict[str, Promise] = {"view": _("閲覧"), "copy": _("複製"), "print": _("印刷")}


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every case of the scheme, the newest number first; by state and 年度."""
    rows = access.cases(request.acting)
    state = request.GET.get("state", "")
    if state in STATES:
        rows = rows.filter(state=state)
    year, month = request.GET.get("year", ""), request.GET.get("month", "")
    rows = rows.filter(**period(year, month))
    found = Listing[Head](
        name=_t("案件一覧"),
        columns=(_t("案件番号"), _t("状態"), _t("申請者"), _t("撮影場所"), _t("範囲"), _t("更新")),
        cells=_cells,
        search=("words",),
        lookup="contains",
        load=_with_applications,
    )
    context = {
        "state": state,
        "states": STATES.items(),
        "year": year,
        "years": [
            (str(one), wareki_fiscal_year(one))
            for one in Series.objects.filter(scheme=request.acting.scheme)
            .order_by("-fiscal_year")
            .values_list("fiscal_year", flat=True)
        ],
        "month": month,
        "months": [str(1 + (n + 3) % 12) for n in range(12)],
        "within": urlencode({"year": year, "month": month}),
        "may_take_in": access.takes_in(request.acting),
    }
    return found.respond(request, rows, "provision/cases.html", context)


def _with_applications(heads: Sequence[Head]) -> list[tuple[Head, Application]]:
    found = applications_of(heads)
    return [(head, found[head.case_id]) for head in heads]


def _cells(row: tuple[Head, Application]) -> tuple[str | Cell, ...]:
    head, application = row
    return (
        Cell(
            text=number_of(head.case) or _unnumbered(),
            href=address_of("provision:case", head.case_id),
        ),
        str(STATES[cast(State, head.state)]),
        application.body or application.name,
        application.place,
        _interval(application),
        day(head.at),
    )


@posts(*access.READERS)
@require_safe
def case(request: ActingRequest, name: str) -> HttpResponse:
    """One case."""
    file, acting = one(request, name), request.acting
    missing = (
        asking.missing(file.rules, file.application, acting=acting)
        if file.state in ("received", "awaiting_correction")
        else ()
    )
    return render(
        request,
        "provision/case.html",
        told(request, file)
        | {
            "missing": missing,
            "main": _main(file, acting, bool(missing)),
            "offers": offers(file, acting),
            "above": rendered(request, file, acting, first=True),
            "below": rendered(request, file, acting, first=False),
            "kept": keeping.told(file, acting) if file.state != "consultation" else None,
            "stored": looking.told(file, acting),
            "opens_no_longer": endorsing.opens_no_longer(file, acting),
            "may_endorse": endorsing.may_endorse(file, acting),
            "owed": withdrawing.owed(file, acting.at) if file.state in (*ENDED, "closed") else None,
            "may_withdraw": withdrawing.may_sign(acting, file.rules),
        },
    )


def told(request: ActingRequest, file: File) -> dict[str, object]:
    """What the pages of a case and of its decision show."""
    granted = file.statement
    extent = extent_of(Authorisation.decode(granted)) if granted else None
    ordered, refusal = file.latest("ordered"), file.latest("declined")
    shown = {*file.application.cameras, *(extent.cameras if extent else ())}
    shown.update(ordered.data["cameras"] if ordered else ())
    shown.update(camera for part in chosen(file) for camera in part.cameras)
    called = file.called(shown)
    return {
        "file": file,
        "title": title(file),
        "application": file.application,
        "ground": named(file.ground) if file.ground else "",
        "uses": [_USES[name] for name in file.application.uses],
        "cameras": [called[name] for name in file.application.cameras],
        "interval": _interval(file.application),
        "steps": _steps(file),
        "state": STATES[file.state],
        "granted": _extent(extent, called) if extent else None,
        "partial": file.latest_draft is not None and file.latest_draft.kind == "narrowed",
        "ordered": _ordered(ordered, called) if ordered else None,
        "chosen": _parts(chosen(file), called),
        "attendees": attendees(file),
        "circulation": circulating.stops(file) if _drafted(file) else (),
        "sent_back": file.sent_back,
        "elsewhere": elsewhere.of(file),
        "elsewhere_was_wider": elsewhere.narrowed_since(file),
        "may_record_elsewhere": elsewhere.may_record(file, request.acting),
        "refusal": refusal,
        "ending": _ending(file),
        "ended": file.state in ENDED,
        "papers": [
            (kind, masthead(file.rules, kind).title or form.TITLE)
            for kind, form in papers(file).items()
        ],
        "beside": _beside(file, request.acting),
        "facts": [
            (fact, STEPS[cast(Kind, fact.kind)].text, _why(fact)) for fact in reversed(file.facts)
        ],
        "may_write": access.takes_in(request.acting),
    }


def _drafted(file: File) -> bool:
    """Whether there is a draft that is, or was, before the signers, and not one to be made anew."""
    return file.latest("drafted") is not None and file.state != "received"


def title(file: File) -> str:
    """The case's number, or that it has none yet."""
    return file.number or _unnumbered()


def _unnumbered() -> str:
    return _t("相談（番号はまだありません）")


def _main(file: File, acting: Acting, incomplete: bool) -> tuple[str, str] | None:
    """Text and address of the one thing to do next, if it is the acting person's to do."""
    manager = acting.holds("system_manager") or standing_in(acting) is not None
    clerk = access.takes_in(acting)
    route, text = "", ""
    if file.state == "consultation" and clerk:
        route, text = "take_in", _t("受け付ける")
    elif file.state == "received" and clerk:
        route = "correction" if incomplete else "draft"
        text = _t("補正をお願いする") if incomplete else _t("起案する")
    elif file.state == "awaiting_correction" and clerk:
        route, text = "amend", _t("届いたものを入れる")
    elif circulating.is_asked(file, acting):
        route, text = "round", _t("起案を読んで確認する")
    elif file.state == "under_decision" and manager:
        waits = circulating.keeps_waiting(file)
        route, text = "decide", _t("回議中の起案を読む") if waits else _t("起案を読んで決裁する")
    elif file.state == "approved" and manager:
        route, text = "instruct", _t("取出しを指示する")
    return (text, reverse(f"provision:{route}", args=[file.case.pk])) if route else None


def _beside(file: File, acting: Acting) -> list[tuple[str, str]]:
    """Texts and addresses of the ways to end the case that stand open to the acting person."""
    clerk, manager = access.takes_in(acting), acting.holds("system_manager")
    ways: tuple[tuple[Kind, str, str, bool], ...] = (
        ("told", "tell", _t("案内のみで終える"), clerk),
        ("found_nothing", "nothing", _t("該当画像なしと回答する"), clerk),
        ("took_back", "take_back", _t("取下げを記録する"), clerk),
        ("stopped", "stop", _t("承認を中止する"), manager),
        ("reviewed", "review", _t("後閲する"), manager and bool(endorsing.asked_for(file, acting))),
    )
    return [
        (text, reverse(f"provision:{route}", args=[file.case.pk]))
        for kind, route, text, may in ways
        if may and file.state in STEPS[kind].after
    ]


def _ending(file: File) -> dict[str, str] | None:
    """How the case ended, unless it was refused, which has its own notice."""
    fact = next(one for one in reversed(file.facts) if one.kind != "reviewed")
    if fact.state not in ENDED or fact.kind == "declined":
        return None
    why = why_nothing(fact.data["why"]) if fact.kind == "found_nothing" else ""
    return {"heading": str(STEPS[cast(Kind, fact.kind)].text), "why": why} | {
        "reason": fact.data.get("reason", "")
    }


def _steps(file: File) -> list[dict[str, object]]:
    """The line of steps; a case beside the ordinary way stands where it left it. Who took out
    without looking first has not looked, and what came as an application was no consultation."""
    last = next(fact.state for fact in reversed(file.facts) if fact.state in WAY)
    looked = any(fact.state == "reviewing" for fact in file.facts)
    passed = WAY.index(last) > WAY.index("reviewing")
    left_out = set() if looked or not passed else {"reviewing"}
    if file.facts[0].state != "consultation":
        left_out.add("consultation")
    way = [state for state in WAY if state not in left_out]
    at = way.index(last)
    return [
        {"text": STATES[state], "state": "done" if n < at else "now" if n == at else "later"}
        for n, state in enumerate(way)
    ]


def _why(fact: Fact) -> str:
    """What the history says beside a fact: its reason, what who agreed had to say, and what was
    decided elsewhere."""
    reason = str(fact.data.get("note" if fact.kind == "agreed" else "reason", ""))
    if fact.kind != "decided_elsewhere":
        return reason
    said = elsewhere.Elsewhere.of(fact)
    return "　".join(filter(None, (day(said.day), said.number, said.post, reason)))


def _extent(extent: Extent, called: Mapping[str, str]) -> dict[str, object]:
    return {
        "cameras": [called[name] for name in extent.cameras],
        "interval": f"{minute(extent.start)} ～ {minute(extent.end)}",
    }


def _ordered(fact: Fact, called: Mapping[str, str]) -> dict[str, object]:
    extent = Extent(
        cameras=tuple(fact.data["cameras"]),
        start=instant(fact.data["start"]),
        end=instant(fact.data["end"]),
    )
    return _extent(extent, called) | {"note": fact.data["note"]}


def chosen_lines(file: File) -> list[tuple[str, str]]:
    """Camera and interval of each part that was chosen to be taken out."""
    parts = chosen(file)
    return _parts(parts, file.called(part.cameras[0] for part in parts))


def _parts(parts: Sequence[Extent], called: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (called[part.cameras[0]], f"{second(part.start)} ～ {second(part.end)}") for part in parts
    ]


def _interval(application: Application) -> str:
    if application.start is None or application.end is None:
        return ""
    return f"{minute(application.start)} ～ {minute(application.end)}"

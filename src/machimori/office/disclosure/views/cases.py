# SPDX-License-Identifier: AGPL-3.0-or-later
"""開示請求の一覧 and one request: everything about it on one page, with one main button."""

import datetime as dt
from functools import partial
from typing import Any, cast

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.kernel.instants import local_day, micros
from machimori.office.disclosure import access, dues, holding, intake, scanning
from machimori.office.disclosure.history import File, day_of, files_of, said_day
from machimori.office.disclosure.letters import letters
from machimori.office.disclosure.models import Case
from machimori.office.disclosure.states import RESULTS, STATES, STEPS, UNDECIDED, WAY, Kind, State
from machimori.office.disclosure.views.pages import camera_names, one
from machimori.office.disclosure.views.steps import MOVES
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.rules.access import rules_of
from machimori.office.shared.addresses import address_of
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day, minute
from machimori.policy.errors import UnsetError
from machimori.policy.laws import laws

_BESIDE: dict[State, State] = {
    "awaiting_correction": "received",
    "transferred": "received",
    "withdrawn": "received",
}
"""States beside the ordinary way, and where in its line they stand."""


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every request of the scheme, the newest number first; by state."""
    wanted = request.GET.get("state", "")
    state = wanted if wanted in STATES else ""
    rows = access.cases(request.acting, state=state)
    found = Listing[Case](
        name=_t("開示請求"),
        columns=(
            _t("番号"),
            _t("状態"),
            _t("請求者"),
            _t("請求の内容"),
            _t("収受日"),
            _t("次の期限"),
            _t("決定の種類"),
        ),
        cells=partial(_cells, acting=request.acting),
        search=("numbered__text", "head__words"),
        lookup="contains",
        load=partial(files_of, rules=rules_of(request.acting)),
    )
    context = {
        "state": state,
        "states": STATES.items(),
        "may_write": request.acting.holds(*access.CLERKS),
    }
    return found.respond(request, rows, "disclosure/cases.html", context)


def _cells(file: File, *, acting: Acting) -> tuple[str | Cell, ...]:
    today, asked = day_of(acting), file.asked
    due = dues.next_due(file, today)
    return (
        Cell(text=file.number, href=address_of("disclosure:case", file.case.pk)),
        str(STATES[file.state]) + (_t("・審査請求中") if file.appeal else ""),
        asked.name,
        asked.item,
        day(asked.received),
        Cell(
            text=f"{due.text} {day(due.last_day)}" if due else "",
            mark="open" if due and due.urgent(today) else "",
        ),
        str(RESULTS[file.result]) if file.result else "",
    )


@posts(*access.READERS)
@require_safe
def case(request: ActingRequest, name: str) -> HttpResponse:
    """One request."""
    file, acting = one(request, name), request.acting
    today, asked = day_of(acting), file.asked
    held = holding.last_day(file)
    due = dues.next_due(file, today)
    context = {
        "file": file,
        "asked": asked,
        "state": STATES[file.state],
        "steps": _steps(file),
        "due": due,
        "due_over": due is not None and due.over(today),
        "lacking": intake.lacking(asked) if file.state == "received" else (),
        "cameras": camera_names(file, asked.cameras),
        "interval": _interval(file),
        "held": held,
        "hold_waits": holding.pending(file) is not None,
        "erased": _erased(file),
        "decision": file.decision,
        "result": RESULTS[file.result] if file.result else "",
        "decided_on": said_day(file.decision, "on") if file.decision else None,
        "disclosed_from": dues.disclosed_from(file),
        "laws": [law for law in laws(file.rules) if law.in_force(asked.received)],
        "past_laws": [law for law in laws(file.rules) if not law.in_force(asked.received)],
        "letters": [(kind, form.TITLE) for kind, form in letters(file).items()],
        "facts": [
            (fact, STEPS[cast(Kind, fact.kind)].text, _told(fact.data))
            for fact in reversed(file.facts)
        ],
        "main": _link(file, main(file, acting)),
        "more": [link for what in _more(file, acting) if (link := _link(file, what))],
    }
    scanned = scanning.told(file, acting)
    return render(request, "disclosure/case.html", context | {"scanned": scanned} | (scanned or {}))


def main(file: File, acting: Acting) -> str:
    """The one thing to do next, if it is the acting person's to do: a name in MOVES, or `hold`."""
    manager, clerk = acting.holds("system_manager"), acting.holds(*access.CLERKS)
    if not clerk:
        return ""
    if holding.pending(file) is not None and file.state != "closed":
        return "hold"
    if file.appeal is not None:
        consulted = file.latest("consulted")
        waits = consulted is None or consulted.serial < file.appeal.serial
        return "consult" if waits else "ruling" if manager else ""
    found = {
        "received": "correction" if intake.lacking(file.asked) else "accept",
        "awaiting_correction": "corrected",
        "identifying": ("decide" if manager else "") if file.search else "found",
        "hearing_third_party": _after_hearing(file, acting),
        "decided": "notify" if file.since_decided("notified") is None else "close",
        "awaiting_manner": _after_notice(file),
        "disclosed": "close",
        "transferred": "close",
        "withdrawn": "close",
        "closed": "",
    }
    return found[file.state]


def _after_hearing(file: File, acting: Acting) -> str:
    waiting = [one for one in file.opinions if one.answer is None]
    if waiting and any(day_of(acting) <= one.reply_by for one in waiting):
        return "answer"
    return "decide" if acting.holds("system_manager") else ""


def _after_notice(file: File) -> str:
    if file.opposed and file.since_decided("third_party_told") is None:
        return "told"
    return "manner" if file.since_decided("manner_chosen") is None else "disclose"


def _more(file: File, acting: Acting) -> list[str]:
    """What else can be done now, beside the main button."""
    if not acting.holds(*access.CLERKS):
        return []
    state, found = file.state, []
    if state in ("received", "identifying"):
        found += ["amend", "correction"]
    if state == "identifying" and file.search is not None:
        found += ["found", "opinion"]
    if state == "hearing_third_party":
        found += ["opinion", "answer", "found"]
    if state in UNDECIDED and state != "awaiting_correction" and file.extension is None:
        found.append("extend")
    if state in ("received", "identifying") and acting.holds("system_manager"):
        found.append("transfer")
    if state in UNDECIDED:
        found.append("withdraw")
    if file.decision is not None and file.appeal is None and state not in UNDECIDED:
        found.append("appeal")
    if file.appeal is not None and acting.holds("system_manager"):
        found.append("ruling")
    if state == "awaiting_manner":
        found.append("close")
    if state in STEPS["hold_drafted"].after and file.asked.located:
        found.append("renew")
    now = main(file, acting)
    return [what for what in dict.fromkeys(found) if what != now]


def _link(file: File, what: str) -> tuple[str, str] | None:
    """Text and address of a step."""
    if not what:
        return None
    if what == "hold":
        return _t("消去を止める"), reverse("disclosure:hold", args=[file.case.pk])
    return str(MOVES[what].title), reverse("disclosure:step", args=[file.case.pk, what])


def _steps(file: File) -> list[dict[str, object]]:
    at = WAY.index(_BESIDE.get(file.state, file.state))
    return [
        {"text": STATES[state], "state": "done" if n < at else "now" if n == at else "later"}
        for n, state in enumerate(WAY)
    ]


def _told(data: dict[str, Any]) -> str:
    """What a fact says in words, for the history."""
    said = [data.get(name, "") for name in ("what", "reason", "excuse", "matter", "note")]
    on = data.get("on", "")
    return "　".join(filter(None, [day(dt.date.fromisoformat(on)) if on else "", *said]))


def _erased(file: File) -> dt.date | None:
    """The last day on which the oldest of what was asked for is kept without a hold."""
    start = file.asked.start
    try:
        rule = file.rules.retention()
    except UnsetError:
        return None
    return None if start is None else rule.last_day(local_day(micros(start)))


def _interval(file: File) -> str:
    asked = file.asked
    if asked.start is None or asked.end is None:
        return ""
    return f"{minute(asked.start)} ～ {minute(asked.end)}"

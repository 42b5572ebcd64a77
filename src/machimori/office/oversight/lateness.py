# SPDX-License-Identifier: AGPL-3.0-or-later
"""What came late or not at all: 申請書 after an emergency, 保存履歴, savings not on record."""

import datetime as dt

from django.urls import reverse

from machimori.kernel.canonical import Json
from machimori.kernel.instants import local_day, micros
from machimori.office.oversight.reconciling import put
from machimori.office.oversight.statements import Statement, asked_of
from machimori.office.people.models import Scheme
from machimori.office.police.history import File
from machimori.office.police.models import Extraction, Fact
from machimori.office.rules.access import rulebook


def look(scheme: Scheme, at: dt.datetime) -> None:
    """Put on record what is late now."""
    for file in _taken(scheme):
        if file.late or file.overdue(at):
            _request(scheme, file, at)
    for one in asked_of(scheme, rulebook(scheme), local_day(micros(at))):
        if one.overdue(local_day(micros(at))) or _came_late(one):
            _put_statement(scheme, "late_statement", one, at)
        returned = one.file.latest("statement_returned") if one.file else None
        if returned is not None and returned.data["others"]:
            _put_statement(scheme, "undeclared", one, at)


def _taken(scheme: Scheme) -> list[File]:
    """Extractions in which footage was taken out."""
    facts: dict[str, list[Fact]] = {}
    found = Fact.objects.filter(case__scheme=scheme).select_related("by", "case")
    cases: dict[str, Extraction] = {}
    for fact in found.order_by("serial"):
        facts.setdefault(fact.case_id, []).append(fact)
        cases[fact.case_id] = fact.case
    files = [File(extraction=cases[name], facts=tuple(rows)) for name, rows in facts.items()]
    return [one for one in files if one.latest("extracted") is not None]


def _request(scheme: Scheme, file: File, at: dt.datetime) -> None:
    filed, due = file.latest("filed"), file.due
    assert due is not None
    data: dict[str, Json] = {
        "case": file.extraction.pk,
        "due": micros(due),
        "filed": micros(filed.at) if filed else None,
        "href": reverse("police:extraction", args=[file.extraction.pk]),
        "number": f"{file.extraction.station} {file.order.data['reference']}",
    }
    put(scheme, "late_request", file.extraction.pk, data, at)


def _came_late(one: Statement) -> bool:
    returned = one.file.facts[0] if one.file else None
    return returned is not None and local_day(micros(returned.at)) > one.due


def _put_statement(scheme: Scheme, kind: str, one: Statement, at: dt.datetime) -> None:
    data: dict[str, Json] = {
        "month": one.month,
        "station": one.terminal.lent_to,
        "terminal": one.terminal.number,
    }
    put(scheme, kind, one.key, data, at)

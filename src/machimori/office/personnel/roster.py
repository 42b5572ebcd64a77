# SPDX-License-Identifier: AGPL-3.0-or-later
"""従事者名簿: whom a contractor reports beforehand, line by line; all of them, or none (堺 7).

A post of which the rules say that the contractor reports it (`posts.*.reported_by_contractor`) is
entered here and nowhere else: for a place, from a day, until a day if there is one.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.people import access as people
from machimori.office.people import actions
from machimori.office.people.acting import Acting
from machimori.office.people.forms import end_of, start_of
from machimori.office.people.models import Person
from machimori.office.personnel import access
from machimori.office.personnel.forms import RosterLineForm
from machimori.office.personnel.models import Duty
from machimori.office.rules.access import today
from machimori.office.shared.errors import ActionRefusedError, Reason, refusal
from machimori.office.shared.posts import LABELS, Post
from machimori.office.shared.recording import record
from machimori.office.shared.sheets import SHOWN, numbered, wrong


@dataclass(frozen=True, kw_only=True)
class Report:
    """The contractor's report: by whom, and of which day."""

    company: str
    reported_on: dt.date


def columns() -> dict[str, str]:
    """Fields of a line and what their columns are called."""
    return {
        "post": _t("職"),
        "login": _t("番号"),
        "name": _t("氏名"),
        "kana": _t("ふりがな"),
        "place": _t("場所"),
        "first": _t("始まり"),
        "last": _t("終わり"),
    }


def reported_posts(acting: Acting) -> tuple[Post, ...]:
    """The posts that contractors report under the rules of today."""
    rules = access.rules_today(acting)
    return tuple(post for post in LABELS if rules.flag(f"posts.{post}.reported_by_contractor"))


@transaction.atomic
def take_in(data: bytes, report: Report, *, acting: Acting) -> list[Duty]:
    """Enter everybody in the workbook's first sheet, or nobody.

    Raises ActionRefusedError with a reason for each line that is wrong.
    """
    if report.reported_on > today(acting):
        raise refusal(_t("報告の日がまだ来ていません"), _t("報告を受け取った日を入れてください。"))
    made: list[Duty] = []
    reasons: list[Reason] = []
    for number, values in numbered(data, columns()):
        try:
            with transaction.atomic():
                made.append(_enter(number, values, report, acting))
        except ActionRefusedError as error:
            reasons += [_at(number, one) for one in error.reasons]
    if not made and not reasons:
        reasons.append(Reason(text=_t("2行目から下に、1人ずつ書いてください。")))
    if reasons:
        raise ActionRefusedError(_t("取り込めませんでした。だれも入れていません"), *reasons[:SHOWN])
    return made


def _enter(number: int, values: Mapping[str, str], report: Report, acting: Acting) -> Duty:
    form = RosterLineForm(dict(values), acting=acting, posts=reported_posts(acting))
    if not form.is_valid():
        raise ActionRefusedError("", *wrong(number, form, columns()))
    typed = form.cleaned_data
    first, post = typed["first"], typed["post"]
    appointed = actions.appoint(
        _person(typed["login"], typed["name"], typed["kana"], report.company, acting),
        post,
        acting=acting,
        valid_from=start_of(acting.at, first),
        valid_until=end_of(typed["last"]),
        reported=True,
    )
    made = Duty.objects.create(
        appointment=appointed,
        place=typed["place"],
        company=report.company,
        reported_on=report.reported_on,
        at=acting.at,
        by=acting.person,
    )
    record(
        Entry(
            type="duty.reported",
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "officer": appointed.person.officer,
                "scheme": acting.scheme.scheme_id,
            },
            data={"duty": made.pk, "place": made.place, "post": appointed.post},
        )
    )
    return made


def _person(login: str, name: str, kana: str, company: str, acting: Acting) -> Person:
    known = people.people(acting).filter(login=login).first()
    if known is None:
        typed = actions.NewPerson(login=login, name=name, kana=kana, section=company)
        return actions.enter_person(typed, acting=acting)
    if "".join(known.name.split()) != "".join(name.split()):
        text = _t("この番号は%(name)sさんのものです。番号か氏名を直してください。")
        raise refusal("", text % {"name": known.name})
    return known


def _at(number: int, reason: Reason) -> Reason:
    mark = _t("%(n)s行目") % {"n": number}
    text = reason.text if reason.text.startswith(mark) else f"{mark}：{reason.text}"
    return Reason(text=text, clause=reason.clause)

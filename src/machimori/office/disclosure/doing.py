# SPDX-License-Identifier: AGPL-3.0-or-later
"""After the notice: telling who opposed, manner, disclosure, appeal, completion.

個情法86条3項, 87条, 104条 to 106条; 行政不服審査法18条. Nothing is completed, and so no hold
given up, while an appeal runs or the time for one does.
"""

import datetime as dt
from typing import Literal

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.office.disclosure import access, dues
from machimori.office.disclosure.history import File, add, check_state, day_of, said_day
from machimori.office.disclosure.intake import check_happened
from machimori.office.people.acting import Acting
from machimori.office.shared.errors import refusal
from machimori.office.shared.templatetags.office import day

Ruling = Literal["inadmissible", "dismissed", "upheld"]


@transaction.atomic
def tell_third_party(
    file: File, *, on: dt.date, reason: str, document_number: str, acting: Acting
) -> File:
    """反対した第三者に知らせた: decided all the same, why, and from which day (86条3項)."""
    check_state(file, "third_party_told")
    heading = _t("知らせたことを記録できません")
    access.check_handles(acting, heading)
    if not (file.opposed and file.discloses):
        raise refusal(heading, _t("反対の意見書は出ていません。"), "個情法86条3項")
    assert file.decision is not None
    check_happened(heading, on, not_before=said_day(file.decision, "on"), acting=acting)
    data = {"document_number": document_number, "on": on.isoformat(), "reason": reason}
    return add(file.case, file, "third_party_told", data, acting=acting)


@transaction.atomic
def choose_manner(
    file: File, *, manner: str, wish: str, excuse: str, on: dt.date, acting: Acting
) -> File:
    """実施の方法の申出 (87条3項): within 30 days of the notice, later with a good reason (4項)."""
    check_state(file, "manner_chosen")
    heading = _t("申出を受け取れません")
    access.check_handles(acting, heading)
    notice, due = file.since_decided("notified"), dues.manner_due(file)
    assert notice is not None
    assert due is not None
    check_happened(heading, on, not_before=said_day(notice, "on"), acting=acting)
    assert file.decision is not None
    if manner not in file.decision.data["manners"]:
        raise refusal(heading, _t("決定で示した方法から選んでください。"), "個情法87条3項")
    if due.is_over(on) and not excuse:
        raise refusal(
            heading,
            _t("申出の期限（%(day)s）が過ぎています。正当な理由があれば入れてください。")
            % {"day": day(due.last_day)},
            "個情法87条4項",
        )
    data = {"excuse": excuse, "manner": manner, "on": on.isoformat(), "wish": wish}
    return add(file.case, file, "manner_chosen", data, acting=acting)


@transaction.atomic
def disclose(
    file: File, *, on: dt.date, identity: str, identity_by: str, medium: str, acting: Acting
) -> File:
    """開示した: to whom is checked again; no earlier than 86条3項 allows."""
    check_state(file, "disclosed")
    heading = _t("まだ開示できません")
    access.check_handles(acting, heading)
    chosen, first = file.since_decided("manner_chosen"), dues.disclosed_from(file)
    if chosen is None:
        raise refusal(heading, _t("方法の申出がまだです。"), "個情法87条3項")
    assert first is not None
    check_happened(heading, on, not_before=said_day(chosen, "on"), acting=acting)
    if file.opposed and file.since_decided("third_party_told") is None:
        raise refusal(heading, _t("反対した第三者にまだ知らせていません。"), "個情法86条3項")
    if on < first:
        raise refusal(
            heading,
            _t(
                "反対の意見書が出ています。決定の日とのあいだに2週間を置き、%(day)sから開示できます。"
            )
            % {"day": day(first)},
            "個情法86条3項",
        )
    data = {
        "identity": identity,
        "identity_by": identity_by,
        "manner": chosen.data["manner"],
        "medium": medium,
        "on": on.isoformat(),
    }
    return add(file.case, file, "disclosed", data, acting=acting)


@transaction.atomic
def note_appeal(
    file: File, *, by: str, matter: str, on: dt.date, excuse: str, acting: Acting
) -> File:
    """審査請求があった: from now on nothing is completed until the ruling."""
    check_state(file, "appealed")
    heading = _t("審査請求を記録できません")
    access.check_handles(acting, heading)
    if file.appeal is not None:
        raise refusal(heading, _t("もう審査請求があります。"))
    assert file.decision is not None
    check_happened(heading, on, not_before=said_day(file.decision, "on"), acting=acting)
    due = dues.appeal_due(file)
    if due is not None and due.is_over(on) and not excuse:
        raise refusal(
            heading,
            _t("審査請求の期間（%(day)sまで）が過ぎています。正当な理由があれば入れてください。")
            % {"day": day(due.last_day)},
            "行審法18条1項",
        )
    data = {"by": by, "excuse": excuse, "matter": matter, "on": on.isoformat()}
    state = "decided" if file.state == "closed" else file.state
    return add(file.case, file, "appealed", data, acting=acting, state=state)


@transaction.atomic
def consult_board(
    file: File, *, board: str, on: dt.date, document_number: str, acting: Acting
) -> File:
    """審査会に諮問した (105条1項), and whoever takes part is told (2項)."""
    check_state(file, "consulted")
    heading = _t("諮問を記録できません")
    access.check_handles(acting, heading)
    appeal = _appeal(heading, file)
    if _consulted(file):
        raise refusal(heading, _t("もう諮問しています。"))
    check_happened(heading, on, not_before=dt.date.fromisoformat(appeal), acting=acting)
    data = {"board": board, "document_number": document_number, "on": on.isoformat()}
    return add(file.case, file, "consulted", data, acting=acting)


@transaction.atomic
def note_ruling(
    file: File, *, ruling: Ruling, reason: str, on: dt.date, report: str, acting: Acting
) -> File:
    """裁決があった: an upheld appeal takes the case back to the search, to be decided anew.

    Without consulting the board an appeal is ruled inadmissible or upheld, never dismissed
    (105条1項1号, 2号). Raises ActionRefusedError.
    """
    check_state(file, "ruled")
    heading = _t("裁決を記録できません")
    access.check_decides(acting, heading)
    appeal = _appeal(heading, file)
    check_happened(heading, on, not_before=dt.date.fromisoformat(appeal), acting=acting)
    if ruling == "dismissed" and not _consulted(file):
        raise refusal(
            heading,
            _t("諮問せずに棄却はできません。先に審査会に諮問してください。"),
            "個情法105条1項",
        )
    data: dict[str, Json] = {
        "on": on.isoformat(),
        "reason": reason,
        "report": report,
        "ruling": ruling,
    }
    state = "identifying" if ruling == "upheld" else file.state
    return add(file.case, file, "ruled", data, acting=acting, state=state)


@transaction.atomic
def close(file: File, *, note: str, acting: Acting) -> File:
    """完結する. Raises ActionRefusedError while anything runs for which the footage is held."""
    check_state(file, "closed")
    heading = _t("まだ完結できません")
    access.check_handles(acting, heading)
    today = day_of(acting)
    if file.appeal is not None:
        raise refusal(heading, _t("審査請求の裁決がまだです。"), "個情法105条")
    if file.state in ("decided", "awaiting_manner") and file.since_decided("notified") is None:
        raise refusal(heading, _t("まだ通知していません。"), "個情法82条")
    manner = dues.manner_due(file)
    if file.state == "awaiting_manner" and manner is not None:
        if file.since_decided("manner_chosen") is not None:
            raise refusal(heading, _t("申出のあった開示がまだです。"), "個情法87条")
        if not manner.is_over(today):
            raise refusal(
                heading,
                _t("方法の申出を%(day)sまで待ちます。") % {"day": day(manner.last_day)},
                "個情法87条4項",
            )
    appeal = dues.appeal_due(file)
    if appeal is not None and not appeal.is_over(today) and file.latest("ruled") is None:
        raise refusal(
            heading,
            _t("審査請求を%(day)sまで待ちます。それまで画像を残します。")
            % {"day": day(appeal.last_day)},
            "行審法18条1項",
        )
    return add(file.case, file, "closed", {"note": note}, acting=acting)


def _appeal(heading: str, file: File) -> str:
    if file.appeal is None:
        raise refusal(heading, _t("審査請求がありません。"))
    day_of_appeal: str = file.appeal.data["on"]
    return day_of_appeal


def _consulted(file: File) -> bool:
    found, appeal = file.latest("consulted"), file.appeal
    return found is not None and appeal is not None and found.serial > appeal.serial

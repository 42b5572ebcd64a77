# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the search to the notice: what was found, third parties, extension, transfer, decision.

個情法78条 to 86条. The law's conditions are checked here; whether information is exempt is for the
officer who decides.
"""

import datetime as dt
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.office.disclosure import access, dues
from machimori.office.disclosure.history import File, add, check_state, day_of, said_day
from machimori.office.disclosure.intake import check_happened
from machimori.office.disclosure.states import DISCLOSING, Result, State
from machimori.office.people.acting import Acting
from machimori.office.shared.errors import ActionRefusedError, Reason, refusal


@transaction.atomic
def note_found(
    file: File, *, kept: bool, shown: bool, others: bool, removable: bool, note: str, acting: Acting
) -> File:
    """探した結果を記録する: kept still, the person shown, others shown, and removable from it.

    Raises ActionRefusedError.
    """
    check_state(file, "found")
    access.check_handles(acting, _t("記録できません"))
    if others and not kept:
        raise refusal(_t("記録できません"), _t("残っていない画像に、ほかの人は写っていません。"))
    data: dict[str, Json] = {
        "kept": kept,
        "note": note,
        "others": others,
        "removable": removable,
        "shown": shown,
    }
    return add(file.case, file, "found", data, acting=acting)


@transaction.atomic
def ask_opinion(
    file: File,
    *,
    name: str,
    address: str,
    about: str,
    duty: bool,
    reply_by: dt.date,
    on: dt.date,
    document_number: str,
    acting: Acting,
) -> File:
    """第三者に意見を照会する (86条1項; 2項 where it is a duty). Raises ActionRefusedError."""
    check_state(file, "opinion_asked")
    heading = _t("照会できません")
    access.check_handles(acting, heading)
    check_happened(heading, on, not_before=file.asked.received, acting=acting)
    if reply_by <= on:
        raise refusal(
            heading, _t("意見書を出す期限が、照会した日より後になっていません。"), "個情法86条1項"
        )
    data: dict[str, Json] = {
        "about": about,
        "address": address,
        "document_number": document_number,
        "duty": duty,
        "name": name,
        "on": on.isoformat(),
        "reply_by": reply_by.isoformat(),
    }
    return add(file.case, file, "opinion_asked", data, acting=acting)


@transaction.atomic
def file_opinion(
    file: File, *, inquiry: int, objects: bool, part: str, reason: str, on: dt.date, acting: Acting
) -> File:
    """意見書が届いた. `inquiry` is the serial of the fact that asked. Raises ActionRefusedError."""
    check_state(file, "opinion_filed")
    heading = _t("意見書を受け取れません")
    access.check_handles(acting, heading)
    asked = next((one for one in file.opinions if one.asked.serial == inquiry), None)
    if asked is None or asked.answer is not None:
        raise refusal(heading, _t("返事を待っている照会を選んでください。"))
    check_happened(heading, on, not_before=said_day(asked.asked, "on"), acting=acting)
    if objects and not reason:
        raise refusal(heading, _t("反対の理由を入れてください。"))
    data: dict[str, Json] = {
        "inquiry": inquiry,
        "objects": objects,
        "on": on.isoformat(),
        "part": part,
        "reason": reason,
    }
    return add(file.case, file, "opinion_filed", data, acting=acting)


@transaction.atomic
def extend(
    file: File,
    *,
    large: bool,
    rest_due: dt.date | None,
    reason: str,
    on: dt.date,
    document_number: str,
    acting: Acting,
) -> File:
    """期限を延ばす: once, within the first period, with the reason (83条2項; 84条 for a very large
    request, which names the day for the rest). Raises ActionRefusedError."""
    check_state(file, "extended")
    heading = _t("期限を延ばせません")
    clause = "個情法84条" if large else "個情法83条2項"
    access.check_handles(acting, heading)
    if file.extension is not None:
        raise refusal(heading, _t("延長は一度だけです。"), "個情法83条2項")
    check_happened(heading, on, not_before=file.asked.received, acting=acting)
    if file.state == "awaiting_correction":
        raise refusal(heading, _t("補正を待つあいだは日数が進みません。"), "個情法83条1項")
    if dues.decision_due(file, day_of(acting)).is_over(on):
        raise refusal(heading, _t("もとの期限が過ぎています。"), clause)
    if large and (rest_due is None or rest_due <= on):
        raise refusal(heading, _t("残りの部分を決定する日を入れてください。"), clause)
    data: dict[str, Json] = {
        "document_number": document_number,
        "due": dues.decision_due(file, day_of(acting)).last_day.isoformat(),
        "large": large,
        "on": on.isoformat(),
        "reason": reason,
        "rest_due": rest_due.isoformat() if large and rest_due else "",
    }
    return add(file.case, file, "extended", data, acting=acting)


@transaction.atomic
def transfer(
    file: File, *, to: str, reason: str, on: dt.date, document_number: str, acting: Acting
) -> File:
    """移送する: to the body that should decide, and the requester is told (85条1項)."""
    check_state(file, "transferred")
    heading = _t("移送できません")
    access.check_decides(acting, heading)
    check_happened(heading, on, not_before=file.asked.received, acting=acting)
    data = {"document_number": document_number, "on": on.isoformat(), "reason": reason, "to": to}
    return add(file.case, file, "transferred", data, acting=acting)


@transaction.atomic
def withdraw(file: File, *, on: dt.date, reason: str, acting: Acting) -> File:
    """取り下げられた, by the requester's word. Raises ActionRefusedError."""
    check_state(file, "withdrawn")
    heading = _t("取下げを記録できません")
    access.check_handles(acting, heading)
    check_happened(heading, on, not_before=file.asked.received, acting=acting)
    data = {"on": on.isoformat(), "reason": reason}
    return add(file.case, file, "withdrawn", data, acting=acting)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A decision under 82条. Of `manners` to `fee` a refusal has nothing, of `withheld` and
    `reason` a full disclosure."""

    result: Result
    on: dt.date
    """決定の日."""
    decision: str = ""
    """決裁番号; may be missing."""
    reason: str = ""
    clause: str = ""
    """Of 78条1項各号, where information is exempt."""
    withheld: str = ""
    purpose: str = ""
    """利用目的 (82条1項)."""
    manners: tuple[str, ...] = ()
    places: str = ""
    fee: str = ""


@transaction.atomic
def decide(file: File, decision: Decision, *, acting: Acting) -> File:
    """決定する (82条, 78条, 79条, 81条). Raises ActionRefusedError with every condition not met."""
    check_state(file, "decided")
    heading = _t("このままでは決定できません")
    access.check_decides(acting, heading)
    check_happened(heading, decision.on, not_before=file.asked.received, acting=acting)
    reasons = [*_unheard(file, day_of(acting)), *_unfounded(file, decision)]
    if reasons:
        raise ActionRefusedError(heading, *reasons)
    data: dict[str, Json] = asdict(decision) | {
        "manners": list(decision.manners),
        "on": decision.on.isoformat(),
    }
    return add(file.case, file, "decided", data, acting=acting)


@transaction.atomic
def notify(file: File, *, on: dt.date, document_number: str, acting: Acting) -> File:
    """通知した: from this day run the 30 days of 87条4項 and the time for an appeal."""
    check_state(file, "notified")
    heading = _t("通知を記録できません")
    access.check_handles(acting, heading)
    if file.since_decided("notified") is not None:
        raise refusal(heading, _t("もう通知しています。"))
    assert file.decision is not None
    check_happened(heading, on, not_before=said_day(file.decision, "on"), acting=acting)
    data = {"document_number": document_number, "on": on.isoformat()}
    state: State = "awaiting_manner" if file.discloses else "decided"
    return add(file.case, file, "notified", data, acting=acting, state=state)


def _unheard(file: File, today: dt.date) -> list[Reason]:
    """Third parties who may still answer."""
    waiting = [one for one in file.opinions if one.answer is None and today <= one.reply_by]
    if not waiting:
        return []
    return [
        Reason(
            text=_t("照会した第三者の意見を待っています（%(n)s人）。") % {"n": len(waiting)},
            clause="個情法86条",
        )
    ]


def _unfounded(file: File, decision: Decision) -> list[Reason]:
    """What the decision's own kind asks for and does not have."""
    found, search, result = [], file.search, decision.result
    if search is None and result != "existence_refused":
        found.append(Reason(text=_t("探した結果がまだ記録されていません。")))
    if result in DISCLOSING:
        if search is not None and not (search.data["kept"] and search.data["shown"]):
            found.append(
                Reason(text=_t("開示できる画像が見つかっていません。"), clause="個情法82条2項")
            )
        if not decision.purpose:
            found.append(Reason(text=_t("利用目的がありません。"), clause="個情法82条1項"))
        if not (decision.manners and decision.places):
            found.append(
                Reason(text=_t("開示の方法と、日時・場所がありません。"), clause="個情法82条1項")
            )
    if result == "full" and search is not None and search.data["others"]:
        found.append(
            Reason(
                text=_t("ほかの人が写っています。全部の開示はできません。部分開示にしてください。"),
                clause="個情法78条1項2号",
            )
        )
    if result == "partial" and not decision.withheld:
        found.append(Reason(text=_t("開示しない部分がありません。"), clause="個情法79条1項"))
    if result == "absent" and search is not None and search.data["kept"] and search.data["shown"]:
        found.append(Reason(text=_t("画像が見つかっています。不存在にはできません。")))
    if result != "full" and not decision.reason:
        found.append(Reason(text=_t("開示しない理由がありません。"), clause="行政手続法8条"))
    if result in ("partial", "exempt") and not decision.clause:
        found.append(Reason(text=_t("不開示情報の号が選ばれていません。"), clause="個情法78条1項"))
    return found

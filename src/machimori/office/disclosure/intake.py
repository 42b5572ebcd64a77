# SPDX-License-Identifier: AGPL-3.0-or-later
"""Receipt, correction and acceptance of a request for disclosure (個情法76条, 77条)."""

import datetime as dt
import secrets

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.office.disclosure import access, holding
from machimori.office.disclosure.asked import Asked
from machimori.office.disclosure.history import File, add, check_state, day_of
from machimori.office.disclosure.models import Case, Numbered, Series
from machimori.office.people.acting import Acting
from machimori.office.people.facts import give_number, series_name
from machimori.office.rules.access import in_force
from machimori.office.shared.errors import ActionRefusedError, Reason, refusal
from machimori.office.shared.templatetags.office import day
from machimori.policy.laws import ACT, laws


@transaction.atomic
def take_in(asked: Asked, *, acting: Acting) -> File:
    """受け付ける: number, period and, where the place is known, the draft of the hold.

    What is missing does not hinder it: the period runs from receipt (83条). Raises
    ActionRefusedError if nobody asks, nothing is asked for, the day has not come, or the Act does
    not reach it.
    """
    heading = _t("受け付けられません")
    access.check_handles(acting, heading)
    if not asked.name:
        raise refusal(heading, _t("請求者の氏名を入れてください。"), "個情法77条1項1号")
    if not asked.item:
        raise refusal(heading, _t("開示を請求する内容を入れてください。"), "個情法77条1項2号")
    if asked.received > day_of(acting):
        raise refusal(heading, _t("収受日がまだ来ていない日です。"))
    _check_act(heading, asked, acting)
    case = Case.objects.create(id=f"d-{secrets.token_hex(8)}", scheme=acting.scheme)
    file = add(case, None, "taken_in", {"asked": asked.to_json()}, acting=acting)
    give_number(
        Series,
        Numbered,
        case=case,
        scheme=acting.scheme,
        name=series_name(acting.scheme, "開示"),
        on=asked.received,
    )
    return holding.draft(file, acting=acting) if asked.located else file


@transaction.atomic
def amend(file: File, asked: Asked, *, reason: str, acting: Acting) -> File:
    """訂正する: what was entered wrongly, or became known; the old stays in its fact. Another place
    or time drafts the hold anew. Raises ActionRefusedError."""
    check_state(file, "amended")
    heading = _t("訂正できません")
    access.check_handles(acting, heading)
    if asked == file.asked:
        raise refusal(heading, _t("変わったところがありません。"))
    _check_act(heading, asked, acting)
    moved = holding.extent(asked) != holding.extent(file.asked)
    data = {"asked": asked.to_json(), "reason": reason}
    file = add(file.case, file, "amended", data, acting=acting)
    return holding.draft(file, acting=acting) if moved and asked.located else file


def lacking(asked: Asked) -> tuple[Reason, ...]:
    """What keeps a request from being accepted as complete, each with its clause."""
    found = []
    if not asked.address:
        found.append(Reason(text=_t("請求者の住所がありません。"), clause="個情法77条1項1号"))
    if not (asked.identity and asked.identity_by):
        found.append(Reason(text=_t("請求者の本人確認がまだです。"), clause="個情法77条2項"))
    if asked.acting_as != "self":
        if not asked.subject_name:
            found.append(Reason(text=_t("本人の氏名がありません。"), clause="個情法76条2項"))
        if not asked.agency:
            found.append(Reason(text=_t("代理の証明がまだです。"), clause="個情法77条2項"))
    if not asked.located:
        found.append(
            Reason(text=_t("画像を特定できるカメラと日時がありません。"), clause="個情法77条1項2号")
        )
    return tuple(found)


@transaction.atomic
def ask_correction(
    file: File,
    *,
    what: str,
    due: dt.date,
    on: dt.date,
    document_number: str,
    acting: Acting,
) -> File:
    """補正を求める (77条3項): the days until it arrives are not counted (83条1項ただし書)."""
    check_state(file, "correction_asked")
    heading = _t("補正を求められません")
    access.check_handles(acting, heading)
    check_happened(heading, on, not_before=file.asked.received, acting=acting)
    if due < on:
        raise refusal(heading, _t("期限が、求めた日より前です。"))
    data = {
        "document_number": document_number,
        "due": due.isoformat(),
        "on": on.isoformat(),
        "what": what,
    }
    return add(file.case, file, "correction_asked", data, acting=acting)


@transaction.atomic
def correct(file: File, asked: Asked, *, on: dt.date, acting: Acting) -> File:
    """補正が届いた: the request as it is now. Raises ActionRefusedError."""
    check_state(file, "corrected")
    heading = _t("補正を受け取れません")
    access.check_handles(acting, heading)
    request = file.latest("correction_asked")
    assert request is not None
    check_happened(heading, on, not_before=dt.date.fromisoformat(request.data["on"]), acting=acting)
    moved = holding.extent(asked) != holding.extent(file.asked)
    data = {"asked": asked.to_json(), "on": on.isoformat()}
    file = add(file.case, file, "corrected", data, acting=acting)
    return holding.draft(file, acting=acting) if moved and asked.located else file


@transaction.atomic
def accept(file: File, *, acting: Acting) -> File:
    """請求書を確かめて検索に進む. Raises ActionRefusedError with everything that is lacking."""
    check_state(file, "accepted")
    heading = _t("まだ検索に進めません")
    access.check_handles(acting, heading)
    reasons = lacking(file.asked)
    if reasons:
        raise ActionRefusedError(heading, *reasons)
    return add(file.case, file, "accepted", {}, acting=acting)


def check_happened(heading: str, on: dt.date, *, not_before: dt.date, acting: Acting) -> None:
    """Raise ActionRefusedError unless `on` lies between that day and today."""
    if on > day_of(acting):
        raise refusal(heading, _t("まだ来ていない日です。"))
    if on < not_before:
        raise refusal(heading, _t("その前のできごとより早い日です。"))


def _check_act(heading: str, asked: Asked, acting: Acting) -> None:
    rules = in_force(acting.scheme, asked.received)
    found = next((law for law in laws(rules) if law.id == ACT), None)
    if found is not None and not found.in_force(asked.received):
        raise refusal(
            heading,
            _t(
                "%(title)sが市に適用されるのは%(day)sからです。"
                "それより前の請求は、当時の条例によります。"
            )
            % {"title": found.title, "day": day(found.effective_from)},
            found.clause,
        )

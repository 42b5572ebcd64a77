# SPDX-License-Identifier: AGPL-3.0-or-later
"""複製の終わり: each copy's end, longer and reminded dues, and the case that is complete."""

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.instants import local_day, micros
from machimori.office.handover.history import Followed, add, check_copy, copies_of
from machimori.office.handover.states import FATES, Kind
from machimori.office.people.acting import Acting
from machimori.office.provision import asking, withdrawing
from machimori.office.provision import history as cases
from machimori.office.provision.history import File
from machimori.office.shared.errors import refusal
from machimori.policy.profile import Profile
from machimori.policy.wareki import fiscal_year, fiscal_year_start


@transaction.atomic
def settle(
    file: File, copy: Followed, *, fate: Kind, on: dt.date, note: str, acting: Acting
) -> Followed:
    """複製の終わりを記録する: returned, reported as erased, destroyed, or kept by the conditions.

    A medium that never left, or came back, is destroyed. With the last one that was handed over
    the case's own fact follows. Raises ActionRefusedError.
    """
    heading = _t("複製の終わりを記録できません")
    _check_on(on, acting, heading)
    if copy.state == "in_custody" and spoiled(file, copy) is False:
        raise refusal(heading, _t("これから引き渡す媒体です。"))
    data: dict[str, Json] = {"note": note, "on": on.isoformat()}
    ended = _add(file, copy, fate, data, heading, acting)
    others = [one for one in copies_of(file) if one.copy.pk != copy.copy.pk]
    if file.copy_out and all(one.state != "handed_over" for one in others):
        how: dict[str, Json] = {"fate": fate, "on": on.isoformat()}
        cases.add(file.case, file, "copy_settled", how, acting=acting)
    return ended


@transaction.atomic
def extend(file: File, copy: Followed, *, due: dt.date, reason: str, acting: Acting) -> Followed:
    """期限を延ばす, with why. Raises ActionRefusedError."""
    heading = _t("期限を延ばせません")
    now = copy.due
    if now is not None and due <= now:
        raise refusal(heading, _t("いまの期限より後の日を入れてください。"))
    data: dict[str, Json] = {"due": due.isoformat(), "reason": reason}
    return _add(file, copy, "extended", data, heading, acting)


@transaction.atomic
def remind(file: File, copy: Followed, *, on: dt.date, how: str, acting: Acting) -> Followed:
    """返却・消去をお願いした: when and how. Raises ActionRefusedError."""
    heading = _t("お願いを記録できません")
    _check_on(on, acting, heading)
    data: dict[str, Json] = {"note": how, "on": on.isoformat()}
    return _add(file, copy, "reminded", data, heading, acting)


@transaction.atomic
def complete(file: File, *, acting: Acting) -> File:
    """完結にする: every copy has ended. The records are kept from the next April 1st on, and the
    statement is drafted that ends the approval at the vault.

    Raises ActionRefusedError while a copy is out, or a medium that was not handed over is there.
    """
    cases.check_state(file, "completed")
    heading = _t("完結にできません")
    _check_may(file, heading, acting)
    if any(one.is_open for one in copies_of(file)):
        raise refusal(heading, _t("複製の返却・消去・廃棄が、まだ記録されていません。"))
    today = local_day(micros(acting.at))
    data: dict[str, Json] = {"records_until": _records_until(file.rules, today).isoformat()}
    file = cases.add(file.case, file, "completed", data, acting=acting)
    withdrawing.draft(file, acting=acting)
    return file


def spoiled(file: File, copy: Followed) -> bool:
    """Whether a medium in the city's hands will not be handed over: it was made anew, or the case
    ended without it."""
    begun = file.latest("extraction_begun")
    failed = file.latest("check_failed", "extraction_failed")
    last = begun is not None and copy.copy.extraction == begun.serial
    if not last or begun is None or (failed is not None and failed.serial > begun.serial):
        return True
    return file.state not in ("extracting", "awaiting_check", "ready_for_handover")


def ways(file: File, copy: Followed) -> tuple[Kind, ...]:
    """The ends that can be recorded of the copy now."""
    if copy.state == "handed_over":
        return FATES  # type: ignore[return-value]  # each is a kind of the same name
    gone = copy.state == "returned" or (copy.state == "in_custody" and spoiled(file, copy))
    return ("destroyed",) if gone else ()


def _add(
    file: File,
    copy: Followed,
    kind: Kind,
    data: Mapping[str, Json],
    heading: str,
    acting: Acting,
) -> Followed:
    check_copy(copy, kind)
    _check_may(file, heading, acting)
    return add(copy.copy, copy, kind, data, at=acting.at, by=acting.person)


def _check_may(file: File, heading: str, acting: Acting) -> None:
    found = asking.ask(file.rules, "dispose_copy", file.application, acting=acting)
    asking.require(heading, *asking.shown(found.reasons))


def _check_on(on: dt.date, acting: Acting, heading: str) -> None:
    if on > local_day(micros(acting.at)):
        raise refusal(heading, _t("まだ来ていない日です。"))


def _records_until(rules: Profile, completed: dt.date) -> dt.date:
    """The last day of 文書保存年限. Raises ActionRefusedError if the city has not set it."""
    years = rules.number("records.years")
    if years is None:
        raise refusal(
            _t("完結にできません"),
            _t("文書保存年限が決まっていません。きまりで決めてください。"),
        )
    begins = fiscal_year_start(fiscal_year(completed) + 1)
    return begins.replace(year=begins.year + years) - dt.timedelta(days=1)

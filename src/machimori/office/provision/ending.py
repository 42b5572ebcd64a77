# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a case ends without footage: nothing found, withdrawn, lapsed, revoked, told."""

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import instant
from machimori.office.paper.forms.answer import NOT_FOUND
from machimori.office.people.acting import Acting
from machimori.office.provision import asking, withdrawing
from machimori.office.provision.deciding import check_decides_at_all
from machimori.office.provision.history import File, add, add_by_itself, check_state, file_of
from machimori.office.provision.models import Head
from machimori.office.provision.states import STEPS, Kind
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.vault.client.statements import Authorisation

WHY_NOTHING: Final[tuple[str, ...]] = ("expired", "gap", "out_of_view", "not_shown")
"""Why there is nothing, in the order of the printed reply's boxes (`NOT_FOUND`)."""


def why_nothing(name: str) -> str:
    """One of WHY_NOTHING in the words of the printed reply."""
    return NOT_FOUND[WHY_NOTHING.index(name)]


@transaction.atomic
def find_nothing(file: File, *, why: str, reason: str, acting: Acting) -> File:
    """該当画像なし, and why. Raises ActionRefusedError."""
    if why not in WHY_NOTHING:
        raise ActionRefusedError(
            _t("該当画像なしにできません"), Reason(text=_t("画像がない理由を選んでください。"))
        )
    data = {"why": why, "reason": reason.strip()}
    return _told(_by_clerk(file, "found_nothing", data, acting=acting), acting)


@transaction.atomic
def take_back(file: File, *, reason: str, acting: Acting) -> File:
    """取下げ: the applicant needs it no longer, with what they said. Raises ActionRefusedError."""
    _check_reason(reason)
    return _told(_by_clerk(file, "took_back", {"reason": reason.strip()}, acting=acting), acting)


@transaction.atomic
def tell(file: File, *, reason: str, acting: Acting) -> File:
    """案内のみで終了: a consultation in which nothing was applied for, with what was told."""
    _check_reason(reason)
    return _by_clerk(file, "told", {"reason": reason.strip()}, acting=acting)


@transaction.atomic
def stop(file: File, *, reason: str, acting: Acting) -> File:
    """承認の中止, until something has been handed over. Raises ActionRefusedError."""
    check_state(file, "stopped")
    check_decides_at_all(file, acting, _t("承認を中止できません"))
    _check_reason(reason)
    data = {"reason": reason.strip()}
    return _told(add(file.case, file, "stopped", data, acting=acting), acting)


def lapse(at: dt.datetime) -> int:
    """失効: end every approval of every scheme whose last instant has passed; how many there were.

    For a job that calls it now and then; one case after the other, each in a transaction of its
    own. Whoever moves a case at the same time wins, and the next call looks again.
    """
    ended = 0
    for head in Head.objects.filter(state__in=STEPS["ran_out"].after).select_related("case"):
        file = file_of(head.case)
        until = valid_until(file)
        if until is None or until >= at:
            continue
        try:
            with transaction.atomic():
                add_by_itself(file, "ran_out", {"until": until.isoformat()}, at=at)
        except ActionRefusedError:
            continue
        ended += 1
    return ended


def valid_until(file: File) -> dt.datetime | None:
    """The last instant at which the approval holds; None before there is a draft."""
    return instant(Authorisation.decode(file.statement).valid_to) if file.statement else None


def _told(file: File, acting: Acting) -> File:
    """The case; with a statement drafted by which the vault hears that its approval ended."""
    withdrawing.draft(file, acting=acting)
    return file


def _by_clerk(file: File, kind: Kind, data: dict[str, str], *, acting: Acting) -> File:
    check_state(file, kind)
    may = asking.ask(file.rules, "take_in", file.application, acting=acting)
    asking.require(_t("この案件は終えられません"), *asking.shown(may.reasons))
    return add(file.case, file, kind, dict(data), acting=acting)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ActionRefusedError(_t("理由がありません"), Reason(text=_t("理由を入れてください。")))

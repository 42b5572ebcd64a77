# SPDX-License-Identifier: AGPL-3.0-or-later
"""保全 beside a case's state: only where the ground has one (印西 3(4)イ), to its last day."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.custody import holding
from machimori.office.custody.holding import Keeping
from machimori.office.custody.models import Letter
from machimori.office.people.acting import Acting
from machimori.office.provision import asking
from machimori.office.provision.history import File
from machimori.office.provision.remaining import in_words, until_erased
from machimori.office.provision.states import ENDED
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.policy.profile import Profile
from machimori.vault.client.statements import Hold

OWNER = "provision"


def keeping(file: File) -> Keeping:
    """The case's hold."""
    return holding.keeping(OWNER, file.case.pk)


def places(rules: Profile, acting: Acting) -> bool:
    """Whether the acting person's post places holds."""
    return not acting.posts.isdisjoint(rules.names("acts.place_hold") or ())


def against(file: File, *, acting: Acting, held: bool = False) -> tuple[Reason, ...]:
    """What speaks against a hold, whoever places it: the ground, and how long is left then. What is
    `held` already is not gone with its retention."""
    found = asking.ask(
        file.rules,
        "place_hold",
        file.application,
        acting=acting,
        posts=file.rules.names("acts.place_hold") or ("system_manager",),
    )
    reasons = asking.shown(found.reasons)
    if file.last_day is None or held:
        return reasons
    left = until_erased(file.last_day, acting.at)
    if not left:
        gone = _t("保存期間は終わり、画像はもう消去されています。")
        return (*reasons, Reason(text=gone))
    text = _t("消去まであと%(left)sです。") % {"left": in_words(left)}
    return (*reasons, Reason(text=text)) if reasons else ()


def can_be_held(file: File, *, acting: Acting) -> bool:
    """Whether there is something to hold and nothing speaks against it."""
    return located(file) and file.state not in ENDED and not against(file, acting=acting)


def located(file: File) -> bool:
    """Whether cameras and interval are known."""
    asked = file.application
    return bool(asked.cameras) and asked.start is not None and asked.end is not None


def outgrown(file: File, placed: Hold) -> bool:
    """Whether the application asks for something that the hold does not keep."""
    asked = file.application
    if asked.start is None or asked.end is None:
        return False
    inside = placed.start <= micros(asked.start) and micros(asked.end) <= placed.end
    return not (inside and set(asked.cameras) <= set(placed.cameras))


@transaction.atomic
def draft(file: File, *, acting: Acting) -> Letter:
    """消去を止める, or prolong it: the statement to be signed. One that waits is drafted anew.

    Raises ActionRefusedError with the clause if the ground has no hold.
    """
    heading = _t("消去を止められません")
    if file.state in ENDED:
        raise ActionRefusedError(heading, Reason(text=_t("この案件は終わりました。")))
    if not places(file.rules, acting):
        raise ActionRefusedError(heading, Reason(text=_t("消去を止めるのは、ほかの職の人です。")))
    held = keeping(file).status(local_day(micros(acting.at))) == "active"
    asking.require(heading, *against(file, acting=acting, held=held))
    asked = file.application
    if not asked.cameras or asked.start is None or asked.end is None:
        raise ActionRefusedError(
            heading, Reason(text=_t("カメラと、始まりと終わりの日時を入れてください。"))
        )
    statement = holding.hold_of(
        case=file.case.case_id,
        scheme=file.case.scheme,
        ground=asked.ground,
        cameras=asked.cameras,
        start=asked.start,
        end=asked.end,
        last_day=_until(file, asked.end, acting.at),
    )
    return holding.draft(
        statement, owner=OWNER, scheme=file.case.scheme, rules=file.rules, acting=acting
    )


@transaction.atomic
def draft_end(file: File, *, acting: Acting) -> Letter:
    """保全を解く before its last day, once the case has ended. Raises ActionRefusedError."""
    heading = _t("保全を解けません")
    today = local_day(micros(acting.at))
    if file.state not in ENDED:
        raise ActionRefusedError(heading, Reason(text=_t("案件がまだ終わっていません。")))
    if not places(file.rules, acting) or keeping(file).status(today) != "active":
        raise ActionRefusedError(heading, Reason(text=_t("解ける保全がありません。")))
    return holding.draft_end(
        owner=OWNER,
        case=file.case.case_id,
        scheme=file.case.scheme,
        reason="案件の終わり",
        rules=file.rules,
        acting=acting,
    )


def may_sign(letter: Letter, acting: Acting, rules: Profile) -> bool:
    """Whether a hold's statement is the acting person's to sign."""
    return letter.scheme_id == acting.scheme.pk and places(rules, acting)


def _until(file: File, end: dt.datetime, at: dt.datetime) -> dt.date:
    ground = file.ground
    newest = local_day(micros(end - dt.timedelta(microseconds=1)))
    return holding.furthest(
        file.rules,
        file.rules.retention(),
        newest,
        ground.hold_days if ground else None,
        local_day(micros(at)),
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""利用の始めと終わり: the first look, what came of it, and 完結 when every copy has ended."""

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.office.internal import asking
from machimori.office.internal.copying import making, ready
from machimori.office.internal.history import File, add, check_state
from machimori.office.people.acting import Acting
from machimori.office.shared.errors import ActionRefusedError, Reason


def begin(file: File, *, acting: Acting) -> File:
    """The first look at what was permitted. To be called inside the action's transaction."""
    if file.state == "in_use":
        return file
    return add(file.use, file, "begun", {}, acting=acting)


@transaction.atomic
def record_result(file: File, *, result: str, acting: Acting) -> File:
    """利用の結果を記録する; nothing is opened from here on. Raises ActionRefusedError."""
    check_state(file, "recorded")
    asking.check_own(file, acting)
    if making(file) or ready(file):
        raise ActionRefusedError(
            _t("まだ記録できません"), Reason(text=_t("複製を先に媒体に書いてください。"))
        )
    return add(file.use, file, "recorded", {"result": result.strip()}, acting=acting)


@transaction.atomic
def close(file: File, *, prints_out: int, acting: Acting) -> File:
    """完結にする: every copy and print has ended, and was checked where the rules ask for it.

    Raises ActionRefusedError.
    """
    check_state(file, "closed")
    reasons = []
    if any(copy.ended is None for copy in file.copies):
        reasons.append(_t("消去・廃棄を記録していない複製があります。"))
    if file.rules.flag("copies.completion_check") and any(
        copy.checked is None for copy in file.copies
    ):
        reasons.append(_t("管理責任者が確かめていない複製があります。"))
    if prints_out:
        reasons.append(_t("廃棄を記録していない印画があります。"))
    if reasons:
        raise ActionRefusedError(_t("完結にできません"), *(Reason(text=one) for one in reasons))
    return add(file.use, file, "closed", {}, acting=acting)

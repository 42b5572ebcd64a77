# SPDX-License-Identifier: AGPL-3.0-or-later
"""事後申請から完結まで: the request that follows, the city's verdict, the erasure."""

import datetime as dt
from typing import Literal

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.office.people.acting import Acting
from machimori.office.police.history import File, add, check_state
from machimori.office.police.ordering import check_own
from machimori.office.shared.errors import ActionRefusedError, Reason

Verdict = Literal["accepted", "excess_found", "rejected"]


@transaction.atomic
def file_request(file: File, *, document: str, late_because: str, acting: Acting) -> File:
    """申請書を出す. `document` is its number at the station. After its time it is taken with why it
    is late, never refused. Raises ActionRefusedError."""
    check_state(file, "filed")
    check_own(file, acting)
    if not acting.holds("police_image_manager"):
        raise ActionRefusedError(
            _t("申請書を出せません"), Reason(text=_t("申請書は画像管理責任者が出します。"))
        )
    if file.overdue(acting.at) and not late_because.strip():
        raise ActionRefusedError(
            _t("期限を過ぎています"), Reason(text=_t("遅れた理由を入れてください。"))
        )
    data = {"document": document.strip(), "late_because": late_because.strip()}
    return add(file.extraction, file, "filed", data, acting=acting)


@transaction.atomic
def judge(file: File, verdict: Verdict, *, remarks: str, acting: Acting) -> File:
    """判定する. Whatever is not 適正 needs words. Raises ActionRefusedError."""
    check_state(file, verdict)
    _check_manager(acting)
    if verdict != "accepted" and not remarks.strip():
        raise ActionRefusedError(
            _t("意見がありません"), Reason(text=_t("どこが違うかを入れてください。"))
        )
    return add(file.extraction, file, verdict, {"remarks": remarks.strip()}, acting=acting)


@transaction.atomic
def report_erasure(file: File, *, on: dt.date, means: str, acting: Acting) -> File:
    """消去した: what the station had saved, when and how. Raises ActionRefusedError."""
    check_state(file, "erased")
    check_own(file, acting)
    data = {"means": means.strip(), "on": on.isoformat()}
    return add(file.extraction, file, "erased", data, acting=acting)


@transaction.atomic
def confirm_erasure(file: File, *, note: str, acting: Acting) -> File:
    """消去を確認した; the extraction is closed. Raises ActionRefusedError."""
    check_state(file, "confirmed")
    _check_manager(acting)
    return add(file.extraction, file, "confirmed", {"note": note.strip()}, acting=acting)


def _check_manager(acting: Acting) -> None:
    if not acting.holds("system_manager"):
        raise ActionRefusedError(
            _t("判定できません"), Reason(text=_t("判定と確認は、管理責任者が行います。"))
        )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cameras from an Excel file: all of its lines, or none and what is wrong with each.

The columns are those of the register's own Excel file (`shared/sheets.py`).
"""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _t

from machimori.kernel.ids import CameraId
from machimori.office.cameras.actions import Particulars
from machimori.office.cameras.forms import RegisterForm
from machimori.office.cameras.models import STATUSES
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.sheets import SHOWN, numbered, wrong

_YES: Final = {
    "できる": "yes",
    "はい": "yes",
    "○": "yes",
    "できない": "no",
    "いいえ": "no",
    "×": "no",
}


def columns() -> dict[str, str]:
    """Fields of a camera and what their columns are called."""
    return {
        "camera": _t("番号"),
        "name": _t("名前"),
        "place": _t("場所"),
        "retention_class": _t("保存区分"),
        "identifies": _t("個人を特定できるか"),
        "status": _t("状態"),
    }


def read(data: bytes) -> list[tuple[CameraId, Particulars]]:
    """The cameras in a workbook's first sheet.

    Raises ActionRefusedError with a reason for each line that is wrong.
    """
    found: list[tuple[CameraId, Particulars]] = []
    reasons: list[Reason] = []
    seen: dict[str, int] = {}
    for number, values in numbered(data, columns()):
        form = RegisterForm(_typed(values))
        if not form.is_valid():
            reasons += wrong(number, form, columns())
        elif first := seen.get(form.camera_id()):
            reasons.append(
                Reason(
                    text=_t("%(n)s行目：番号が%(first)s行目と同じです。")
                    % {"n": number, "first": first}
                )
            )
        else:
            seen[form.camera_id()] = number
            found.append((form.camera_id(), form.particulars()))
    if not reasons and not found:
        reasons = [Reason(text=_t("2行目から下に、カメラを1台ずつ書いてください。"))]
    if reasons:
        raise ActionRefusedError(
            _t("取り込めませんでした。1台も登録していません"), *reasons[:SHOWN]
        )
    return found


def _typed(values: Mapping[str, str]) -> dict[str, str]:
    """A line as the form takes it: choices by their words."""
    statuses = {str(label): name for name, label in STATUSES.items()}
    return dict(values) | {
        "identifies": _YES.get(values["identifies"], values["identifies"]),
        "status": statuses.get(values["status"], values["status"]),
    }

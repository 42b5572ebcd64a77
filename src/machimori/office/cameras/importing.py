# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cameras from an Excel file: all of its lines, or none and what is wrong with each.

The first line names the columns, as the register's own Excel file does; further columns are not
looked at. Limits are set before anything is unpacked: a workbook is a zip file from outside.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _t
from openpyxl import load_workbook

from machimori.kernel.ids import CameraId
from machimori.office.cameras.actions import Particulars
from machimori.office.cameras.forms import RegisterForm
from machimori.office.cameras.models import STATUSES
from machimori.office.shared.errors import ActionRefusedError, Reason

MAX_FILE: Final = 5 << 20
MAX_UNPACKED: Final = 64 << 20
MAX_LINES: Final = 5000
_SHOWN: Final = 50
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
    head, *lines = _lines(data) or [()]
    places = _places(head)
    found: list[tuple[CameraId, Particulars]] = []
    reasons: list[Reason] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=2):
        if not any(line):
            continue
        values = {name: line[at] if at < len(line) else "" for name, at in places.items()}
        form = RegisterForm(_typed(values))
        if not form.is_valid():
            reasons += _wrong(number, form)
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
            _t("取り込めませんでした。1台も登録していません"), *reasons[:_SHOWN]
        )
    return found


def _lines(data: bytes) -> list[tuple[str, ...]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if (
                len(data) > MAX_FILE
                or sum(one.file_size for one in packed.infolist()) > MAX_UNPACKED
            ):
                raise _unreadable(_t("ファイルが大きすぎます。分けて取り込んでください。"))
        sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
        rows = sheet.iter_rows(max_row=MAX_LINES + 2, max_col=50, values_only=True)
        lines = [tuple(_plain(cell) for cell in row) for row in rows]
    except (zipfile.BadZipFile, ValueError, KeyError, IndexError, OSError, SyntaxError) as error:
        raise _unreadable(_t("Excelのブック（.xlsx）として保存してください。")) from error
    if len(lines) > MAX_LINES + 1:
        raise _unreadable(_t("一度に取り込めるのは5000行までです。"))
    return lines


def _plain(cell: Any) -> str:
    """A cell as text. Our own files guard a cell that begins like a formula with an apostrophe."""
    text = "" if cell is None else str(cell).strip()
    return text[1:] if text[:1] == "'" else text


def _places(head: Sequence[str]) -> Mapping[str, int]:
    missing = [title for title in columns().values() if title not in head]
    if missing:
        raise _unreadable(
            _t("1行目に列の名前がありません：%(names)s") % {"names": "、".join(missing)}
        )
    return {name: head.index(title) for name, title in columns().items()}


def _typed(values: Mapping[str, str]) -> dict[str, str]:
    """A line as the form takes it: choices by their words."""
    statuses = {str(label): name for name, label in STATUSES.items()}
    return dict(values) | {
        "identifies": _YES.get(values["identifies"], values["identifies"]),
        "status": statuses.get(values["status"], values["status"]),
    }


def _wrong(number: int, form: RegisterForm) -> Iterator[Reason]:
    for name, errors in form.errors.items():
        text = _t("%(n)s行目、%(column)s：%(error)s") % {
            "n": number,
            "column": columns()[name],
            "error": "".join(str(error) for error in errors),
        }
        yield Reason(text=text)


def _unreadable(text: str) -> ActionRefusedError:
    return ActionRefusedError(_t("このファイルは取り込めません"), Reason(text=text))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Excel files from outside: the lines of a workbook's first sheet, by the names of its columns.

The first line names the columns; further columns are not looked at. Limits are set before anything
is unpacked: a workbook is a zip file from somebody else's computer.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _t

from machimori.office.shared.errors import ActionRefusedError, Reason, refusal

MAX_FILE: Final = 5 << 20
MAX_UNPACKED: Final = 64 << 20
MAX_LINES: Final = 5000
SHOWN: Final = 50
"""Lines that are wrong, named in one refusal."""


def numbered(data: bytes, columns: Mapping[str, str]) -> list[tuple[int, dict[str, str]]]:
    """Every line that is not empty, with its number in the sheet (from 2): text by field.

    `columns` are the fields and what their columns are called. Raises ActionRefusedError.
    """
    head, *lines = _lines(data) or [()]
    missing = [title for title in columns.values() if title not in head]
    if missing:
        raise _unreadable(
            _t("1行目に列の名前がありません：%(names)s") % {"names": "、".join(missing)}
        )
    places = {name: head.index(title) for name, title in columns.items()}
    return [
        (
            number,
            {name: line[at] if at < len(line) else "" for name, at in places.items()},
        )
        for number, line in enumerate(lines, start=2)
        if any(line)
    ]


def wrong(number: int, form: forms.Form, columns: Mapping[str, str]) -> list[Reason]:
    """What is wrong with a line, as its form has it."""
    return [
        Reason(
            text=_t("%(n)s行目、%(column)s：%(error)s")
            % {
                "n": number,
                "column": columns.get(name, ""),
                "error": "".join(str(error) for error in errors),
            }
        )
        for name, errors in form.errors.items()
    ]


def _lines(data: bytes) -> Sequence[tuple[str, ...]]:
    # As in `tables`.
    from openpyxl import load_workbook

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


def _unreadable(text: str) -> ActionRefusedError:
    return refusal(_t("このファイルは取り込めません"), text)

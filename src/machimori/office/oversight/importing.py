# SPDX-License-Identifier: AGPL-3.0-or-later
"""A 利用簿 kept before this one, from Excel: all of its lines, or none and what is wrong with each.

Imported lines are a table of their own and say on every page that they were imported: nobody's key,
no vault and no case vouches for them.
"""

import datetime as dt
import hashlib
import re
from typing import Final

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.instants import TOKYO
from machimori.office.oversight.access import KEEPERS
from machimori.office.oversight.history import File, begin, by
from machimori.office.oversight.models import OldUse
from machimori.office.people.acting import Acting
from machimori.office.shared.errors import ActionRefusedError, Reason, refusal
from machimori.office.shared.forms import DayField
from machimori.office.shared.sheets import SHOWN, numbered, wrong

TEXT: Final = 500
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:[0-5]\d)?\Z", re.ASCII)


def columns() -> dict[str, str]:
    """Fields of a line and what their columns are called."""
    return {
        "day": _t("日"),
        "time": _t("時刻"),
        "done": _t("利用"),
        "number": _t("案件"),
        "by": _t("した人"),
        "purpose": _t("目的"),
        "reason": _t("理由"),
        "camera": _t("カメラ"),
        "interval": _t("範囲"),
        "recipient": _t("提供先"),
        "medium": _t("媒体"),
        "more": _t("備考"),
    }


class LineForm(forms.Form):
    """One line of the sheet."""

    day = DayField()
    time = forms.CharField(max_length=8, required=False)
    done = forms.CharField(max_length=60)
    number = forms.CharField(max_length=60, required=False)
    by = forms.CharField(max_length=80)
    purpose = forms.CharField(max_length=TEXT, required=False)
    reason = forms.CharField(max_length=TEXT, required=False)
    camera = forms.CharField(max_length=TEXT, required=False)
    interval = forms.CharField(max_length=TEXT, required=False)
    recipient = forms.CharField(max_length=TEXT, required=False)
    medium = forms.CharField(max_length=TEXT, required=False)
    more = forms.CharField(max_length=TEXT, required=False)

    def clean_time(self) -> dt.time:
        """The time of day; midnight where the old register had none."""
        text = self.cleaned_data["time"]
        found = _TIME.match(text)
        if text and not found:
            raise forms.ValidationError(_t("時刻は 14:30 の形で書いてください。"))
        return dt.time(int(found[1]), int(found[2])) if found else dt.time()


def read(data: bytes, today: dt.date) -> list[tuple[int, LineForm]]:
    """The lines of a workbook's first sheet, with their numbers there.

    Raises ActionRefusedError with a reason for each line that is wrong.
    """
    found: list[tuple[int, LineForm]] = []
    reasons: list[Reason] = []
    for number, values in numbered(data, columns()):
        # Excel hands a day over with its midnight.
        form = LineForm(values | {"day": values["day"].removesuffix(" 00:00:00")})
        if not form.is_valid():
            reasons += wrong(number, form, columns())
        elif form.cleaned_data["day"] > today:
            reasons.append(Reason(text=_t("%(n)s行目：まだ来ていない日です。") % {"n": number}))
        else:
            found.append((number, form))
    if not reasons and not found:
        reasons = [Reason(text=_t("2行目から下に、1行ずつ書いてください。"))]
    if reasons:
        raise ActionRefusedError(
            _t("取り込めませんでした。1行も取り込んでいません"), *reasons[:SHOWN]
        )
    return found


@transaction.atomic
def take(data: bytes, *, today: dt.date, acting: Acting) -> File:
    """取り込む. Raises ActionRefusedError, also for a file that was imported before."""
    heading = _t("取り込めません")
    if not acting.holds(*KEEPERS):
        raise refusal(heading, _t("取り込むのは、管理責任者と取扱責任者です。"))
    lines = read(data, today)
    digest = hashlib.sha256(data).hexdigest()
    said: dict[str, Json] = {"digest": digest, "lines": len(lines)}
    file = begin("import_read", said, key=digest, scheme=acting.scheme, **by(acting))
    OldUse.objects.bulk_create(
        OldUse(
            batch=file.record,
            line=number,
            at=dt.datetime.combine(
                form.cleaned_data["day"], form.cleaned_data["time"], tzinfo=TOKYO
            ),
            **{name: form.cleaned_data[name] for name in columns() if name not in ("day", "time")},
        )
        for number, form in lines
    )
    return file

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about a case."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import TOKYO
from machimori.office.cameras.access import choices
from machimori.office.people.models import Scheme
from machimori.office.provision.drafting import Extent
from machimori.office.shared.forms import DayField, ManyBoxes, NoMyNumber
from machimori.policy.grounds import Ground
from machimori.policy.questions import catalogue

_FIRST_YEAR, _LAST_YEAR = 1970, 2199
"""What JSON's numbers hold in microseconds, and nobody records."""
_TIME_HELP = _("例：21:00")
LONG = forms.Textarea(attrs={"rows": 3})


def words(pattern: str, names: Iterable[str]) -> list[tuple[str, str]]:
    """Choices of a question of the catalogue, in the language of the page."""
    english = get_language() == "en"
    wanted = list(names)
    return [
        (one.id, one.en if english else one.ja)
        for one in catalogue().questions[pattern].choices
        if one.id in wanted
    ]


class ExtentForm(NoMyNumber):
    """Cameras and an interval, to the minute."""

    cameras = forms.MultipleChoiceField(label=_("カメラ"), required=False, widget=ManyBoxes)
    first_day = DayField(label=_("始まりの日"), required=False)
    first_time = forms.TimeField(label=_("始まりの時刻"), required=False, help_text=_TIME_HELP)
    last_day = DayField(
        label=_("終わりの日"), required=False, help_text=_("始まりと同じ日なら、空けておけます。")
    )
    last_time = forms.TimeField(label=_("終わりの時刻"), required=False, help_text=_TIME_HELP)

    def __init__(
        self, *args: Any, scheme: Scheme, only: Iterable[str] = (), **options: Any
    ) -> None:
        super().__init__(*args, **options)
        field = self.fields["cameras"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices(scheme, only)

    def clean(self) -> dict[str, Any]:
        """An interval runs forwards, and has both ends or none."""
        found = super().clean()
        if found.get("last_day") is None and "last_day" not in self.errors:
            found["last_day"] = found.get("first_day")
        start, end = _instant(found, "first"), _instant(found, "last")
        parts = ("first_day", "first_time", "last_day", "last_time")
        if not self.errors and any(found.get(name) for name in parts):
            if start is None or end is None:
                raise forms.ValidationError(_("始まりと終わりの、日と時刻をすべて入れてください。"))
            if start >= end:
                raise forms.ValidationError(_("終わりが始まりより前です。"))
            if end.year > _LAST_YEAR or start.year < _FIRST_YEAR:
                raise forms.ValidationError(_("年を確かめてください。"))
        return found

    def interval(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """Start and end, by Tokyo's clock."""
        return _instant(self.cleaned_data, "first"), _instant(self.cleaned_data, "last")

    @staticmethod
    def initial_of(
        names: Iterable[str], start: dt.datetime | None, end: dt.datetime | None
    ) -> dict[str, Any]:
        """A form that shows an extent."""
        found: dict[str, Any] = {"cameras": list(names)}
        for name, value in (("first", start), ("last", end)):
            if value is not None:
                local = value.astimezone(TOKYO)
                found[f"{name}_day"] = local.date()
                found[f"{name}_time"] = f"{local:%H:%M}"
        return found


class WholeExtentForm(ExtentForm):
    """As ExtentForm, and nothing of it may be missing."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ExtentForm.base_fields:
            self.fields[name].required = name != "last_day"

    def extent(self) -> Extent:
        """What was chosen."""
        start, end = self.interval()
        assert start is not None
        assert end is not None
        return Extent(cameras=tuple(self.cleaned_data["cameras"]), start=start, end=end)


class CorrectionForm(NoMyNumber):
    """By when the applicant is to complete it."""

    due = DayField(label=_("期限"))
    note = forms.CharField(
        label=_("申請者に伝えること"), max_length=500, required=False, widget=LONG
    )

    def __init__(self, *args: Any, listed: bool, **options: Any) -> None:
        """`listed`: the rules miss nothing, so that the letter lists what is typed here."""
        super().__init__(*args, **options)
        if listed:
            self.fields["note"].required = True
            self.fields["note"].help_text = _(
                "直してほしいことを、1行に1つずつ書いてください。文書では(1)、(2)と番号が付きます。"
            )


class DocumentForm(NoMyNumber):
    """The document that followed."""

    document = forms.ChoiceField(label=_("受け取った文書"))
    document_number = forms.CharField(label=_("文書番号"), max_length=80, required=False)
    document_day = DayField(label=_("文書の日付"))

    def __init__(self, *args: Any, ground: Ground | None, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["document"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = words("grounds.*.documents", ground.documents if ground else ())


def named(ground: Ground) -> str:
    """A ground in the document's words, with its clause."""
    return f"{ground.label}（{ground.clause}）" if ground.clause else ground.label


def _instant(data: dict[str, Any], which: str) -> dt.datetime | None:
    day, time = data.get(f"{which}_day"), data.get(f"{which}_time")
    if day is None or time is None:
        return None
    return dt.datetime.combine(day, time, tzinfo=TOKYO)

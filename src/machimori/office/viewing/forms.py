# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is asked before footage is opened, and which part of it is needed."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import TOKYO
from machimori.office.provision.drafting import Extent
from machimori.office.provision.reviewing import Attendee
from machimori.office.shared.forms import DayField


class OpenForm(forms.Form):
    """Who else looks: of those whom the manager permitted."""

    attendees = forms.MultipleChoiceField(
        label=_("立会人"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("あなたのほかに画面を見る人です。いなければ選びません。"),
    )

    def __init__(self, *args: Any, permitted: Sequence[Attendee], **options: Any) -> None:
        super().__init__(*args, **options)
        self._permitted = {str(one.serial): one for one in permitted}
        if not permitted:
            del self.fields["attendees"]
            return
        field = self.fields["attendees"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [
            (key, _("%(who)s（認めた人：%(by)s）") % {"who": one, "by": one.permitted_by})
            for key, one in self._permitted.items()
        ]

    @property
    def chosen(self) -> tuple[Attendee, ...]:
        """Who looks on, once the form is valid."""
        return tuple(self._permitted[key] for key in self.cleaned_data.get("attendees", ()))


def instant_input(value: dt.datetime) -> str:
    """A time as `<input type=datetime-local>` has it, by Tokyo's clock."""
    return f"{value.astimezone(TOKYO):%Y-%m-%dT%H:%M:%S}"


class PartForm(forms.Form):
    """One camera's part: whether it is needed, from when to when, to the second."""

    needed = forms.BooleanField(required=False)
    begin = forms.DateTimeField(required=False)
    end = forms.DateTimeField(required=False)

    def clean(self) -> dict[str, Any]:
        """Of a camera that is needed both ends are there."""
        found = super().clean() or {}
        if found.get("needed") and not (found.get("begin") and found.get("end")):
            raise forms.ValidationError(_("始まりと終わりの時刻を入れてください。"))
        return found


class SelectForm:
    """範囲を選ぶ: a PartForm for each camera of the instruction, in the page's own rows."""

    def __init__(
        self, whole: Extent, names: Mapping[str, str], data: Mapping[str, Any] | None = None
    ) -> None:
        initial = {
            "needed": False,
            "begin": instant_input(whole.start),
            "end": instant_input(whole.end),
        }
        self.parts = [
            (camera, name, PartForm(data, prefix=camera, initial=initial))
            for camera, name in names.items()
        ]

    def is_valid(self) -> bool:
        """Whether every row is."""
        found = [form.is_valid() for _, _, form in self.parts]
        return all(found)

    @property
    def extents(self) -> list[Extent]:
        """What was chosen, once the form is valid: an extent for each camera that is needed."""
        return [
            Extent(
                cameras=(camera,), start=form.cleaned_data["begin"], end=form.cleaned_data["end"]
            )
            for camera, _, form in self.parts
            if form.cleaned_data["needed"]
        ]


FATES = [
    ("destroyed", _("破砕・裁断・溶解などで廃棄した")),
    ("handed_over", _("案件の相手に渡した")),
    ("filed", _("案件の書類に綴じた")),
]


class StillForm(forms.Form):
    """静止画: which camera, and where the player stands."""

    camera = forms.ChoiceField(label=_("カメラ"))
    at = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    """Microseconds after the interval's start."""
    reason = forms.CharField(label=_("何に使うか"), max_length=200)
    due = DayField(label=_("廃棄の期限"))

    def __init__(self, *args: Any, cameras: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["camera"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(cameras.items())


class EndPrintForm(forms.Form):
    """What became of a print."""

    fate = forms.ChoiceField(label=_("どうしたか"), choices=FATES, widget=forms.RadioSelect)
    on = DayField(label=_("その日"))
    witness = forms.CharField(label=_("立ち会った人"), max_length=80, required=False)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about a delegation."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.deputies import access
from machimori.office.people.acting import Acting
from machimori.office.people.forms import end_of, named, start_of
from machimori.office.people.models import Person
from machimori.office.shared.forms import CHOOSE, DayField, NoMyNumber


class DelegationForm(forms.Form):
    """Whom, from when to when."""

    deputy = forms.ModelChoiceField(
        label=_("代決者"), queryset=Person.objects.none(), empty_label=CHOOSE
    )
    first = DayField(label=_("いつから"))
    last = DayField(label=_("いつまで（その日を含む）"))

    def __init__(self, *args: Any, acting: Acting, **options: Any) -> None:
        super().__init__(*args, **options)
        self._acting = acting
        field = self.fields["deputy"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = access.candidates(acting)
        field.label_from_instance = named  # type: ignore[assignment]  # Django's own hook

    def interval(self) -> tuple[dt.datetime, dt.datetime]:
        """From the first day's start, or now if that is today; until the last day's end."""
        until = end_of(self.cleaned_data["last"])
        assert until is not None
        return start_of(self._acting.at, self.cleaned_data["first"]), until


class EndingForm(NoMyNumber):
    """When a delegation ends, and why."""

    last = DayField(
        label=_("最後の日"),
        required=False,
        help_text=_("空けておくと、いますぐ終わります。日を入れると、その日の24時に終わります。"),
    )
    reason = forms.CharField(label=_("終える理由"), max_length=200)

    def until(self, at: dt.datetime) -> dt.datetime:
        """The first instant without the delegation."""
        return end_of(self.cleaned_data["last"]) or at

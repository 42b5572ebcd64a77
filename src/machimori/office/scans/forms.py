# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is chosen to attach a scan, or to take one back: nothing is typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.scans.states import PAPERS, WHY


class ScanField(forms.FileField):
    """A file of one of the four types; what it is its content says (`content.py`)."""

    def __init__(self, **options: Any) -> None:
        accept = ".pdf,.jpg,.jpeg,.png,.tif,.tiff"
        options.setdefault("widget", forms.FileInput(attrs={"accept": accept}))
        super().__init__(max_length=255, help_text=_("20MBまで。"), **options)


class AttachForm(forms.Form):
    """A file and what it is."""

    paper = forms.ChoiceField(label=_("書類の種類"), choices=list(PAPERS.items()))
    file = ScanField(label=_("読み取ったファイル（PDF・JPEG・PNG・TIFF）"))


class TakeBackForm(forms.Form):
    """Why it is taken back."""

    why = forms.ChoiceField(label=_("理由"), choices=list(WHY.items()), widget=forms.RadioSelect)

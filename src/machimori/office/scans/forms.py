# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is chosen to attach a scan, or to take one back: nothing is typed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.scans.states import PAPERS, WHY


class AttachForm(forms.Form):
    """A file and what it is."""

    paper = forms.ChoiceField(label=_("書類の種類"), choices=list(PAPERS.items()))
    file = forms.FileField(
        label=_("読み取ったファイル（PDF・JPEG・PNG・TIFF）"),
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.tif,.tiff"}),
        help_text=_("20MBまで。"),
    )


class TakeBackForm(forms.Form):
    """Why it is taken back."""

    why = forms.ChoiceField(label=_("理由"), choices=list(WHY.items()), widget=forms.RadioSelect)

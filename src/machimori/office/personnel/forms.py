# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about personnel."""

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.shared.forms import DayField

LONG = forms.Textarea(attrs={"rows": 4})


class PledgeForm(forms.Form):
    """A signature on paper."""

    signed_on = DayField(label=_("署名した日"))
    kept_at = forms.CharField(
        label=_("誓約書の保管場所"), max_length=200, help_text=_("例：総務課 書庫 人事ファイル")
    )


class PledgeCorrectionForm(forms.Form):
    """訂正 of a pledge's record."""

    signed_on = DayField(
        label=_("正しい署名の日"),
        required=False,
        help_text=_("署名がまだだったときは、空けておいてください。"),
    )
    kept_at = forms.CharField(label=_("誓約書の保管場所"), max_length=200)
    reason = forms.CharField(label=_("訂正の理由"), max_length=200)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is asked before footage is opened."""

from django import forms
from django.utils.translation import gettext_lazy as _


class OpenForm(forms.Form):
    """Who else looks, and why."""

    attendees = forms.CharField(
        label=_("立会人"),
        required=False,
        max_length=200,
        help_text=_("あなたのほかに画面を見る人の所属と氏名。いなければ空けておきます。"),
    )
    reason = forms.CharField(label=_("立会いが必要な理由"), required=False, max_length=200)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about somebody who looks on."""

from django import forms
from django.utils.translation import gettext_lazy as _


class AttendeeForm(forms.Form):
    """Who, from where, and why the manager finds it necessary."""

    affiliation = forms.CharField(label=_("所属"), max_length=120)
    name = forms.CharField(label=_("氏名"), max_length=80)
    applicant = forms.BooleanField(
        label=_("申請した側の人（捜査員など）"),
        required=False,
        help_text=_("承認に閲覧が含まれているときだけ認められます。"),
    )
    reason = forms.CharField(label=_("立会いが必要な理由"), max_length=200)

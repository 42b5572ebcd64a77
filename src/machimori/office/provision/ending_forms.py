# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed when a case ends without footage."""

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.provision.forms import LONG
from machimori.office.shared.forms import NoMyNumber

_WHY = [
    ("expired", _("保存期間が過ぎ、消去されている")),
    ("gap", _("その時間の録画が欠けている")),
    ("out_of_view", _("カメラの撮影範囲の外である")),
    ("not_shown", _("該当する人や物が写っていない")),
]


class NothingForm(NoMyNumber):
    """Why there is nothing."""

    why = forms.ChoiceField(label=_("画像がない理由"), choices=_WHY, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("説明"), max_length=500, required=False, widget=LONG)


class EndForm(NoMyNumber):
    """Why it ends. Printed in the reply."""

    reason = forms.CharField(
        label=_("理由"),
        max_length=500,
        widget=LONG,
        help_text=_("回答書に印刷します。"),
    )


class TellForm(NoMyNumber):
    """What was told."""

    reason = forms.CharField(label=_("案内したこと"), max_length=500, widget=LONG)

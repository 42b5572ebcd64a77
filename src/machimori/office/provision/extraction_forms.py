# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed when footage is taken out, handed over and comes back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.provision.forms import LONG, WholeExtentForm
from machimori.office.provision.handing_over import Recipient
from machimori.office.shared.forms import DayField

MEDIA = [("dvd-r", _("DVD-R")), ("usb", _("USBメモリ")), ("disk", _("外付けディスク"))]
FATES = [
    ("returned", _("媒体が返却された")),
    ("erasure_reported", _("消去したと報告があった")),
    ("destroyed", _("廃棄した")),
    ("kept", _("条件のとおり、相手が保有を続ける")),
]


class BeginForm(WholeExtentForm):
    """The part of the instruction that is needed."""


class MediumForm(forms.Form):
    """The medium, and what was read back from it."""

    kind = forms.ChoiceField(label=_("媒体の種類"), choices=MEDIA)
    number = forms.CharField(label=_("媒体番号"), max_length=40)
    read_back = forms.CharField(
        label=_("媒体から読み返した指紋"),
        max_length=100,
        help_text=_("検証の画面に出る指紋（SHA-256）の、はじめの8けた以上を入れてください。"),
    )


class CheckForm(forms.Form):
    """What the checker noted."""

    note = forms.CharField(label=_("確かめたこと"), max_length=500, required=False, widget=LONG)


class RejectForm(forms.Form):
    """Why it must be made anew."""

    reason = forms.CharField(label=_("やり直す理由"), max_length=500, widget=LONG)


class HandOverForm(forms.Form):
    """Who takes it."""

    body = forms.CharField(label=_("受け取る方の所属"), max_length=120, required=False)
    name = forms.CharField(label=_("受け取る方の氏名"), max_length=80)
    identity_means = forms.CharField(
        label=_("身分証の種類"),
        max_length=60,
        help_text=_("例：警察手帳。写しは取りません。番号は書きません。"),
    )
    identity_by = forms.CharField(label=_("確認した職員"), max_length=80)
    due = DayField(label=_("返却・消去の期限"))
    conditions = forms.CharField(label=_("条件"), max_length=500, required=False, widget=LONG)

    @property
    def recipient(self) -> Recipient:
        """Who takes it, once the form is valid."""
        found: dict[str, Any] = self.cleaned_data
        names = ("body", "name", "identity_means", "identity_by")
        return Recipient(**{name: found[name] for name in names})


class SettleForm(forms.Form):
    """What became of the copy."""

    fate = forms.ChoiceField(label=_("どうなったか"), choices=FATES, widget=forms.RadioSelect)
    on = DayField(label=_("その日"))
    note = forms.CharField(label=_("備考"), max_length=500, required=False, widget=LONG)

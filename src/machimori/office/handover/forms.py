# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed when footage is taken out, handed over and comes back."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.handover.handing_over import Recipient
from machimori.office.handover.media import CHOICES, WAYS
from machimori.office.handover.writing import Medium
from machimori.office.provision.forms import LONG, WholeExtentForm
from machimori.office.shared.forms import DayField, NoMyNumber

FATE_WORDS: dict[str, Any] = {
    "returned": _("媒体が返却された"),
    "erasure_reported": _("消去したと報告があった"),
    "destroyed": _("廃棄した"),
    "kept": _("条件のとおり、相手が保有を続ける"),
}


class OnMediaForm(forms.Form):
    """The media on which it goes."""

    kind = forms.ChoiceField(
        label=_("媒体の種類"), choices=CHOICES, widget=forms.RadioSelect, initial="dvd-r"
    )
    gigabytes = forms.IntegerField(
        label=_("USBメモリ・ディスクに入る大きさ（GB）"),
        min_value=1,
        max_value=100_000,
        required=False,
        help_text=_(
            "入りきらないときは、時間で分けて何本かにします。"
            "空けておくと、分けずに1本にします。DVD-RとBD-Rでは入れません。"
        ),
    )


class BeginForm(OnMediaForm, WholeExtentForm):
    """The part of the instruction that is needed, and the media it goes on."""


class MediumForm(NoMyNumber):
    """The medium, and what was read back from it."""

    numbers = ("read_back", "measured")

    kind = forms.ChoiceField(label=_("媒体の種類"), choices=CHOICES)
    number = forms.CharField(label=_("媒体番号"), max_length=40)
    measured = forms.RegexField(r"\A(?:[0-9a-f]{64})?\Z", required=False, widget=forms.HiddenInput)
    read_back = forms.CharField(
        label=_("媒体から読み返した指紋"),
        max_length=100,
        required=False,
        help_text=_(
            "上で媒体のファイルを選べないときだけ、検証の画面に出る指紋（SHA-256）の、"
            "はじめの8けた以上を入れてください。"
        ),
    )
    encrypted = forms.BooleanField(
        label=_("媒体にパスワードをかけた"),
        required=False,
        help_text=_("パスワードそのものは、どこにも書きません。"),
    )
    password_way = forms.ChoiceField(
        label=_("パスワードを別に渡す方法"), choices=[("", "－"), *WAYS], required=False
    )

    def clean(self) -> dict[str, Any]:
        """Read back by the browser or by hand; a password has its way."""
        found = super().clean()
        said = self.cleaned_data
        if not self.errors and not (said["measured"] or said["read_back"]):
            raise forms.ValidationError(
                _("媒体に書いたファイルを選んで確かめるか、読み返した指紋を入れてください。")
            )
        if said.get("encrypted") and not said.get("password_way"):
            self.add_error("password_way", _("パスワードをどう渡すかを選んでください。"))
        return found

    @property
    def medium(self) -> Medium:
        """What was typed, once the form is valid."""
        said = self.cleaned_data
        return Medium(
            kind=said["kind"],
            number=said["number"],
            measured=said["measured"],
            read_back=said["read_back"],
            password_way=said["password_way"] if said["encrypted"] else "",
        )


class CheckForm(NoMyNumber):
    """What the checker noted."""

    note = forms.CharField(label=_("確かめたこと"), max_length=500, required=False, widget=LONG)


class RejectForm(NoMyNumber):
    """Why it must be made anew."""

    reason = forms.CharField(label=_("やり直す理由"), max_length=500, widget=LONG)


class HandOverForm(NoMyNumber):
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


class SettleForm(NoMyNumber):
    """What became of the copy."""

    fate = forms.ChoiceField(label=_("どうなったか"), widget=forms.RadioSelect)
    on = DayField(label=_("その日"))
    note = forms.CharField(
        label=_("方法・確かめたこと"), max_length=500, required=False, widget=LONG
    )

    def __init__(self, *args: Any, ways: Iterable[str], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["fate"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, FATE_WORDS[name]) for name in ways]


class ExtendForm(NoMyNumber):
    """A longer due, and why."""

    due = DayField(label=_("新しい期限"))
    reason = forms.CharField(label=_("延ばす理由"), max_length=500, widget=LONG)


class RemindForm(NoMyNumber):
    """When and how the recipient was asked."""

    on = DayField(label=_("お願いした日"))
    how = forms.CharField(label=_("方法"), max_length=200, help_text=_("例：電話、文書、窓口で"))

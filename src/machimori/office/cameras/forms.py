# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about cameras."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.kernel.ids import CameraId
from machimori.office.cameras.actions import Particulars
from machimori.office.cameras.connecting import Route
from machimori.office.cameras.models import STATUSES

_ID = r"\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z"
_YES = [("yes", _("できる")), ("no", _("できない"))]


class CameraForm(forms.Form):
    """What is said about a camera."""

    name = forms.CharField(label=_("名前"), max_length=80)
    place = forms.CharField(label=_("場所"), max_length=200)
    retention_class = forms.RegexField(
        _ID,
        label=_("保存区分"),
        max_length=63,
        help_text=_("保存する日数の同じカメラに付けた名前です。半角の小文字と数字とハイフン。"),
    )
    identifies = forms.ChoiceField(label=_("個人を特定できるか"), choices=_YES)
    status = forms.ChoiceField(label=_("状態"), choices=list(STATUSES.items()), initial="active")

    def particulars(self) -> Particulars:
        """What was typed."""
        data = self.cleaned_data
        return Particulars(
            name=data["name"],
            place=data["place"],
            retention_class=data["retention_class"],
            identifies=data["identifies"] == "yes",
            status=data["status"],
        )

    @staticmethod
    def initial_of(said: Particulars) -> dict[str, Any]:
        """A form that shows what holds."""
        return {
            "name": said.name,
            "place": said.place,
            "retention_class": said.retention_class,
            "identifies": "yes" if said.identifies else "no",
            "status": said.status,
        }


class RegisterForm(CameraForm):
    """A camera that is not registered yet."""

    camera = forms.RegexField(
        _ID,
        label=_("カメラの番号"),
        max_length=63,
        help_text=_("録画装置が使う番号です。あとから変えられません。例：cam-0001"),
    )
    field_order = ("camera", "name", "place", "retention_class", "identifies", "status")

    def camera_id(self) -> CameraId:
        """The id that was typed."""
        return CameraId(self.cleaned_data["camera"])


class CorrectForm(CameraForm):
    """A change, with its reason. `number` is the row that the person saw."""

    reason = forms.CharField(label=_("訂正の理由"), max_length=200)
    number = forms.IntegerField(widget=forms.HiddenInput)


class ConnectForm(forms.Form):
    """How a camera is reached. `number` is the row that the person saw."""

    recorder = forms.ChoiceField(label=_("録画装置"))
    url = forms.CharField(
        label=_("カメラのアドレス"),
        max_length=2000,
        help_text=_("例：rtsp://10.20.0.11/stream1。暗号化するカメラは rtsps:// で始めます。"),
    )
    username = forms.CharField(label=_("利用者名"), max_length=80, required=False)
    password = forms.CharField(
        label=_("パスワード"),
        max_length=200,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("封をして録画装置にだけ渡します。あとから見ることはできません。"),
    )
    fingerprint = forms.CharField(
        label=_("証明書の指紋"),
        max_length=95,
        required=False,
        help_text=_("rtsps:// のときだけ。SHA-256、16進数で64文字。空なら認証局で確かめます。"),
    )
    number = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, recorders: Sequence[str], kept: bool, **options: Any) -> None:
        """`kept`: a password was given before, and an empty field keeps it."""
        super().__init__(*args, **options)
        choice = self.fields["recorder"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(name, name) for name in recorders]
        if kept:
            self.fields["password"].help_text = _(
                "空のままなら、前のパスワードを使います。前のパスワードは見られません。"
            )

    def route(self) -> Route:
        """What was typed."""
        data = self.cleaned_data
        return Route(
            recorder=data["recorder"],
            url=data["url"],
            username=data["username"],
            password=data["password"],
            fingerprint=data["fingerprint"],
        )


class ImportForm(forms.Form):
    """An Excel file."""

    file = forms.FileField(label=_("Excelのファイル（.xlsx）"))

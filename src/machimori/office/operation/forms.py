# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is given to open the vault: a passphrase, or the key file."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

LARGEST: Final = 64 * 1024


class OpenForm(forms.Form):
    """One of the two."""

    passphrase = forms.CharField(
        label=_("合言葉"),
        required=False,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("どこにも残りません。保管庫のプログラムにだけ渡します。"),
    )
    key_file = forms.FileField(
        label=_("鍵のファイル"),
        required=False,
        help_text=_("合言葉の代わりに鍵のファイルを使う設置のとき。終わったら媒体を外します。"),
    )
    note = forms.CharField(label=_("メモ"), required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        """Exactly one of them."""
        data = super().clean() or {}
        file = data.get("key_file")
        if bool(data.get("passphrase")) == bool(file):
            raise forms.ValidationError(_("合言葉か鍵のファイルの、どちらか一つを入れてください。"))
        if file and file.size > LARGEST:
            raise forms.ValidationError(_("鍵のファイルではありません。大きすぎます。"))
        return data

    def secret(self) -> bytes:
        """What the vault is given."""
        file = self.cleaned_data["key_file"]
        if file:
            return bytes(file.read(LARGEST))
        return str(self.cleaned_data["passphrase"]).encode()

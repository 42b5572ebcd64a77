# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about terminals."""

from ipaddress import ip_network
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from machimori.office.people.acting import Acting
from machimori.office.terminals import access
from machimori.office.terminals.actions import Particulars
from machimori.office.terminals.models import CUSTODY, ENDING


class TerminalForm(forms.Form):
    """A terminal that is not registered yet."""

    number = forms.CharField(
        label=_("端末の番号"), max_length=20, help_text=_("本体のラベルに書く番号です。例：1号")
    )
    serial = forms.CharField(
        label=_("製造番号"), max_length=80, help_text=_("本体の裏や側面にある番号です。")
    )
    place = forms.ChoiceField(label=_("置く場所"))
    storage = forms.CharField(
        label=_("保管するところ"), max_length=200, help_text=_("施錠する保管庫や部屋。")
    )
    lent_to = forms.CharField(
        label=_("貸与する警察署（市で使う端末は空のまま）"), max_length=80, required=False
    )
    networks = forms.CharField(
        label=_("使えるネットワーク（決めないときは空のまま）"),
        max_length=200,
        required=False,
        help_text=_("例：10.1.2.0/24。いくつかあるときはコンマで区切ります。"),
    )

    def __init__(self, *args: Any, acting: Acting, **options: Any) -> None:
        super().__init__(*args, **options)
        rules = access.rules_today(acting)
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, place_name(acting, name)) for name in rules.members("places")]
        if not field.choices:
            # The document names no places: where it is locked away is asked all the same.
            del self.fields["place"]

    def clean_networks(self) -> str:
        """Networks, separated by commas without blanks. Raises ValidationError."""
        try:
            found = [
                ip_network(one.strip())
                for one in self.cleaned_data["networks"].split(",")
                if one.strip()
            ]
        except ValueError as error:
            raise ValidationError(
                _("ネットワークとして読めません。10.1.2.0/24のように書いてください。")
            ) from error
        return ",".join(map(str, found))

    def particulars(self) -> Particulars:
        """What was typed."""
        return Particulars(**{"place": ""} | self.cleaned_data)


class CustodyForm(forms.Form):
    """A line of the log of a terminal's storage."""

    kind = forms.ChoiceField(label=_("したこと"))
    note = forms.CharField(label=_("場所、理由など"), max_length=200, required=False)

    def __init__(self, *args: Any, acting: Acting, **options: Any) -> None:
        super().__init__(*args, **options)
        keeps = acting.holds(*access.KEEPERS)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (name, text) for name, text in CUSTODY.items() if keeps or name not in ENDING
        ]


def place_name(acting: Acting, place: str) -> str:
    """What the rules call a place; its id if they have dropped it, nothing if they name none."""
    if not place:
        return ""
    return access.rules_today(acting).text(f"places.{place}.label") or place

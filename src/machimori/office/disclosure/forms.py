# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about a request for disclosure."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from machimori.office.disclosure.asked import Asked
from machimori.office.paper.forms.disclosure_request import MANNERS
from machimori.office.provision.forms import LONG, ExtentForm
from machimori.office.shared.forms import DayField, Grouped, Groups, NoMyNumber, grouped

_AGENTS = [("self", _("本人")), ("legal", _("法定代理人")), ("mandated", _("任意代理人"))]
_NUMBER: Final = re.compile(r"(?:\d[ -]?){12}")
"""個人番号 has twelve digits; no paper whose kind is noted here needs as many."""
_KIND_ONLY = _("種類だけを書きます。番号や個人番号（マイナンバー）は書かず、写しも取りません。")


def no_number(value: str) -> None:
    """Raise ValidationError for what could be an individual number (番号法20条)."""
    plain = value.translate(str.maketrans("０１２３４５６７８９－　", "0123456789- "))
    if _NUMBER.search(plain):
        raise ValidationError(_("番号は書けません。書類の種類だけを書いてください。"))


_GROUPS: Final[Groups] = (
    (_("請求者"), ("received", "arrived", "name", "contact", "address", "identity", "identity_by")),
    (_("請求の内容"), ("item", "manner", "why")),
    (
        _("撮影場所と日時"),
        ("cameras", "first_day", "first_time", "last_day", "last_time"),
    ),
    (_("請求する人の立場"), ("acting_as", "subject_name", "subject_address", "agency")),
)


class IdentityField(forms.CharField):
    """The kind of a paper that somebody showed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=80,
            validators=[no_number],
            **{"help_text": _KIND_ONLY} | options,
        )


class AskedForm(ExtentForm):
    """A request, as far as it is known. What is missing is asked for afterwards."""

    received = DayField(label=_("収受日"))
    name = forms.CharField(label=_("請求者の氏名"), max_length=80, required=False)
    address = forms.CharField(label=_("請求者の住所"), max_length=200, required=False)
    contact = forms.CharField(label=_("連絡先"), max_length=120, required=False)
    identity = IdentityField(label=_("示された本人確認書類"), required=False)
    identity_by = forms.CharField(label=_("本人確認をした職員"), max_length=80, required=False)
    acting_as = forms.ChoiceField(
        label=_("請求する人の立場"), choices=_AGENTS, widget=forms.RadioSelect, initial="self"
    )
    subject_name = forms.CharField(
        label=_("本人の氏名"), max_length=80, required=False, help_text=_("代理人のときだけ。")
    )
    subject_address = forms.CharField(label=_("本人の住所"), max_length=200, required=False)
    agency = IdentityField(label=_("代理を証明する書類"), required=False)
    item = forms.CharField(
        label=_("開示を請求する内容"),
        max_length=500,
        required=False,
        widget=LONG,
        help_text=_("場所、日時、そのときの服装など、画像を探せるように書きます。"),
    )
    manner = forms.MultipleChoiceField(
        label=_("希望する方法"),
        choices=[(one, one) for one in MANNERS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def groups(self) -> Grouped:
        """The lines, group by group."""
        return grouped(self, _GROUPS)

    def asked(self) -> Asked:
        """What was typed."""
        data = self.cleaned_data
        start, end = self.interval()
        typed = {
            name: data[name]
            for name in self.fields
            if name in Asked.__dataclass_fields__ and name not in ("start", "end")
        }
        lists = {name: tuple(data[name]) for name in ("cameras", "manner")}
        return Asked(**(typed | lists), start=start, end=end)

    @classmethod
    def initial_from(cls, known: Asked) -> dict[str, Any]:
        """A form that shows a request."""
        found = {name: getattr(known, name) for name in Asked.__dataclass_fields__}
        return found | cls.initial_of(known.cameras, known.start, known.end)


class AmendForm(AskedForm):
    """The request anew, with why."""

    why = forms.CharField(label=_("直す理由"), max_length=200)


class CorrectedForm(AskedForm):
    """The request as it was corrected."""

    arrived = DayField(label=_("補正が届いた日"))


class NumberedForm(NoMyNumber):
    """A letter's day and number."""

    on = DayField(label=_("日付"))
    document_number = forms.CharField(
        label=_("文書番号"), max_length=80, required=False, help_text=_("あとからでも構いません。")
    )


class CorrectionForm(NumberedForm):
    """What is to be corrected, and by when."""

    what = forms.CharField(label=_("補正してほしいこと"), max_length=500, widget=LONG)
    due = DayField(label=_("期限"))
    field_order = ("what", "due", "on", "document_number")


class NothingForm(NoMyNumber):
    """Nothing to type: the button says it."""

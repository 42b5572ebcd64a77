# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about direct acquisitions."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.direct.agreements import Agreement, agreed
from machimori.office.direct.reconciling import Told
from machimori.office.direct.requesting import Wanted
from machimori.office.people.models import Scheme
from machimori.office.provision.forms import LONG, WholeExtentForm, named
from machimori.office.rules.words import either
from machimori.office.shared.forms import DayField, ManyBoxes, NoMyNumber
from machimori.policy.grounds import Ground
from machimori.policy.wording import Source


class AgreedField(forms.MultipleChoiceField):
    """Offers the cameras of an agreement. Another camera of the scheme is no error of the form's:
    the rules refuse it, with the clause."""

    known: frozenset[str] = frozenset()

    def valid_value(self, value: str) -> bool:
        """Whether it is a camera of the scheme."""
        return value in self.known


class RequestForm(WholeExtentForm):
    """What is to be fetched, and why."""

    cameras = AgreedField(label=_("協定のカメラ"), widget=ManyBoxes)
    reference = forms.CharField(
        label=_("事件番号"), max_length=80, required=False, help_text=_("例：刑一第123号")
    )
    ground = forms.ChoiceField(label=_("根拠"), widget=forms.RadioSelect)
    purpose = forms.CharField(label=_("目的（捜査の内容）"), max_length=500, widget=LONG)
    field_order = ("reference", "ground", "purpose")

    def __init__(
        self,
        *args: Any,
        scheme: Scheme,
        grounds: Iterable[Ground],
        numbered: Source | None,
        **options: Any,
    ) -> None:
        """`numbered`: what asks for a case number with each acquisition, if anything does."""
        super().__init__(*args, scheme=scheme, **options)
        if numbered is not None:
            self.fields["reference"].required = True
            self.fields["reference"].error_messages["required"] = _t(
                "事件番号が入力されていません（%(source)s）。"
            ) % {"source": either(numbered.ja, numbered.en)}
        under, field = agreed(scheme), self.fields["cameras"]
        assert isinstance(field, AgreedField)
        rows = field.choices
        assert isinstance(rows, list)
        field.known = frozenset(key for key, _text in rows)
        field.choices = [row for row in rows if row[0] in under]
        choices = [(one.id, named(one)) for one in grounds]
        ground = self.fields["ground"]
        assert isinstance(ground, forms.ChoiceField)
        ground.choices = choices
        if len(choices) == 1:
            ground.initial = choices[0][0]

    def wanted(self) -> Wanted:
        """What was typed."""
        data = self.cleaned_data
        return Wanted(
            reference=data["reference"],
            ground=data["ground"],
            purpose=data["purpose"],
            extent=self.extent(),
        )


class SavedForm(forms.Form):
    """What was computed of the saved file."""

    digest = forms.CharField(
        label=_("保存したファイルの指紋（SHA-256）の、はじめの8文字"),
        max_length=80,
        help_text=_(
            "「端末に取り出す」で保存すると、ここに入ります。入らないときは、保存した端末で計算します。"
            "Windowsでは「certutil -hashfile ファイル名 SHA256」です。"
        ),
    )


class ToldForm(WholeExtentForm):
    """What the station's own record says."""

    reference = forms.CharField(label=_("事件番号"), max_length=80)
    field_order = ("reference",)

    def told(self) -> Told:
        """What was typed."""
        return Told(reference=self.cleaned_data["reference"], extent=self.extent())


class RemindForm(NoMyNumber):
    """By when the station is to send its record."""

    due = DayField(label=_("提出の期限"))
    note = forms.CharField(label=_("署に伝えること"), max_length=500, required=False, widget=LONG)


class RemedyForm(NoMyNumber):
    """What was put right."""

    done = forms.CharField(label=_("違いのわけと、是正したこと"), max_length=1000, widget=LONG)


class WithdrawForm(NoMyNumber):
    """Why it is not fetched."""

    reason = forms.CharField(label=_("取りやめる理由"), max_length=500, widget=LONG)


class MarkForm(NoMyNumber):
    """Under which agreement a camera stands."""

    agreement = forms.ChoiceField(label=_("協定"), required=False)
    reason = forms.CharField(label=_("理由"), max_length=200, help_text=_("例：協定により設置した"))

    def __init__(self, *args: Any, known: Iterable[Agreement], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["agreement"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("協定の対象にしない")), *((one.id, one.title) for one in known)]
